/* SPDX-License-Identifier: MIT */
/* A packet socket on all interfaces, in both directions. */
#include "probe/inbound.h"
#include "core/packet.h"
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
#include <unistd.h>

enum { SNAP = 160, ICMP_HEADER = 8, ICMP_UNREACHABLE = 3, ICMP6_UNREACHABLE = 1 };

/* The same packet on a bridge's port and on the bridge comes within this. */
static const uint64_t SAME_PACKET_NS = 5000000;

struct heard {
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t ip_proto, flags, ttl, icmp_type, icmp_code;
	uint32_t sequence;
	const uint8_t *inner; /* the packet that an ICMP error is about */
	size_t inner_len;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool parse(const uint8_t *p, size_t len, struct heard *ret)
{
	size_t head = 40;

	memset(ret, 0, sizeof(*ret));
	if (len >= 20 && p[0] >> 4 == 4) {
		head = (p[0] & 15) * 4u;
		ret->ip_proto = p[9];
		ret->ttl = p[8];
		ret->src = addr_ipv4(be32(p + 12));
		ret->dst = addr_ipv4(be32(p + 16));
	} else if (len >= 40 && p[0] >> 4 == 6) {
		ret->ip_proto = p[6];
		ret->ttl = p[7];
		ret->src = addr_ipv6(p + 8, 0);
		ret->dst = addr_ipv6(p + 24, 0);
	} else {
		return false;
	}
	if (len < head + 8)
		return false;
	p += head;
	len -= head;
	if (ret->ip_proto == IPPROTO_ICMP || ret->ip_proto == IPPROTO_ICMPV6) {
		ret->icmp_type = p[0];
		ret->icmp_code = p[1];
		ret->inner = p + ICMP_HEADER;
		ret->inner_len = len - ICMP_HEADER;
		return true;
	}
	ret->src_port = be16(p);
	ret->dst_port = be16(p + 2);
	if (ret->ip_proto == IPPROTO_TCP && len >= 14) {
		ret->sequence = be32(p + 4);
		ret->flags = p[13];
	}
	return true;
}

static struct arrival *find(struct inbound *in, const struct addr *src, uint16_t src_port,
			    const struct addr *dst)
{
	for (unsigned i = in->n; i-- > 0;) {
		struct arrival *a = &in->flows[i];
		if (a->src_port == src_port && addr_equal(&a->src, src) && addr_equal(&a->dst, dst))
			return a;
	}
	return NULL;
}

static void note_arrival(struct inbound *in, const struct heard *h, uint32_t link)
{
	const uint64_t now = monotonic_ns();
	struct arrival *a = find(in, &h->src, h->src_port, &h->dst);

	if (a && a->link != link && now - a->seen_ns < SAME_PACKET_NS &&
	    (h->ip_proto == IPPROTO_UDP || h->sequence == a->sequence)) {
		a->link = link; /* the bridge itself: there the packet goes up */
		return;
	}
	in->packets++;
	if (!a && in->n == N_ARRIVALS) {
		in->unkept++;
		return;
	}
	if (!a) {
		a = &in->flows[in->n++];
		*a = (struct arrival){.src = h->src, .dst = h->dst, .src_port = h->src_port,
				      .dst_port = h->dst_port, .ip_proto = h->ip_proto,
				      .ttl = h->ttl, .tcp_flags = h->flags};
	}
	a->link = link;
	a->packets++;
	a->sequence = h->sequence;
	a->seen_ns = now;
}

static void note_incoming(struct inbound *in, const struct heard *h, uint32_t link)
{
	const uint8_t syn = h->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK);
	struct arrival *a;

	if (h->ip_proto != in->ip_proto || h->dst_port != in->port)
		return;
	if (h->ip_proto == IPPROTO_UDP || syn == TCP_FLAG_SYN) {
		note_arrival(in, h, link);
	} else if (syn == TCP_FLAG_ACK) {
		a = find(in, &h->src, h->src_port, &h->dst);
		if (a && a->answered && !(h->flags & TCP_FLAG_RST))
			a->completed = true;
	}
}

static void note_outgoing(struct inbound *in, const struct heard *h)
{
	struct heard about;

	if (h->inner) {
		if (h->icmp_type != (h->ip_proto == IPPROTO_ICMP ? ICMP_UNREACHABLE : ICMP6_UNREACHABLE) ||
		    !parse(h->inner, h->inner_len, &about) || about.ip_proto != in->ip_proto ||
		    about.dst_port != in->port)
			return;
		struct arrival *a = find(in, &about.src, about.src_port, &about.dst);
		if (!a)
			return;
		a->rejected++;
		a->icmp_type = h->icmp_type;
		a->icmp_code = h->icmp_code;
		a->icmp_from = h->src;
		return;
	}
	if (h->ip_proto != in->ip_proto || h->src_port != in->port)
		return;
	struct arrival *a = find(in, &h->dst, h->dst_port, &h->src);
	if (!a)
		return;
	const uint8_t both = TCP_FLAG_SYN | TCP_FLAG_ACK;
	a->answered += h->ip_proto == IPPROTO_UDP || (h->flags & both) == both;
	a->reset += h->flags & TCP_FLAG_RST ? 1 : 0;
}

int inbound_open(struct inbound *in, uint8_t proto, uint16_t port)
{
	const int size = 4 << 20;

	memset(in, 0, sizeof(*in));
	in->ip_proto = proto == SOCK_PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	in->port = port;
	in->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (in->fd < 0)
		return -errno;
	setsockopt(in->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return 0;
}

void inbound_watch(struct inbound *in, uint64_t until_ns)
{
	for (uint64_t now; (now = monotonic_ns()) < until_ns;) {
		struct pollfd p = {.fd = in->fd, .events = POLLIN};
		struct sockaddr_ll from = {};
		socklen_t len = sizeof(from);
		uint8_t packet[SNAP];
		struct heard heard;
		int ready = poll(&p, 1, (int)((until_ns - now) / 1000000) + 1);
		if (ready < 0)
			return;
		if (!ready)
			continue;
		ssize_t n = recvfrom(in->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len);
		if (n <= 0 || !parse(packet, (size_t)n, &heard))
			continue;
		/* What goes over lo is seen twice: answers count on the way out, the rest on the way in. */
		if (from.sll_pkttype == PACKET_OUTGOING)
			note_outgoing(in, &heard);
		else if (from.sll_pkttype != PACKET_OTHERHOST)
			note_incoming(in, &heard, (uint32_t)from.sll_ifindex);
	}
}

void inbound_close(struct inbound *in)
{
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}
