/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what the network sends: the status line of HTTP, the reply to a TLS hello, packets
 * beside our sockets, ICMP errors and answers to trace's probes. The sockets are played here
 * (meson.build wraps them); each receive has the next piece.
 */
#include "base/auto.h"
#include "core/case.h"
#include "core/sock.h"
#include "input.h"
#include "probe/after.h"
#include "probe/asking.h"
#include "probe/inbound.h"
#include "probe/knock.h"
#include "probe/tap.h"
#include "probe/trace_flow.h"
#include "sources/closings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int __wrap_socket(int family, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t room, int flags);
ssize_t __wrap_recvfrom(int fd, void *to, size_t room, int flags, struct sockaddr *from,
			socklen_t *from_len);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);
int __wrap_poll(struct pollfd *polls, nfds_t n, int timeout);

static struct input input;

int __wrap_socket(int family, int type, int protocol)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return 0;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	memset(value, 0, *len);
	return 0;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
	return (ssize_t)len;
}

/* Nothing is left: the other end has closed. */
ssize_t __wrap_recv(int fd, void *to, size_t room, int flags)
{
	size_t len;
	const uint8_t *piece = input_piece(&input, &len);

	if (!input.left && !len) {
		errno = ECONNRESET;
		return -1;
	}
	memcpy(to, piece, len < room ? len : room);
	return (ssize_t)(len < room ? len : room);
}

ssize_t __wrap_recvfrom(int fd, void *to, size_t room, int flags, struct sockaddr *from,
			socklen_t *from_len)
{
	const struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_ifindex = 1,
					 .sll_pkttype = input_byte(&input) % 5};

	memcpy(from, &link, sizeof(link) < *from_len ? sizeof(link) : *from_len);
	return __wrap_recv(fd, to, room, flags);
}

/* The error queue: the data, then the control messages as they are but for their lengths. */
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	const ssize_t n = __wrap_recv(fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len, 0);
	struct cmsghdr *control = msg->msg_control;
	const size_t room = msg->msg_controllen;

	if (n < 0)
		return n;
	/* sock_extended_err and a whole address, which is what the kernel gives. */
	msg->msg_controllen = CMSG_SPACE(16 + sizeof(struct sockaddr_in6));
	if (msg->msg_controllen > room)
		abort();
	memset(control, 0, msg->msg_controllen);
	control->cmsg_len = CMSG_LEN(16 + sizeof(struct sockaddr_in6));
	const bool v6 = input_byte(&input) & 1;
	control->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control->cmsg_type = v6 ? IPV6_RECVERR : IP_RECVERR;
	__wrap_recv(fd, CMSG_DATA(control), 16 + sizeof(struct sockaddr_in6), 0);
	return n;
}

/* All is ready as long as there is something; then the wait is broken off. */
int __wrap_poll(struct pollfd *polls, nfds_t n, int timeout)
{
	if (!input.left) {
		errno = EBADF;
		return -1;
	}
	for (nfds_t i = 0; i < n; i++)
		polls[i].revents = polls[i].fd >= 0 ? polls[i].events : 0;
	return (int)n;
}

static void play_connection(struct case_facts *facts, unsigned kind)
{
	struct knock knocks[] = {{.addr = addr_ipv4(1), .port = 80, .http_path = "/", .host = "h"},
				 {.addr = addr_ipv4(1), .port = 81, .http_path = "/", .host = "h"}};
	const struct attempt attempt = {.remote = addr_ipv4(1), .remote_port = 443,
					.proto = SOCK_PROTO_TCP, .connected = true, .closed = true,
					.n_first_sent = 1};

	if (kind & 8) {
		probe_after(facts, &attempt, UINT64_MAX);
		return;
	}
	knock_all(knocks, kind & 16 ? 2 : 1, 5, NULL);
	for (unsigned i = 0; i < 2; i++)
		if (knocks[i].http_status < 0 || knocks[i].http_status > 999)
			abort();
}

static void play_packets(struct case_facts *facts, unsigned kind)
{
	const struct attempt attempt = {.remote = addr_ipv4(1), .remote_port = 80,
					.local_port = 0x4141, .proto = kind & 8 ? SOCK_PROTO_UDP
										: SOCK_PROTO_TCP};
	AUTO(freep) struct inbound *in = malloc(sizeof(*in));
	struct tap *tap;

	if (kind & 16) {
		tap = tap_start();
		tap_finish(tap, facts, &attempt);
		tap_free(tap);
	} else if (in && !inbound_open(in, attempt.proto, attempt.local_port)) {
		inbound_watch(in, UINT64_MAX);
		inbound_close(in);
		if (in->n > N_ARRIVALS || in->packets < in->n)
			abort();
	}
}

static void play_trace(unsigned kind)
{
	static const uint8_t protos[] = {SOCK_PROTO_TCP, SOCK_PROTO_UDP, SOCK_PROTO_ICMP};
	const bool v6 = kind & 16;
	const struct addr addr = v6 ? addr_any(ADDR_IPV6) : addr_ipv4(1);
	struct trace_flow flow = {.fd = open("/dev/null", O_RDONLY | O_CLOEXEC), .keeper = -1,
				  .id = {.proto = protos[kind / 32 % 3], .src = addr, .dst = addr,
					 .src_port = 0x4141, .dst_port = kind & 8 ? 53 : 80},
				  .is_raw = true, .has_ip_header = !v6};
	struct trace_answer answer;

	for (int i = 0; i < 8 && trace_flow_receive(&flow, &answer); i++)
		if (answer.index > UINT16_MAX)
			abort();
	trace_flow_close(&flow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	const uint16_t ports[] = {80, 0x4141};

	input = (struct input){data, size, true};
	const unsigned kind = input_byte(&input);
	if (!facts)
		return 0;
	switch (kind & 3) {
	case 0:
		play_connection(facts, kind);
		break;
	case 1:
		play_packets(facts, kind);
		break;
	case 2:
		play_trace(kind);
		break;
	default:
		closings_include(-1, ports, 2);
	}
	return 0;
}
