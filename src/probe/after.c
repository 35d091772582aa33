/* SPDX-License-Identifier: MIT */
/* A TLS ClientHello to see what answers, and packets of several sizes that must not be cut. */
#include "probe/after.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* A complete TLS 1.2 ClientHello with two common cipher suites (RFC 5246 7.4.1.2). */
static const uint8_t client_hello[] = {
	0x16, 0x03, 0x01, 0x00, 0x2f,		/* record: handshake, 47 bytes */
	0x01, 0x00, 0x00, 0x2b, 0x03, 0x03,	/* ClientHello, 43 bytes, TLS 1.2 */
	'b',  'e',  'r',  't',	'h',  0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* random */
	0,    0,    0,	  0,	0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x00,					/* no session */
	0x00, 0x04, 0xc0, 0x2f, 0x00, 0x2f,	/* two suites */
	0x01, 0x00,				/* no compression */
};

static const uint64_t TLS_WAIT_NS = 1000000000, SIZE_WAIT_NS = 300000000;
enum { SIDE_UDP_PORT = 33434, SMALL = 64, UDP4_HEADERS = 28, UDP6_HEADERS = 48, MIN_MTU = 576 };

static bool wait_for(int fd, short events, uint64_t until_ns)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now = monotonic_ns();

	return now < until_ns && poll(&p, 1, (int)((until_ns - now) / 1000000) + 1) > 0;
}

static enum probe_tls ask_tls(const struct asked *asked, const struct attempt *a)
{
	struct sockaddr_storage ss;
	unsigned len = sockaddr_make(&a->remote, a->remote_port, &ss);
	AUTO(closep) int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint64_t until = monotonic_ns() + TLS_WAIT_NS;
	uint8_t reply[8];

	if (fd < 0 || socket_apply_asked(fd, asked, (enum addr_family)a->remote.family))
		return PROBE_TLS_NOT_ASKED;
	if (connect(fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		return PROBE_TLS_NOT_ASKED;
	if (!wait_for(fd, POLLOUT, until) ||
	    send(fd, client_hello, sizeof(client_hello), MSG_NOSIGNAL) < 0 ||
	    !wait_for(fd, POLLIN, until))
		return PROBE_TLS_NOT_ASKED;
	ssize_t n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
	if (n < 3)
		return PROBE_TLS_NOT_ASKED;
	return (reply[0] == 0x16 || reply[0] == 0x15) && reply[1] == 3 ? PROBE_TLS_YES
									 : PROBE_TLS_NO;
}

/* Does a datagram of @ip_bytes that must not be cut come to the target (its port unreachable)? */
static bool size_passes(const struct asked *asked, const struct addr *dst, unsigned ip_bytes)
{
	static const char zeroes[9000];
	const bool v4 = dst->family == ADDR_IPV4;
	struct sockaddr_storage ss;
	unsigned len = sockaddr_make(dst, SIDE_UDP_PORT, &ss);
	AUTO(closep) int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int probe = v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
	struct icmp_seen icmp;

	if (fd < 0 || socket_apply_asked(fd, asked, (enum addr_family)dst->family) ||
	    setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
		       &probe, sizeof(probe)))
		return false;
	socket_hear_errors(fd, (enum addr_family)dst->family);
	if (connect(fd, (struct sockaddr *)&ss, len))
		return false;
	for (int try = 0; try < 2; try++) {
		if (send(fd, zeroes, ip_bytes - (v4 ? UDP4_HEADERS : UDP6_HEADERS), MSG_NOSIGNAL) < 0 &&
		    errno == EMSGSIZE)
			return false;
		if (wait_for(fd, POLLERR, monotonic_ns() + SIZE_WAIT_NS))
			break;
	}
	return socket_take_icmp(fd, &icmp) && !icmp.is_local && icmp.error == ECONNREFUSED;
}

static void measure_mtu(struct case_facts *facts, const struct attempt *a, uint64_t until_ns)
{
	unsigned low = MIN_MTU, high = a->tcp.snd_mss + (a->remote.family == ADDR_IPV4 ? 52 : 72);

	/* Small ones must pass, or there is no measure; if the largest pass, there is no hole. */
	if (!size_passes(&facts->asked, &a->remote, SMALL) ||
	    size_passes(&facts->asked, &a->remote, high))
		return;
	if (!size_passes(&facts->asked, &a->remote, low))
		return;
	while (high - low > 1 && monotonic_ns() < until_ns) {
		/* Links have round MTUs: 1280 and 1400 are tried before halving. */
		unsigned middle = low < 1280 && 1280 < high ? 1280
				  : low == 1280 && high > 1281 && high > 1450 ? 1281
				  : low < 1400 && 1400 < high ? 1400
								: (low + high) / 2;
		if (size_passes(&facts->asked, &a->remote, middle))
			low = middle;
		else
			high = middle;
	}
	facts->probes.path_mtu = low;
}

void probe_after(struct case_facts *facts, const struct attempt *a, uint64_t until_ns)
{
	if (a->ok || !a->connected || a->proto != SOCK_PROTO_TCP)
		return;
	if (a->n_first_sent && (a->closed || a->error == ECONNRESET || a->error == EPIPE ||
				a->n_first_received))
		facts->probes.speaks_tls = ask_tls(&facts->asked, a);
	if (a->timed_out && a->tcp.unacked && a->tcp.retrans_total)
		measure_mtu(facts, a, until_ns);
}
