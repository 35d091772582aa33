/* SPDX-License-Identifier: MIT */
/*
 * Datagrams as large as the link takes, not to be cut (RFC 1191, RFC 8201): whoever cannot pass
 * them on says so, and how large they may be.
 */
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/hops.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT = 33434, LARGEST = 9216, UDP4_HEADERS = 28, UDP6_HEADERS = 48, SMALL = 64, TRIES = 2 };

enum size_answer { SIZE_SILENT, SIZE_ARRIVES, SIZE_EXPIRES, SIZE_TOO_BIG, SIZE_LOCAL };

struct sizing {
	const struct asked *asked;
	struct trace *trace;
	int fd;
	bool v4;
	uint64_t wait_ns;
	struct icmp_seen icmp; /* the last error */
};

static int open_socket(const struct asked *asked)
{
	const bool v4 = asked->addr.family == ADDR_IPV4;
	const int probe = v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
	struct sockaddr_storage ss;
	unsigned len = sockaddr_make(&asked->addr, PORT, &ss);
	AUTO(closep) int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || socket_apply_asked(fd, asked, (enum addr_family)asked->addr.family))
		return -1;
	socket_hear_errors(fd, (enum addr_family)asked->addr.family);
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
		   &probe, sizeof(probe));
	if (asked->bind_addr.family == asked->addr.family) {
		struct sockaddr_storage from;
		unsigned from_len = sockaddr_make(&asked->bind_addr, 0, &from);
		if (bind(fd, (struct sockaddr *)&from, from_len))
			return -1;
	}
	return connect(fd, (struct sockaddr *)&ss, len) ? -1 : take_fd(&fd);
}

static enum size_answer read_answer(struct sizing *s)
{
	char c;

	if (!socket_take_icmp(s->fd, &s->icmp)) /* else: somebody serves that port */
		return recv(s->fd, &c, 1, MSG_DONTWAIT) < 0 ? SIZE_SILENT : SIZE_ARRIVES;
	if (s->icmp.error == EMSGSIZE)
		return s->icmp.is_local ? SIZE_LOCAL : SIZE_TOO_BIG;
	if (s->icmp.is_local)
		return SIZE_SILENT;
	return icmp_is_time_exceeded(&s->icmp) ? SIZE_EXPIRES : SIZE_ARRIVES;
}

/* What becomes of a datagram of @bytes, IP header and all? */
static enum size_answer ask_size(struct sizing *s, unsigned bytes)
{
	static const char zeroes[LARGEST];
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	for (int try = 0; try < TRIES; try++) {
		const uint64_t until = monotonic_ns() + s->wait_ns;
		ssize_t n = send(s->fd, zeroes, bytes - (s->v4 ? UDP4_HEADERS : UDP6_HEADERS), MSG_NOSIGNAL);
		if (n < 0 && errno == EMSGSIZE)
			return read_answer(s) == SIZE_LOCAL ? SIZE_LOCAL : SIZE_SILENT;
		while (monotonic_ns() < until && poll(&p, 1, (int)(s->wait_ns / 1000000) + 1) > 0) {
			const enum size_answer answer = read_answer(s);
			if (answer != SIZE_SILENT)
				return answer;
		}
	}
	return SIZE_SILENT;
}

static uint8_t ttl_of(const struct trace *trace, const struct addr *from)
{
	for (unsigned i = trace->first; i < trace->n; i++) {
		const struct trace_hop *hop = &trace->hops[i];
		bool here = addr_equal(&hop->from, from) || addr_equal(&hop->other_flow, from);
		for (unsigned k = 0; k < hop->n_others; k++)
			here = here || addr_equal(&hop->others[k], from);
		if (here)
			return hop->ttl;
	}
	return 0;
}

/* Of a router that answers from another address: the last TTL with which @bytes only expire. */
static uint8_t search_ttl(struct sizing *s, unsigned bytes)
{
	unsigned low = 0, high = s->trace->n;

	while (high - low > 1) {
		const unsigned middle = (low + high) / 2;
		socket_set_ttl(s->fd, (enum addr_family)s->asked->addr.family, (int)middle);
		const enum size_answer answer = ask_size(s, bytes);
		if (answer == SIZE_EXPIRES)
			low = middle;
		else if (answer == SIZE_TOO_BIG)
			high = middle;
		else
			low = high = 0;
	}
	socket_set_ttl(s->fd, (enum addr_family)s->asked->addr.family, -1);
	return (uint8_t)low;
}

/* @size was too big: .icmp says for whom. */
static void add(struct sizing *s, unsigned size)
{
	struct trace_mtu *step = &s->trace->mtus[s->trace->n_mtus++];

	*step = (struct trace_mtu){.mtu = s->icmp.mtu, .from = s->icmp.from};
	step->ttl = ttl_of(s->trace, &step->from) ?: search_ttl(s, size);
}

/* Small ones arrive, large ones vanish: the largest that arrives. */
static void add_hole(struct sizing *s, unsigned high)
{
	unsigned low = s->v4 ? 576 : 1280;

	if (high <= low || ask_size(s, SMALL) != SIZE_ARRIVES || ask_size(s, low) != SIZE_ARRIVES)
		return;
	while (high - low > 1) {
		const unsigned middle = (low + high) / 2;
		if (ask_size(s, middle) == SIZE_ARRIVES)
			low = middle;
		else
			high = middle;
	}
	s->trace->mtus[s->trace->n_mtus++] = (struct trace_mtu){.mtu = low};
	s->trace->mtu_hole = true;
}

/* The own link's MTU, whatever the kernel remembers of the way; 0: not to be known. */
static unsigned own_mtu(struct sizing *s)
{
	const enum size_answer answer = ask_size(s, LARGEST);

	if (answer == SIZE_LOCAL)
		return s->icmp.mtu < LARGEST && s->icmp.mtu > UDP6_HEADERS ? s->icmp.mtu : 0;
	return LARGEST;
}

void trace_measure_mtu(struct trace *trace, const struct asked *asked,
		       const struct trace_plan *plan)
{
	AUTO(closep) int fd = open_socket(asked);
	struct sizing s = {
		.asked = asked, .trace = trace, .fd = fd, .v4 = asked->addr.family == ADDR_IPV4};
	double worst_s = 1e-6;

	if (fd < 0 || addr_is_loopback(&asked->addr))
		return;
	for (unsigned i = trace->first; i < trace->n; i++)
		if (trace->hops[i].worst_s > worst_s)
			worst_s = trace->hops[i].worst_s;
	s.wait_ns = trace_patience_ns(plan, worst_s);
	unsigned size = own_mtu(&s);
	if (!size)
		return;
	trace->mtus[trace->n_mtus++] = (struct trace_mtu){.mtu = size};
	while (trace->n_mtus < TRACE_MTU_STEPS) {
		const enum size_answer answer = ask_size(&s, size);
		if (plan->tick)
			plan->tick(trace, plan->data);
		if (answer == SIZE_SILENT && trace->reached)
			add_hole(&s, size);
		if (answer != SIZE_TOO_BIG || s.icmp.mtu >= size || s.icmp.mtu <= UDP6_HEADERS)
			return;
		add(&s, size);
		size = s.trace->mtus[s.trace->n_mtus - 1].mtu;
	}
}
