/* SPDX-License-Identifier: MIT */
/* Our table in each namespace, and NFNLGRP_NFTRACE's events of the packets that it marked. */
#include "sources/nft_trace.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/sock.h"
#include "sources/attrs.h"
#include "sources/firewall.h"
#include "sources/netlink.h"
#include "sources/nft_table.h"
#include "sources/world.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { N_WATCHED = 24, N_FLOWS = 2 * N_PATH_HOPS, N_MARKED = 64, READ_SIZE = 1 << 16 };

struct marked { /* a packet that our rules marked */
	uint32_t id;
	enum event_direction direction;
};

struct watched { /* one namespace */
	uint32_t place;
	struct netlink owner; /* our tables live as long as this socket */
	int events;
	uint32_t families; /* our tables are in: 1 << NFPROTO_... */
	bool owned;	   /* the kernel removes them */
	struct nft_flow flows[N_FLOWS];
	size_t n_flows;
	const char *in_there, *in_back; /* devices by which it comes in */
	struct marked marked[N_MARKED];
	unsigned n_marked;
};

struct nft_trace {
	struct watched *all;
	unsigned n;
	sigset_t before; /* signals that ended us now would leave tables that nobody owns */
	bool blocks;
};

static void add_flow(struct watched *w, const struct nft_flow *flow)
{
	for (size_t i = 0; i < w->n_flows; i++)
		if (addr_equal(&w->flows[i].client, &flow->client) &&
		    addr_equal(&w->flows[i].server, &flow->server) &&
		    w->flows[i].server_port == flow->server_port)
			return;
	if (w->n_flows < N_FLOWS && flow->server.family)
		w->flows[w->n_flows++] = *flow;
}

/* Behind a translation of the source the port may be any. */
static uint16_t port_there(uint16_t seen, uint16_t was, uint16_t port)
{
	return seen == was || !seen ? port : 0;
}

static const char *device_name(const struct place *place, uint32_t index)
{
	const struct link_facts *link = index ? place_link(place, index) : NULL;

	return link ? link->name : NULL;
}

static void flows_of_place(struct watched *w, const struct case_facts *facts, uint16_t port,
			   uint16_t was)
{
	const uint8_t proto = facts->asked.proto == SOCK_PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP;

	const struct place *place = &facts->places[w->place];
	for (unsigned i = 0; i < facts->forward.n; i++) {
		const struct path_hop *h = &facts->forward.hops[i];
		if (h->place != w->place)
			continue;
		w->in_there = device_name(place, h->in_link);
		const struct nft_flow in = {h->src, h->dst, port_there(h->src_port, was, port),
					    h->dst_port, proto};
		const struct nft_flow out = {h->sent_src, h->sent_dst,
					     port_there(h->sent_src_port, was, port),
					     h->sent_dst_port, proto};
		add_flow(w, &in);
		if (h->sent_dst.family)
			add_flow(w, &out);
	}
	for (unsigned i = 0; i < facts->reverse.n; i++) {
		const struct path_hop *h = &facts->reverse.hops[i];
		const struct nft_flow in = {h->dst, h->src, port_there(h->dst_port, was, port),
					    h->src_port, proto};
		if (h->place != w->place)
			continue;
		add_flow(w, &in);
		w->in_back = device_name(place, h->in_link);
	}
	/* An answer comes in here even where its way cannot be followed. */
	if (!w->in_back && facts->forward.n && facts->forward.hops[0].place == w->place)
		w->in_back = device_name(place, facts->forward.hops[0].out_link);
}

static int open_inside(void *data)
{
	static const uint8_t others[] = {NFPROTO_BRIDGE, NFPROTO_NETDEV};
	struct watched *w = data;
	uint32_t present = 0;
	int err = netlink_open(&w->owner, NETLINK_NETFILTER);

	err = err ?: nft_tables_look(&w->owner, &present);
	if (err || !present)
		return err ?: -ENOENT;
	w->events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	const int group = NFNLGRP_NFTRACE, size = 1 << 20;
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	/* Unbound it would have the kernel's own port id, and the kernel does not notify itself. */
	if (w->events < 0 || bind(w->events, (const struct sockaddr *)&any, sizeof(any)) || setsockopt(w->events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
					sizeof(group)))
		return -errno;
	setsockopt(w->events, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	const struct nft_marking marking = {w->flows, w->n_flows, w->in_there, w->in_back};
	err = nft_table_add(&w->owner, NFPROTO_INET, &marking, &w->owned);
	if (err)
		return err;
	w->families = 1u << NFPROTO_INET;
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		bool owned;
		if (present & 1u << others[i] &&
		    !nft_table_add(&w->owner, others[i], &marking, &owned))
			w->families |= 1u << others[i];
	}
	return 0;
}

static void close_watched(struct watched *w)
{
	for (uint8_t family = 0; family < 32; family++)
		if (w->families & 1u << family)
			nft_table_remove(&w->owner, family);
	netlink_close(&w->owner);
	if (w->events >= 0)
		close(w->events);
	w->events = -1;
	w->families = 0;
}

static void block_signals(struct nft_trace *trace)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	trace->blocks = !sigprocmask(SIG_BLOCK, &ending, &trace->before);
}

void nft_trace_abandon(struct nft_trace *trace)
{
	for (unsigned i = 0; trace && i < trace->n; i++)
		close_watched(&trace->all[i]);
	if (trace && trace->blocks)
		sigprocmask(SIG_SETMASK, &trace->before, NULL);
	if (trace)
		free(trace->all);
	free(trace);
}

static void watch_place(struct nft_trace *trace, struct world *world, struct case_facts *facts,
			uint32_t place, uint16_t ports[2])
{
	const struct world_netns *netns = world_find(world, facts->places[place].netns);
	struct watched *w = &trace->all[trace->n];

	if (!netns || trace->n == N_WATCHED)
		return;
	*w = (struct watched){.place = place, .owner = NETLINK_INIT, .events = -1};
	flows_of_place(w, facts, ports[0], ports[1]);
	if (!w->n_flows)
		return;
	int err = world_run(netns, open_inside, w);
	if (!err) {
		trace->n++;
		return;
	}
	close_watched(w);
	if (err != -ENOENT && !facts->trace.error) {
		facts->trace.state = TRACE_FAILED;
		facts->trace.error = -err;
	}
}

struct nft_trace *nft_trace_open(struct world *world, struct case_facts *facts,
				 uint16_t client_port, uint16_t was)
{
	struct nft_trace *trace = calloc(1, sizeof(*trace));
	uint16_t ports[2] = {client_port, was};

	facts->trace.state = TRACE_NO_TABLES;
	if (trace)
		trace->all = calloc(N_WATCHED, sizeof(*trace->all));
	if (!trace || !trace->all) {
		free(trace);
		return NULL;
	}
	block_signals(trace);
	for (uint32_t p = 0; p < facts->n_places; p++)
		watch_place(trace, world, facts, p, ports);
	if (trace->n) {
		facts->trace.state = TRACE_DONE;
		return trace;
	}
	nft_trace_abandon(trace);
	return NULL;
}

static const char *family_name(uint8_t family)
{
	static const char *const names[] = {
		[NFPROTO_INET] = "inet", [NFPROTO_IPV4] = "ip",		[NFPROTO_ARP] = "arp",
		[NFPROTO_NETDEV] = "netdev", [NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
	};

	return family < N_ELEMENTS(names) && names[family] ? names[family] : "?";
}

static const char *verdict_text(struct arena *arena, int32_t code, const char *chain)
{
	switch (code) {
	case NF_DROP:
		return "drop";
	case NF_ACCEPT:
		return "accept";
	case NF_STOLEN:
		return "stolen";
	case NF_QUEUE:
		return "queue";
	case NFT_CONTINUE:
	case NFT_BREAK:
		return "continue";
	case NFT_RETURN:
		return "return";
	case NFT_JUMP:
	case NFT_GOTO:
		return arena_printf(arena, "%s %s", code == NFT_JUMP ? "jump" : "goto", chain);
	default:
		return (code & NF_VERDICT_MASK) == NF_QUEUE ? "queue" : "?";
	}
}

static struct marked *find_marked(struct watched *w, uint32_t id)
{
	/* The latest first: the kernel makes the number of the packet's place in memory. */
	for (unsigned i = w->n_marked; i > 0; i--)
		if (w->marked[i - 1].id == id)
			return &w->marked[i - 1];
	return NULL;
}

static void note_marked(struct watched *w, uint32_t id, const char *chain)
{
	const bool back = !strncmp(chain, NFT_CHAIN_BACK, strlen(NFT_CHAIN_BACK));
	struct marked *marked = find_marked(w, id);

	if (!marked && w->n_marked < N_MARKED)
		marked = &w->marked[w->n_marked++];
	if (marked)
		*marked = (struct marked){id, back ? EVENT_REVERSE : EVENT_FORWARD};
}

static bool same_step(const struct firewall_step *a, const struct firewall_step *b)
{
	return a->place == b->place && a->kind == b->kind && a->direction == b->direction &&
	       a->handle == b->handle && !strcmp(a->family, b->family) &&
	       !strcmp(a->table, b->table) && !strcmp(a->chain, b->chain) &&
	       !strcmp(a->verdict, b->verdict);
}

static void keep_step(struct case_facts *facts, const struct firewall_step *step)
{
	struct firewall_trace *trace = &facts->trace;

	for (size_t i = 0; i < trace->n_steps; i++)
		if (same_step(&trace->steps[i], step)) {
			trace->steps[i].count++;
			return;
		}
	struct firewall_step *kept = arena_push(&facts->arena, &trace->steps, &trace->n_steps,
						&trace->room_steps, sizeof(*kept));
	if (kept)
		*kept = *step;
}

static void read_event(struct watched *w, struct case_facts *facts, const struct nlmsghdr *msg)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs, verdict;

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*head) ||
	    msg->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE))
		return;
	attrs_of_message(msg, sizeof(*head), &attrs);
	attrs_of_nest(attrs.at[NFTA_TRACE_VERDICT], &verdict);
	const uint32_t id = (uint32_t)attr_number(&attrs, NFTA_TRACE_ID, 0);
	const char *table = attr_text(&facts->arena, &attrs, NFTA_TRACE_TABLE);
	const char *chain = attr_text(&facts->arena, &attrs, NFTA_TRACE_CHAIN);
	if (!strncmp(table, NFT_TABLE_PREFIX, strlen(NFT_TABLE_PREFIX))) {
		if (attrs.at[NFTA_TRACE_RULE_HANDLE])
			note_marked(w, id, chain);
		return;
	}
	const struct marked *marked = find_marked(w, id);
	if (!marked)
		return; /* somebody else traces too */
	const uint32_t type = ntohl((uint32_t)attr_number(&attrs, NFTA_TRACE_TYPE, 0));
	const bool policy = type == NFT_TRACETYPE_POLICY;
	const int32_t code = (int32_t)ntohl((uint32_t)(
		policy ? attr_number(&attrs, NFTA_TRACE_POLICY, htonl(NF_ACCEPT))
		       : attr_number(&verdict, NFTA_VERDICT_CODE, htonl(NF_ACCEPT))));
	uint64_t handle = attr_number(&attrs, NFTA_TRACE_RULE_HANDLE, 0);
	const struct firewall_step step = {
		.kind = policy ? STEP_POLICY : type == NFT_TRACETYPE_RULE ? STEP_RULE : STEP_RETURN,
		.direction = marked->direction, .place = w->place, .packet = id,
		.family = family_name(head->nfgen_family), .table = table, .chain = chain,
		.handle = be64toh(handle), .count = 1, .drops = code == NF_DROP,
		.verdict = verdict_text(&facts->arena, code,
					attr_text(&facts->arena, &verdict, NFTA_VERDICT_CHAIN))};
	keep_step(facts, &step);
}

static void read_events(struct watched *w, struct case_facts *facts)
{
	AUTO(freep) char *buffer = malloc(READ_SIZE);

	for (ssize_t got; buffer && (got = recv(w->events, buffer, READ_SIZE, 0)) > 0;) {
		const struct nlmsghdr *msg;
		const void *at = buffer;
		size_t left = (size_t)got;
		while ((msg = netlink_next(&at, &left)))
			read_event(w, facts, msg);
	}
}

void nft_trace_finish(struct nft_trace *trace, struct firewalls *firewalls,
		      struct case_facts *facts)
{
	if (!trace)
		return;
	for (unsigned i = 0; i < trace->n; i++)
		read_events(&trace->all[i], facts);
	nft_trace_abandon(trace);
	for (size_t i = 0; i < facts->trace.n_steps; i++)
		firewall_traced(firewalls, facts, &facts->trace.steps[i]);
}
