/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the kernel's answers to whoever asks it by netlink: links, addresses, neighbours,
 * routes, policy rules, IPsec, traffic control, conntrack, nftables and its trace, tunnels. The
 * transport is played here (meson.build wraps it); each request takes the next piece.
 */
#include "base/auto.h"
#include "core/case.h"
#include "core/host.h"
#include "input.h"
#include "sources/bound_probe.h"
#include "sources/conntrack.h"
#include "sources/inet_lookup.h"
#include "sources/interfaces.h"
#include "sources/kernel_ports.h"
#include "sources/links.h"
#include "sources/md5_keys.h"
#include "sources/netlink.h"
#include "sources/firewall.h"
#include "sources/nft_table.h"
#include "sources/nft_trace.h"
#include "sources/routes.h"
#include "sources/tc_filters.h"
#include "sources/world.h"
#include "sources/xfrm.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

int __wrap_netlink_open(struct netlink *nl, int protocol);
int __wrap_netlink_dump(struct netlink *nl, struct nlmsghdr *request,
			const struct netlink_reader *reader);
int __wrap_netlink_ask(struct netlink *nl, struct nlmsghdr *request, uint16_t flags,
		       const struct netlink_reader *reader);
int __wrap_socket(int family, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
		      socklen_t to_len);
ssize_t __wrap_recv(int fd, void *to, size_t room, int flags);
void __wrap_firewall_traced(struct firewalls *firewalls, struct case_facts *facts,
			    struct firewall_step *step);

enum { OWN_NETNS = 7 };

static struct input input;

/* Only nft_trace makes sockets of its own here, for events and for the batches of its table. */
int __wrap_socket(int family, int type, int protocol)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return 0;
}

ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
		      socklen_t to_len)
{
	return (ssize_t)len;
}

ssize_t __wrap_recv(int fd, void *to, size_t room, int flags)
{
	size_t len;

	if (fd < 0) /* a batch: all is well */
		return 0;
	const uint8_t *piece = input_piece(&input, &len);
	memcpy(to, piece, len < room ? len : room);
	return (ssize_t)(len < room ? len : room);
}

/* It would read the machine's own ruleset. */
void __wrap_firewall_traced(struct firewalls *firewalls, struct case_facts *facts,
			    struct firewall_step *step)
{
	if (!step->table || !step->chain || !step->verdict)
		abort();
}

int __wrap_netlink_open(struct netlink *nl, int protocol)
{
	*nl = NETLINK_INIT;
	return 0;
}

int __wrap_netlink_ask(struct netlink *nl, struct nlmsghdr *request, uint16_t flags,
		       const struct netlink_reader *reader)
{
	size_t len;
	const uint8_t *piece = input_piece(&input, &len);
	AUTO(freep) void *bytes = malloc(len + 1);

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, piece, len);
	nl->seq = 0; /* as in the seeds, or whatever the first message has */
	if (len >= sizeof(struct nlmsghdr))
		nl->seq = ((const struct nlmsghdr *)bytes)->nlmsg_seq;
	const int err = netlink_walk(nl, bytes, len, reader);
	return err < 0 ? err : len ? 0 : -ENOENT;
}

int __wrap_netlink_dump(struct netlink *nl, struct nlmsghdr *request,
			const struct netlink_reader *reader)
{
	return __wrap_netlink_ask(nl, request, 0, reader);
}

struct asker {
	struct case_facts *facts;
	struct place *place;
	struct world *world;
	struct netlink nl;
};

static void ask_about_place(struct asker *a, unsigned kind)
{
	struct arena *arena = &a->facts->arena;

	/* Others look up names by the links. */
	links_collect(&a->nl, arena, a->place);
	if (kind & 1)
		addresses_collect(&a->nl, arena, a->place);
	if (kind & 2)
		neighbours_collect(&a->nl, arena, a->place);
	if (kind & 4)
		interfaces_read(&a->place->host, arena);
	for (size_t i = 0; kind & 8 && i < a->place->n_links && i < 4; i++)
		tc_filters_collect(arena, a->place, &a->place->links[i]);
}

static void ask_about_flow(struct asker *a, unsigned kind)
{
	struct arena *arena = &a->facts->arena;
	const bool v6 = kind & 1;
	const struct addr here = v6 ? addr_any(ADDR_IPV6) : addr_ipv4(0x0a010101);
	const struct addr there = v6 ? addr_any(ADDR_IPV6) : addr_ipv4(0x0a010102);
	const struct flow_tuple flow = {.src = here, .dst = there, .src_port = 40000,
					.dst_port = 80, .ip_proto = IPPROTO_TCP};
	const struct route_question question = {.dst = there, .src = here, .uid = 0, .mark = 1,
						.in_link = kind & 2 ? 1 : 0, .out_link = 2,
						.ip_proto = IPPROTO_TCP, .dst_port = 80};
	struct route_decision decision;
	struct conntrack_entry entry = {0};

	if (kind & 4)
		ask_about_place(a, 0);
	if (kind & 8) {
		conntrack_find(a->world, a->world->all, arena, &flow, &entry);
		xfrm_collect(a->world, a->world->all, arena, a->place, &flow);
		return;
	}
	ip_rules_collect(&a->nl, arena, a->place, &question);
	route_ask(&a->nl, arena, a->place, &question, &decision);
}

static void trace(struct asker *a)
{
	a->facts->forward.hops[a->facts->forward.n++] = (struct path_hop){
		.src = addr_ipv4(1), .dst = addr_ipv4(2), .src_port = 40000, .dst_port = 80};
	struct nft_trace *trace = nft_trace_open(a->world, a->facts, 40000, 40000);
	nft_trace_finish(trace, NULL, a->facts);
}

static void ask_about_rest(struct asker *a, unsigned kind)
{
	struct kernel_port ports[8];
	struct place_socket *socket;
	const struct inet_packet packet = {.proto = SOCK_PROTO_TCP, .local = addr_ipv4(1),
					   .remote = addr_ipv4(2), .local_port = 80};
	struct sock found;
	uint32_t families;

	if (kind % 6 == 0) {
		kernel_ports_read(&a->facts->arena, ports, 8);
	} else if (kind % 6 == 1) {
		socket = arena_push(&a->facts->arena, &a->place->sockets, &a->place->n_sockets,
				    &a->place->room_sockets, sizeof(*socket));
		if (socket)
			*socket = (struct place_socket){.local_port = 80};
		md5_keys_mark(a->world, a->world->all, a->place);
	} else if (kind % 6 == 2) {
		world_by_nsid(a->world, a->world->all, 1);
	} else if (kind % 6 == 3) {
		inet_lookup(NULL, &packet, &found);
	} else if (kind % 6 == 4) {
		trace(a);
	} else {
		nft_tables_look(&a->nl, &families);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct world_netns own = {.inode = OWN_NETNS, .fd = -1, .is_self = true,
				  .route = NETLINK_INIT};
	struct world world = {.all = &own, .n = 1};

	input = (struct input){data, size, true};
	const unsigned kind = input_byte(&input);
	struct asker a = {.facts = facts, .place = facts ? case_add_place(facts) : NULL,
			  .world = &world, .nl = NETLINK_INIT};
	if (!a.place)
		return 0;
	a.place->netns = OWN_NETNS;
	if (kind < 64)
		ask_about_place(&a, kind);
	else if (kind < 192)
		ask_about_flow(&a, kind);
	else
		ask_about_rest(&a, kind);
	return 0;
}
