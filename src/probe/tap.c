/* SPDX-License-Identifier: MIT */
/* A packet socket for what comes in, read when all is over. */
#include "probe/tap.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/sock.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PORTS = 64, SNAP = 128, ROOM = 4 << 20, TH_SYN_ACK = 0x12,
       TCP_FLAGS_AT = 13, UDP_HEADER = 8 };

struct tap {
	int fd;
	uint16_t ports[MAX_PORTS];
	unsigned n_ports;
};

struct heard {
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t ip_proto, tcp_flags;
};

/* Keep the first bytes only, of packets that are not our own. */
static bool set_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, SNAP),
	};
	struct sock_fprog program = {N_ELEMENTS(code), code};

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

struct tap *tap_start(void)
{
	/* SOCK_DGRAM: begins at the IP header on every kind of link. */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int room = ROOM;

	if (fd < 0)
		return NULL;
	struct tap *tap = calloc(1, sizeof(*tap));
	if (!tap || !set_filter(fd)) {
		free(tap);
		close(fd);
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	tap->fd = fd;
	return tap;
}

void tap_add_port(struct tap *tap, uint16_t port)
{
	if (tap && port && tap->n_ports < MAX_PORTS)
		tap->ports[tap->n_ports++] = port;
}

static bool parse(const uint8_t *p, size_t len, struct heard *ret)
{
	size_t head;

	if (len < sizeof(struct iphdr))
		return false;
	if (p[0] >> 4 == 4) {
		struct iphdr ip;
		memcpy(&ip, p, sizeof(ip));
		head = ip.ihl * 4u;
		ret->ip_proto = ip.protocol;
		ret->src = addr_ipv4(ntohl(ip.saddr));
		ret->dst = addr_ipv4(ntohl(ip.daddr));
	} else if (p[0] >> 4 == 6 && len >= sizeof(struct ip6_hdr)) {
		struct ip6_hdr ip;
		memcpy(&ip, p, sizeof(ip));
		head = sizeof(ip);
		ret->ip_proto = ip.ip6_nxt;
		ret->src = addr_ipv6(ip.ip6_src.s6_addr, 0);
		ret->dst = addr_ipv6(ip.ip6_dst.s6_addr, 0);
	} else {
		return false;
	}
	if ((ret->ip_proto != IPPROTO_TCP && ret->ip_proto != IPPROTO_UDP) ||
	    len < head + (ret->ip_proto == IPPROTO_TCP ? TCP_FLAGS_AT + 1 : UDP_HEADER))
		return false;
	ret->src_port = (uint16_t)(p[head] << 8 | p[head + 1]);
	ret->dst_port = (uint16_t)(p[head + 2] << 8 | p[head + 3]);
	ret->tcp_flags = ret->ip_proto == IPPROTO_TCP ? p[head + TCP_FLAGS_AT] : 0;
	return true;
}

static bool is_waited_at(const struct tap *tap, uint16_t port)
{
	for (unsigned i = 0; i < tap->n_ports; i++)
		if (tap->ports[i] == port)
			return true;
	return false;
}

static void note(struct probes *probes, const struct heard *h, const struct attempt *a)
{
	struct addr remote = addr_unmapped(&a->remote);
	const bool tcp = a->proto == SOCK_PROTO_TCP;

	remote.scope = 0;
	if (h->ip_proto != (tcp ? IPPROTO_TCP : IPPROTO_UDP) ||
	    (tcp && (h->tcp_flags & TH_SYN_ACK) != TH_SYN_ACK))
		return;
	if (addr_equal(&h->src, &remote) && h->src_port == a->remote_port) {
		probes->answer_arrived = true;
	} else if (!addr_equal(&h->src, &remote) || tcp) {
		if (addr_equal(&h->src, &remote))
			return; /* another port that we asked */
		probes->stray.seen = true;
		probes->stray.from = h->src;
		probes->stray.port = h->src_port;
	}
}

void tap_finish(struct tap *tap, struct case_facts *facts, const struct attempt *attempt)
{
	uint8_t packet[SNAP];
	struct heard heard;
	ssize_t n;

	if (!tap)
		return;
	tap_add_port(tap, attempt->local_port);
	for (unsigned i = 0; i < 100000 && (n = recv(tap->fd, packet, sizeof(packet), 0)) >= 0; i++)
		if (parse(packet, (size_t)n, &heard) && is_waited_at(tap, heard.dst_port))
			note(&facts->probes, &heard, attempt);
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	close(tap->fd);
	free(tap);
}
