/* SPDX-License-Identifier: MIT */
/* Connections of our sockets that NAT changes, by the connection tracking of each namespace. */
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/translation.h"
#include "sources/attrs.h"
#include "sources/conntrack.h"
#include "sources/netlink.h"
#include "sources/netns.h"
#include "sources/proc_dir.h"
#include "sources/sources.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

struct visit {
	struct snapshot *snap;
	struct ends_table socks; /* filled when the first is met: most machines have none */
	uint16_t netns;
	size_t n_before; /* translations when this namespace's dump began */
	uint32_t n_tracking, n_unread; /* namespaces */
	int error; /* of the last unread one */
};

static enum sock_proto proto_of(uint8_t ip_proto)
{
	switch (ip_proto) {
	case IPPROTO_TCP:
		return SOCK_PROTO_TCP;
	case IPPROTO_UDP:
		return SOCK_PROTO_UDP;
	case IPPROTO_UDPLITE:
		return SOCK_PROTO_UDPLITE;
	default:
		return SOCK_PROTO_OTHER;
	}
}

static bool has_sock(const struct visit *visit, struct ends ends)
{
	size_t at = ends_hash(&ends);

	return ends_table_next(&visit->socks, &ends, &at) != NULL;
}

/*
 * A router tracks many connections that are not ours: only those with a socket of this machine at
 * one side at least are kept. So of three changes in a row the middle one is not known.
 */
static int keep(struct visit *visit, const struct translation *translation)
{
	if (!visit->socks.slots && ends_table_fill(&visit->socks, visit->snap))
		return -ENOMEM;
	if (!has_sock(visit, translation_first(translation)) &&
	    !has_sock(visit, translation_second(translation)))
		return 0;
	struct translation *kept = snapshot_add_translation(visit->snap);
	if (!kept)
		return -ENOMEM;
	*kept = *translation;
	return 0;
}

static int read_entry(const struct nlmsghdr *message, void *data)
{
	struct visit *visit = data;
	struct attrs attrs;
	struct flow_tuple there, back;

	attrs_of_message(message, sizeof(struct nfgenmsg), &attrs);
	if (!(ntohl((uint32_t)attr_number(&attrs, CTA_STATUS, 0)) & IPS_NAT_MASK))
		return 0;
	conntrack_read_tuple(attrs.at[CTA_TUPLE_ORIG], &there);
	conntrack_read_tuple(attrs.at[CTA_TUPLE_REPLY], &back);
	const struct translation translation = {
		.proto = (uint8_t)proto_of(there.ip_proto),
		.netns = visit->netns,
		.source = there.src,
		.source_port = there.src_port,
		.destination = there.dst,
		.destination_port = there.dst_port,
		/* the answer goes from the new destination to the new source */
		.new_source = back.dst,
		.new_source_port = back.dst_port,
		.new_destination = back.src,
		.new_destination_port = back.src_port,
	};
	if (translation.proto == SOCK_PROTO_OTHER || !there.src.family || !back.src.family)
		return 0;
	return keep(visit, &translation);
}

static void restart(void *data)
{
	struct visit *visit = data;

	visit->snap->n_translations = visit->n_before;
}

static int dump(struct visit *visit)
{
	const struct netlink_reader reader = {.message = read_entry, .restart = restart,
					      .data = visit};
	_Alignas(8) char buffer[64] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct netlink nl;
	int err = netlink_open(&nl, NETLINK_NETFILTER);

	if (err)
		return err;
	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	struct nfgenmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->version = NFNETLINK_V0; /* .nfgen_family AF_UNSPEC: both */
	visit->n_before = visit->snap->n_translations;
	err = netlink_dump(&nl, request, &reader);
	netlink_close(&nl);
	return err;
}

/* Any right reads how many are tracked, and asking may load a module: nothing tracked, nothing asked. */
static bool tracks_any(void)
{
	char text[24];
	uint64_t count;
	long len = proc_dir_read(AT_FDCWD, "/proc/sys/net/netfilter/nf_conntrack_count", text,
				 sizeof(text));

	return len > 0 && parse_u64_n(text, strcspn(text, "\n"), UINT64_MAX, &count) && count;
}

static int look(size_t index, int err, void *data)
{
	struct visit *visit = data;

	visit->netns = (uint16_t)index;
	if (!err && !tracks_any())
		return 0;
	visit->n_tracking++;
	if (!err)
		err = dump(visit);
	if (!err || err == -ENOMEM)
		return err;
	visit->n_unread++;
	visit->error = err;
	return 0;
}

static int collect(struct snapshot *snap, const struct request *request)
{
	struct visit visit = {.snap = snap};
	const int err = netns_run_wanted(snap, look, &visit);

	ends_table_release(&visit.socks);
	if (err)
		return err;
	struct coverage *coverage = snapshot_add_coverage(snap);
	if (!coverage)
		return -ENOMEM;
	*coverage = (struct coverage){
		.source = "translations",
		.how = "conntrack",
		.level = !visit.n_unread		       ? COVERAGE_FULL
			 : visit.n_unread < visit.n_tracking ? COVERAGE_PARTIAL
							       : COVERAGE_NONE,
		.error = -visit.error,
		.seen = visit.n_tracking - visit.n_unread,
		.total = visit.n_tracking,
		.what = visit.n_unread ? "other ends of connections that NAT changes" : NULL,
		.needs = visit.n_unread ? "CAP_NET_ADMIN" : NULL,
	};
	return 0;
}

const struct source source_translations = {
	.name = "translations",
	.provides = FACT_TRANSLATIONS,
	.collect = collect,
};
