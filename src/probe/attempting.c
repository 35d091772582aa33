/* SPDX-License-Identifier: MIT */
/* Makes the asked call as the asked user and notes how it ends. */
#include "probe/attempting.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/blocking.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t RESEND_NS = 500000000;

int borrow_user(const struct asked *asked, struct borrowed *ret)
{
	*ret = (struct borrowed){.uid = geteuid(), .gid = getegid()};
	if (asked->uid < 0 || (uid_t)asked->uid == ret->uid)
		return 0;
	if (syscall(SYS_setresgid, -1, (gid_t)asked->uid, -1) ||
	    syscall(SYS_setresuid, -1, (uid_t)asked->uid, -1))
		return -errno;
	ret->changed = true;
	return 0;
}

void return_user(const struct borrowed *borrowed)
{
	if (!borrowed->changed)
		return;
	syscall(SYS_setresuid, -1, borrowed->uid, -1);
	syscall(SYS_setresgid, -1, borrowed->gid, -1);
}

static void end(struct attempting *at, enum attempt_phase phase, int error)
{
	struct attempt *a = &at->attempt;

	a->phase = phase;
	a->error = error;
	a->seconds = (double)(monotonic_ns() - a->started_ns) / 1e9;
	at->done = true;
}

static void take_icmps(struct attempting *at)
{
	struct attempt *a = &at->attempt;

	while (at->fd >= 0 && a->n_icmps < N_ATTEMPT_ICMPS &&
	       socket_take_icmp(at->fd, &a->icmps[a->n_icmps])) {
		if (!a->n_icmps++)
			a->icmp_seconds = (double)(monotonic_ns() - a->started_ns) / 1e9;
	}
}

static void note_local(struct attempting *at)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (at->fd >= 0 && !getsockname(at->fd, (struct sockaddr *)&ss, &len))
		sockaddr_read(&ss, &at->attempt.local, &at->attempt.local_port);
}

static int open_socket(struct attempting *at, const struct asked *asked, enum addr_family family)
{
	const int type = asked->proto == SOCK_PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;

	at->fd = socket(family == ADDR_IPV4 ? AF_INET : AF_INET6,
			type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (at->fd < 0)
		return -errno;
	int error = socket_apply_asked(at->fd, asked, family);
	if (!error && asked->op == CASE_CONNECT)
		socket_hear_errors(at->fd, family);
	return error;
}

static int bind_socket(struct attempting *at, const struct asked *asked)
{
	struct sockaddr_storage ss;
	unsigned len = sockaddr_make(&asked->bind_addr, asked->bind_port, &ss);

	return bind(at->fd, (struct sockaddr *)&ss, len) ? -errno : 0;
}

static void send_datagram(struct attempting *at)
{
	static const char line[] = "\r\n";

	at->next_send_ns = monotonic_ns() + RESEND_NS;
	if (send(at->fd, line, 2, MSG_NOSIGNAL) < 0) {
		int error = errno;
		take_icmps(at);
		end(at, error == ECONNREFUSED ? PHASE_RECV : PHASE_SEND, error);
		return;
	}
	at->attempt.sent_bytes += 2;
}

static void begin(struct attempting *at, const struct asked *asked, const struct addr *dst)
{
	struct sockaddr_storage ss;
	int error = open_socket(at, asked, (enum addr_family)dst->family);

	if (error) {
		end(at, PHASE_SOCKET, -error);
		return;
	}
	if (asked->bind_addr.family == dst->family || asked->bind_port) {
		error = bind_socket(at, asked);
		if (error) {
			end(at, PHASE_BIND, -error);
			return;
		}
	}
	unsigned len = sockaddr_make(dst, asked->port, &ss);
	if (connect(at->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS) {
		error = errno;
		take_icmps(at);
		end(at, PHASE_CONNECT, error);
		return;
	}
	note_local(at);
	if (asked->proto == SOCK_PROTO_UDP)
		send_datagram(at);
	else
		at->attempt.gives_up_seconds = connect_gives_up(at->fd);
}

void attempting_connect(struct attempting *at, const struct asked *asked, const struct addr *dst)
{
	struct borrowed borrowed;

	*at = (struct attempting){.fd = -1,
				  .attempt = {.remote = *dst,
					      .remote_port = asked->port,
					      .proto = asked->proto,
					      .started_ns = monotonic_ns()}};
	int error = borrow_user(asked, &borrowed);
	if (error)
		end(at, PHASE_SOCKET, -error);
	else
		begin(at, asked, dst);
	return_user(&borrowed);
}

static void check_tcp(struct attempting *at)
{
	struct pollfd p = {.fd = at->fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&p, 1, 0) <= 0)
		return;
	getsockopt(at->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	note_local(at);
	socket_tcp_seen(at->fd, &at->attempt.tcp);
	take_icmps(at);
	if (!error && p.revents & POLLERR && !(p.revents & POLLOUT))
		return; /* only the error queue spoke: still trying */
	at->attempt.ok = at->attempt.connected = !error;
	end(at, PHASE_CONNECT, error);
	at->attempt.connect_seconds = at->attempt.seconds;
}

static void check_udp(struct attempting *at)
{
	struct pollfd p = {.fd = at->fd, .events = POLLIN};
	struct attempt *a = &at->attempt;

	if (poll(&p, 1, 0) > 0) {
		char data[2048];
		ssize_t n = recv(at->fd, data, sizeof(data), MSG_DONTWAIT);
		int error = n < 0 ? errno : 0;
		take_icmps(at);
		if (n >= 0) {
			a->ok = true;
			a->received_bytes = (uint64_t)n;
			end(at, PHASE_RECV, 0);
		} else if (error != EAGAIN) {
			end(at, PHASE_RECV, error);
		}
		return;
	}
	if (monotonic_ns() >= at->next_send_ns)
		send_datagram(at);
}

void attempting_check(struct attempting *at)
{
	if (at->done || at->fd < 0)
		return;
	if (at->attempt.proto == SOCK_PROTO_UDP)
		check_udp(at);
	else
		check_tcp(at);
}

void attempting_stop(struct attempting *at)
{
	if (!at->done) {
		if (at->attempt.proto == SOCK_PROTO_TCP && at->fd >= 0)
			socket_tcp_seen(at->fd, &at->attempt.tcp);
		take_icmps(at);
		at->attempt.timed_out = true;
		end(at, at->attempt.proto == SOCK_PROTO_UDP ? PHASE_RECV : PHASE_CONNECT, 0);
	}
	if (at->fd >= 0)
		close(at->fd);
	at->fd = -1;
}

void attempt_bind(struct attempt *attempt, const struct asked *asked)
{
	struct attempting at = {.fd = -1,
				.attempt = {.local = asked->addr,
					    .local_port = asked->port,
					    .proto = asked->proto,
					    .started_ns = monotonic_ns()}};
	struct asked here = *asked;
	struct borrowed borrowed;

	here.bind_addr = asked->addr;
	here.bind_port = asked->port;
	int error = borrow_user(asked, &borrowed);
	enum attempt_phase phase = PHASE_SOCKET;
	error = error ?: open_socket(&at, &here, (enum addr_family)asked->addr.family);
	if (!error) {
		phase = PHASE_BIND;
		error = bind_socket(&at, &here);
		if (!error)
			note_local(&at);
	}
	if (!error && asked->listens && asked->proto == SOCK_PROTO_TCP) {
		phase = PHASE_LISTEN;
		error = listen(at.fd, asked->backlog ? (int)asked->backlog : 1) ? -errno : 0;
	}
	return_user(&borrowed);
	end(&at, phase, -error);
	at.attempt.ok = !error;
	attempting_stop(&at);
	*attempt = at.attempt;
}
