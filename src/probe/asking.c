/* SPDX-License-Identifier: MIT */
/* Asks the network with ordinary sockets, many at once. */
#include "probe/asking.h"
#include "core/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_POLLED = 64, DEFAULT_TTL = 64 };

static void finish(struct asking *asking, enum probe_answer answer)
{
	asking->probe.answer = answer;
	asking->probe.seconds = (double)(monotonic_ns() - asking->started_ns) / 1e9;
	asking->done = true;
	if (asking->fd >= 0) {
		/* A handshake that was only a question ends with RST: nothing lingers there. */
		struct linger now = {1, 0};
		if (asking->probe.proto == SOCK_PROTO_TCP)
			setsockopt(asking->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(asking->fd);
		asking->fd = -1;
	}
}

static void finish_error(struct asking *asking, int error)
{
	const bool tcp = asking->probe.proto == SOCK_PROTO_TCP;
	struct icmp_seen icmp;

	if (asking->fd >= 0 && socket_take_icmp(asking->fd, &icmp)) {
		asking->probe.icmp = icmp;
		finish(asking, icmp.is_local ? PROBE_LOCAL_ERROR : PROBE_ICMP);
		return;
	}
	asking->probe.icmp = (struct icmp_seen){.error = error, .is_local = true};
	if (tcp && error == ECONNREFUSED)
		finish(asking, PROBE_RESET);
	else if (error == ETIMEDOUT)
		finish(asking, PROBE_SILENT);
	else
		finish(asking, PROBE_LOCAL_ERROR);
}

static void set_min_ttl(const struct asking *asking)
{
	int ttl = asking->min_ttl;

	if (!ttl)
		return;
	if (asking->dst.family == ADDR_IPV4)
		setsockopt(asking->fd, IPPROTO_IP, IP_MINTTL, &ttl, sizeof(ttl));
	else
		setsockopt(asking->fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &ttl, sizeof(ttl));
}

static int bind_source(const struct asking *asking, const struct asked *asked)
{
	struct sockaddr_storage ss;

	const uint16_t port = asking->same_port ? asked->bind_port : 0;
	int one = 1;

	if (asking->any_source || asked->bind_addr.family != asking->dst.family ||
	    (addr_is_any(&asked->bind_addr) && !port))
		return 0;
	if (port) /* the attempt's own socket may still hold it */
		setsockopt(asking->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	unsigned len = sockaddr_make(&asked->bind_addr, port, &ss);
	return bind(asking->fd, (struct sockaddr *)&ss, len) ? -errno : 0;
}

static void note_port(struct asking *asking)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (!getsockname(asking->fd, (struct sockaddr *)&ss, &len))
		sockaddr_read(&ss, &asking->local, &asking->local_port);
}

/* Left unsent where neither net.ipv4.ping_group_range nor CAP_NET_RAW allows it. */
static void start_echo(struct asking *asking, const struct asked *asked)
{
	struct asked echo = *asked;

	echo.proto = SOCK_PROTO_ICMP;
	echo.addr = asking->dst;
	if (trace_flow_open(&asking->flow, &echo)) {
		finish(asking, PROBE_NOT_SENT);
		return;
	}
	asking->fd = asking->flow.fd;
	int error = trace_flow_send(&asking->flow, 0, asking->probe.ttl ?: DEFAULT_TTL);
	if (error)
		finish_error(asking, -error);
}

static void check_echo(struct asking *asking)
{
	struct trace_answer answer;

	if (!trace_flow_receive(&asking->flow, &answer))
		return;
	asking->probe.icmp = answer.icmp;
	finish(asking, answer.answer);
}

void asking_start(struct asking *asking, const struct asked *asked)
{
	const bool tcp = asking->probe.proto == SOCK_PROTO_TCP;
	struct sockaddr_storage ss;

	asking->done = false;
	asking->probe.tries++;
	asking->started_ns = monotonic_ns();
	if (asking->probe.proto == SOCK_PROTO_ICMP) {
		start_echo(asking, asked);
		return;
	}
	asking->fd = socket(asking->dst.family == ADDR_IPV4 ? AF_INET : AF_INET6,
			    (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (asking->fd < 0) {
		finish(asking, PROBE_NOT_SENT);
		return;
	}
	int error = socket_apply_asked(asking->fd, asked, asking->dst.family);
	error = error ?: bind_source(asking, asked);
	if (error) {
		finish(asking, PROBE_NOT_SENT);
		return;
	}
	socket_hear_errors(asking->fd, asking->dst.family);
	if (asking->probe.ttl)
		socket_set_ttl(asking->fd, asking->dst.family, asking->probe.ttl);
	set_min_ttl(asking);
	if (asking->no_flow_label && asking->dst.family == ADDR_IPV6)
		setsockopt(asking->fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, &(int){0}, sizeof(int));
	unsigned len = sockaddr_make(&asking->dst, asking->probe.port, &ss);
	if (connect(asking->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		finish_error(asking, errno);
	else
		note_port(asking);
	if (!asking->done && !tcp && send(asking->fd, "", 1, MSG_NOSIGNAL) < 0)
		finish_error(asking, errno);
}

void asking_check(struct asking *asking)
{
	struct pollfd p = {.fd = asking->fd, .events = POLLIN};
	int error = 0;
	socklen_t len = sizeof(error);

	if (asking->done || asking->fd < 0)
		return;
	if (asking->probe.proto == SOCK_PROTO_TCP)
		p.events = POLLOUT;
	if (poll(&p, 1, 0) <= 0)
		return;
	if (asking->probe.proto == SOCK_PROTO_ICMP) {
		check_echo(asking);
		return;
	}
	getsockopt(asking->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (asking->probe.proto == SOCK_PROTO_TCP)
		socket_tcp_seen(asking->fd, &asking->tcp);
	if (error || p.revents & POLLERR)
		finish_error(asking, error);
	else if (asking->probe.proto == SOCK_PROTO_TCP)
		finish(asking, PROBE_SYN_ACK);
	else
		finish(asking, PROBE_REPLY);
}

void asking_wait(struct asking *askings, size_t n, uint64_t until_ns)
{
	for (;;) {
		struct pollfd fds[MAX_POLLED];
		nfds_t n_fds = 0;
		for (size_t i = 0; i < n && n_fds < MAX_POLLED; i++) {
			asking_check(&askings[i]);
			if (!askings[i].done && askings[i].fd >= 0)
				fds[n_fds++] = (struct pollfd){
					.fd = askings[i].fd,
					.events = askings[i].probe.proto == SOCK_PROTO_TCP ? POLLOUT
											   : POLLIN};
		}
		uint64_t now = monotonic_ns();
		if (!n_fds || now >= until_ns)
			return;
		if (poll(fds, n_fds, (int)((until_ns - now) / 1000000) + 1) < 0 && errno != EINTR)
			return;
	}
}

void asking_stop(struct asking *askings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!askings[i].done)
			finish(&askings[i], askings[i].fd < 0 ? PROBE_NOT_SENT : PROBE_SILENT);
}
