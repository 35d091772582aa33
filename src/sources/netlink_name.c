/* SPDX-License-Identifier: MIT */
/* The families of netlink (include/uapi/linux/netlink.h). */
#include "sources/netlink_name.h"
#include "base/auto.h"
#include "core/snapshot.h"

#include <inttypes.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

static const char *const families[] = {
	[NETLINK_ROUTE] = "route",
	[NETLINK_USERSOCK] = "usersock",
	[NETLINK_FIREWALL] = "firewall",
	[NETLINK_SOCK_DIAG] = "sock_diag",
	[NETLINK_NFLOG] = "nflog",
	[NETLINK_XFRM] = "xfrm",
	[NETLINK_SELINUX] = "selinux",
	[NETLINK_ISCSI] = "iscsi",
	[NETLINK_AUDIT] = "audit",
	[NETLINK_FIB_LOOKUP] = "fib_lookup",
	[NETLINK_CONNECTOR] = "connector",
	[NETLINK_NETFILTER] = "netfilter",
	[NETLINK_IP6_FW] = "ip6_fw",
	[NETLINK_DNRTMSG] = "dnrtmsg",
	[NETLINK_KOBJECT_UEVENT] = "uevent",
	[NETLINK_GENERIC] = "generic",
	[NETLINK_SCSITRANSPORT] = "scsitransport",
	[NETLINK_ECRYPTFS] = "ecryptfs",
	[NETLINK_RDMA] = "rdma",
	[NETLINK_CRYPTO] = "crypto",
	[NETLINK_SMC] = "smc",
};

uint32_t netlink_name(struct snapshot *snap, unsigned protocol, uint32_t portid)
{
	char family[16], text[48];

	snprintf(family, sizeof(family), "%u", protocol);
	const char *word = protocol < N_ELEMENTS(families) && families[protocol]
				   ? families[protocol] : family;
	if (portid)
		snprintf(text, sizeof(text), "%s:%" PRIu32, word, portid);
	else
		snprintf(text, sizeof(text), "%s:kernel", word);
	return snapshot_text_id(snap, text, strlen(text));
}
