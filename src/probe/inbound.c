/* SPDX-License-Identifier: MIT */
/* A packet socket on all interfaces, in both directions. */
#include "probe/inbound.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { SNAP = 96, FLAG_SYN = 0x02, FLAG_RST = 0x04, FLAG_ACK = 0x10, N_SEEN = 256 };

struct packet_seen {
	struct addr src;
	uint16_t src_port, dst_port;
	uint8_t ip_proto, flags;
};

struct watch {
	uint8_t ip_proto;
	uint16_t port;
	struct inbound *ret;
	struct { struct addr addr; uint16_t port; } seen[N_SEEN];
	unsigned n_seen;
};

static bool parse(const uint8_t *p, size_t len, struct packet_seen *ret)
{
	size_t head;

	if (len < 20)
		return false;
	if (p[0] >> 4 == 4) {
		head = (p[0] & 15) * 4u;
		ret->ip_proto = p[9];
		ret->src = addr_ipv4((uint32_t)p[12] << 24 | (uint32_t)p[13] << 16 |
				     (uint32_t)p[14] << 8 | p[15]);
	} else if (p[0] >> 4 == 6 && len >= 40) {
		head = 40;
		ret->ip_proto = p[6];
		ret->src = addr_ipv6(p + 8, 0);
	} else {
		return false;
	}
	if (len < head + (ret->ip_proto == IPPROTO_TCP ? 14 : 8))
		return false;
	ret->src_port = (uint16_t)(p[head] << 8 | p[head + 1]);
	ret->dst_port = (uint16_t)(p[head + 2] << 8 | p[head + 3]);
	ret->flags = ret->ip_proto == IPPROTO_TCP ? p[head + 13] : 0;
	return true;
}

static void note_source(struct inbound *in, const struct addr *addr)
{
	for (unsigned i = 0; i < in->n_sources; i++)
		if (addr_equal(&in->sources[i], addr))
			return;
	if (in->n_sources < N_INBOUND_SOURCES)
		in->sources[in->n_sources++] = *addr;
}

static void note_arrival(struct watch *w, const struct packet_seen *p)
{
	w->ret->arrived++;
	note_source(w->ret, &p->src);
	for (unsigned i = 0; i < w->n_seen; i++)
		if (w->seen[i].port == p->src_port && addr_equal(&w->seen[i].addr, &p->src)) {
			w->ret->repeated++;
			return;
		}
	if (w->n_seen < N_SEEN) {
		w->seen[w->n_seen].addr = p->src;
		w->seen[w->n_seen++].port = p->src_port;
	}
}

static void note(struct watch *w, const struct packet_seen *p, bool outgoing)
{
	const bool tcp = p->ip_proto == IPPROTO_TCP;

	if (p->ip_proto != w->ip_proto)
		return;
	/* What goes over lo is seen twice: the way out is enough for answers, the way in for the rest. */
	if (!outgoing && p->dst_port == w->port &&
	    (!tcp || (p->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN))
		note_arrival(w, p);
	else if (outgoing && p->src_port == w->port) {
		w->ret->accepted += !tcp || (p->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK);
		w->ret->reset += tcp && p->flags & FLAG_RST;
	}
}

int inbound_watch(uint8_t proto, uint16_t port, double seconds, struct inbound *ret)
{
	AUTO(closep) int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				     htons(ETH_P_ALL));
	const uint64_t end = monotonic_ns() + (uint64_t)(seconds * 1e9);
	struct watch watch = {.ip_proto = proto == SOCK_PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP,
			      .port = port, .ret = ret};

	if (fd < 0)
		return -errno;
	memset(ret, 0, sizeof(*ret));
	for (uint64_t now; (now = monotonic_ns()) < end;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		uint8_t packet[SNAP];
		struct packet_seen seen;
		if (poll(&p, 1, (int)((end - now) / 1000000) + 1) <= 0)
			continue;
		ssize_t n = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len);
		if (n > 0 && parse(packet, (size_t)n, &seen))
			note(&watch, &seen, from.sll_pkttype == PACKET_OUTGOING);
	}
	return 0;
}
