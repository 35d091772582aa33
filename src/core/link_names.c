/* SPDX-License-Identifier: MIT */
/* From linux/if_ether.h and linux/netlink.h, with the names that ip(8) and ss(8) use for them. */
#include "core/link_names.h"
#include "base/auto.h"
#include "base/numbers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct named {
	const char *name;
	uint32_t number;
};

static const struct named ethertypes[] = {
	{"all", 0x0003},   {"loop", 0x0060},  {"ip", 0x0800},	   {"ipv4", 0x0800},
	{"arp", 0x0806},   {"rarp", 0x8035},  {"802.1Q", 0x8100},  {"ipx", 0x8137},
	{"ipv6", 0x86dd},  {"mpls_uc", 0x8847}, {"mpls_mc", 0x8848}, {"ppp_disc", 0x8863},
	{"ppp_ses", 0x8864}, {"802.1ad", 0x88a8}, {"eapol", 0x888e}, {"macsec", 0x88e5},
	{"lldp", 0x88cc},  {"ptp", 0x88f7},   {"802_2", 0x0004},   {"can", 0x000c},
};

static const struct named netlink_families[] = {
	{"route", 0},	   {"rtnl", 0},	     {"usersock", 2},	{"firewall", 3},
	{"fw", 3},	   {"sock_diag", 4}, {"inet_diag", 4},	{"tcpdiag", 4},
	{"nflog", 5},	   {"xfrm", 6},	     {"selinux", 7},	{"iscsi", 8},
	{"audit", 9},	   {"fib_lookup", 10}, {"fiblookup", 10}, {"connector", 11},
	{"netfilter", 12}, {"nft", 12},	     {"ip6_fw", 13},	{"dnrtmsg", 14},
	{"dec-rt", 14},	   {"kobject_uevent", 15}, {"uevent", 15}, {"generic", 16},
	{"genl", 16},	   {"scsitransport", 18}, {"scsi-trans", 18}, {"ecryptfs", 19},
	{"rdma", 20},	   {"crypto", 21},   {"smc", 22},
};

static bool find(const struct named *rows, size_t n, const char *text, uint32_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(rows[i].name, text)) {
			*ret = rows[i].number;
			return true;
		}
	return false;
}

static bool number(const char *text, uint64_t *ret)
{
	const char digits[] = "0123456789abcdef";

	if (strncasecmp(text, "0x", 2))
		return parse_u64(text, UINT16_MAX, ret);
	const size_t len = strlen(text + 2);
	*ret = 0;
	for (const char *c = text + 2; *c; c++) {
		const char *digit = strchr(digits, tolower((unsigned char)*c));
		if (!digit)
			return false;
		*ret = *ret * 16 + (uint64_t)(digit - digits);
	}
	return len >= 1 && len <= 4;
}

bool ethertype_parse(const char *text, uint32_t *ret)
{
	uint64_t value;

	if (find(ethertypes, N_ELEMENTS(ethertypes), text, ret))
		return true;
	if (!number(text, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

const char *ethertype_name(uint32_t value)
{
	for (size_t i = 0; i < N_ELEMENTS(ethertypes); i++)
		if (ethertypes[i].number == value)
			return ethertypes[i].name;
	return NULL;
}

bool netlink_family_parse(const char *text, uint32_t *ret)
{
	uint64_t value;

	if (find(netlink_families, N_ELEMENTS(netlink_families), text, ret))
		return true;
	if (!number(text, &value) || value > UINT8_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}
