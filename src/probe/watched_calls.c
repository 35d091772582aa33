/* SPDX-License-Identifier: MIT */
/* What the calls of a traced command do to one of its sockets, and when that is a failure. */
#include "probe/watched_calls.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/watched_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/*
 * A program that gives a connection up after waiting this long for a first byte has been let down:
 * sooner if it had asked something.
 */
static const double LET_DOWN_S = 0.9, LET_DOWN_ASKED_S = 0.2;

static void report(struct watched *w, struct watched_socket *s)
{
	if (s->reported || !s->has_attempt)
		return;
	s->reported = true;
	s->connecting = false;
	w->ended(&s->attempt, &s->asked, w->data);
}

void watched_fail(struct watched *w, struct watched_socket *s, enum attempt_phase phase, int error)
{
	s->attempt.ok = false;
	s->attempt.phase = phase;
	s->attempt.error = error;
	s->attempt.seconds = (double)(monotonic_ns() - s->attempt.started_ns) / 1e9;
	watched_look(s);
	report(w, s);
}

/* The resolver's own traffic is not what the program wants; its failure shows in the resolving. */
static bool is_resolver(const struct watched_socket *s)
{
	return s->attempt.remote_port == 53 && s->proto == SOCK_PROTO_UDP;
}

void watched_socket_called(struct watched *w, const struct traced_call *c)
{
	const int family = (int)c->args[0], type = (int)c->args[1] & 0xf;
	const bool inet = family == AF_INET || family == AF_INET6;

	if (!inet || (type != SOCK_STREAM && type != SOCK_DGRAM))
		return;
	struct watched_socket *s = watched_add(w);
	if (!s)
		return;
	s->pid = c->pid;
	s->fd = (int)c->result;
	s->proto = type == SOCK_STREAM ? SOCK_PROTO_TCP : SOCK_PROTO_UDP;
	s->family = family == AF_INET ? ADDR_IPV4 : ADDR_IPV6;
	s->nonblocking = c->args[1] & SOCK_NONBLOCK;
	s->asked.proto = s->attempt.proto = s->proto;
	s->attempt.by_program = true;
	s->attempt.pid = (uint32_t)c->pid;
	s->attempt.started_ns = monotonic_ns();
	if (c->result >= 0)
		return;
	/* A kernel without IPv6 is told so on every socket(AF_INET6): programs just go on. */
	if (c->result != -EAFNOSUPPORT || family == AF_INET) {
		s->has_attempt = true;
		watched_fail(w, s, PHASE_SOCKET, (int)-c->result);
	}
	watched_remove(w, s);
}

static bool read_sockaddr(pid_t pid, uint64_t address, uint64_t len, struct addr *ret_addr,
			  uint16_t *ret_port)
{
	struct sockaddr_storage ss = {};

	if (!address || len > sizeof(ss))
		return false;
	tracer_read(pid, address, &ss, len);
	return sockaddr_read(&ss, ret_addr, ret_port);
}

void watched_bind(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	if (!read_sockaddr(c->pid, c->args[1], c->args[2], &s->asked.bind_addr,
			   &s->asked.bind_port) ||
	    c->result >= 0)
		return;
	s->asked.op = CASE_BIND;
	s->asked.addr = s->asked.bind_addr;
	s->asked.port = s->asked.bind_port;
	s->attempt.local = s->asked.bind_addr;
	s->attempt.local_port = s->asked.bind_port;
	s->has_attempt = true;
	watched_fail(w, s, PHASE_BIND, (int)-c->result);
	s->reported = false; /* programs try the next port on the same socket */
	s->has_attempt = false;
}

/* What a listener that failed was: its own address. */
static void begin_listener(struct watched_socket *s)
{
	s->asked.op = CASE_BIND;
	s->asked.listens = s->has_attempt = true;
	s->asked.addr = s->attempt.local = s->asked.bind_addr;
	s->asked.port = s->attempt.local_port = s->asked.bind_port;
}

void watched_listen(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	if (c->result >= 0)
		return;
	begin_listener(s);
	watched_fail(w, s, PHASE_LISTEN, (int)-c->result);
}

void watched_accept(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	switch ((int)-c->result) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EPERM:
	case EACCES:
		begin_listener(s);
		/* What it lacks is a socket for the connection. */
		watched_fail(w, s, PHASE_SOCKET, (int)-c->result);
		break;
	default:
		break; /* none is waiting, or that one has gone: no fault of the listener's */
	}
}

static void begin_connect(struct watched_socket *s, const struct addr *addr, uint16_t port)
{
	struct attempt fresh = {.proto = s->proto,
				.by_program = true,
				.pid = (uint32_t)s->pid,
				.remote = *addr,
				.remote_port = port,
				.started_ns = monotonic_ns()};

	s->asked.op = CASE_CONNECT;
	s->asked.addr = *addr;
	s->asked.port = port;
	s->attempt = fresh;
	s->has_attempt = true;
	s->reported = false;
	s->waited_s = 0;
}

static void connected(struct watched_socket *s)
{
	s->connecting = false;
	s->attempt.connected = s->proto == SOCK_PROTO_TCP;
	s->attempt.connect_seconds = (double)(monotonic_ns() - s->attempt.started_ns) / 1e9;
	s->attempt.ok = true;
	s->attempt.phase = PHASE_CONNECT;
	s->waited_s = 0;
	watched_look(s);
}

static void connect_ended(struct watched *w, struct watched_socket *s, int error)
{
	if (!error) {
		connected(s);
	} else if (error == EINPROGRESS && watched_is_nonblocking(s)) {
		s->connecting = true;
	} else if (error == EINPROGRESS) { /* blocking: SO_SNDTIMEO ran out */
		s->attempt.timed_out = true;
		watched_fail(w, s, PHASE_CONNECT, 0);
	} else if (s->proto == SOCK_PROTO_UDP) {
		s->attempt.phase = PHASE_CONNECT;
		s->attempt.error = error;
		w->weak = s->attempt;
		w->weak_asked = s->asked;
		w->has_weak = true;
		s->has_attempt = false;
	} else if (error != EALREADY && error != EISCONN && error != EINTR) {
		watched_fail(w, s, PHASE_CONNECT, error);
	}
}

void watched_connect(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	struct addr addr;
	uint16_t port;

	if (!read_sockaddr(c->pid, c->args[1], c->args[2], &addr, &port))
		return; /* AF_UNSPEC: let go of the peer */
	if (!c->is_exit) {
		if (!s->connecting)
			begin_connect(s, &addr, port);
		return;
	}
	if (s->has_attempt)
		connect_ended(w, s, c->result < 0 ? (int)-c->result : 0);
}

static void note_sent(struct watched *w, struct watched_socket *s, const struct traced_call *c,
		      uint64_t data, size_t len)
{
	struct attempt *a = &s->attempt;

	if (is_resolver(s) && !c->is_exit) {
		uint8_t packet[512];
		size_t n = tracer_read(c->pid, data, packet, len < sizeof(packet) ? len : sizeof(packet));
		watched_dns_name(w, packet, n);
	}
	if (!a->n_first_sent && len && c->is_exit) {
		size_t n = len < N_ATTEMPT_BYTES ? len : N_ATTEMPT_BYTES;
		a->n_first_sent = (uint8_t)tracer_read(c->pid, data, a->first_sent, n);
	}
}

static void send_ended(struct watched *w, struct watched_socket *s, int64_t result, size_t len)
{
	if (result >= 0) {
		s->attempt.sent_bytes += (uint64_t)result;
		s->send_blocked = false;
		s->waited_s = 0;
		if (s->proto == SOCK_PROTO_UDP && !s->attempt.ok) {
			s->attempt.phase = PHASE_SEND;
			s->attempt.ok = true;
		}
		return;
	}
	switch ((int)-result) {
	case EAGAIN:
		s->send_blocked = true;
		break;
	case EINTR:
	case EINPROGRESS:
		break;
	default:
		s->attempt.datagram_bytes = len;
		if (!is_resolver(s))
			watched_fail(w, s, -result == ECONNREFUSED && s->proto == SOCK_PROTO_UDP ? PHASE_RECV
											 : PHASE_SEND,
			     (int)-result);
	}
}

void watched_send(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	uint64_t data = c->args[1], len = c->args[2];
	struct addr addr;
	uint16_t port;

	watched_message(c, &data, &len);
	if (!c->is_exit && c->number == __NR_sendto && c->args[4] &&
	    read_sockaddr(c->pid, c->args[4], c->args[5], &addr, &port) &&
	    (!s->has_attempt || !s->attempt.connected))
		begin_connect(s, &addr, port);
	if (!s->has_attempt)
		return;
	if (c->number == __NR_sendto && c->args[3] & MSG_FASTOPEN && !s->attempt.connected)
		s->attempt.fast_open = true;
	note_sent(w, s, c, data, len);
	if (!c->is_exit)
		return;
	if (c->number == __NR_sendto && c->args[3] & MSG_FASTOPEN && !s->attempt.connected &&
	    c->result < 0)
		connect_ended(w, s, (int)-c->result);
	else
		send_ended(w, s, c->number == __NR_sendmmsg && c->result > 0 ? (int64_t)len : c->result,
			   len);
}

void watched_recv(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	struct attempt *a = &s->attempt;
	uint64_t data = c->args[1], len = c->args[2];

	if (!s->has_attempt || !c->is_exit)
		return;
	watched_message(c, &data, &len);
	if (c->result > 0) {
		if (!a->n_first_received && data) {
			size_t n = (size_t)c->result < N_ATTEMPT_BYTES ? (size_t)c->result
								       : N_ATTEMPT_BYTES;
			a->n_first_received = (uint8_t)tracer_read(c->pid, data, a->first_received, n);
		}
		a->received_bytes += (uint64_t)c->result;
		a->phase = PHASE_RECV;
		s->waited_s = 0;
		return;
	}
	if (!c->result) {
		if (s->proto == SOCK_PROTO_TCP && len && !a->received_bytes) {
			a->closed = true;
			watched_fail(w, s, PHASE_RECV, 0);
		}
		return;
	}
	if (c->result == -EAGAIN) {
		s->recv_waited = true;
		if (s->wait_started_ns && !watched_is_nonblocking(s))
			s->waited_s += (double)(monotonic_ns() - s->wait_started_ns) / 1e9;
		return;
	}
	if (c->result != -EINTR && !is_resolver(s))
		watched_fail(w, s, PHASE_RECV, (int)-c->result);
}

void watched_getsockopt(struct watched *w, struct watched_socket *s,
			      const struct traced_call *c)
{
	int error = 0;

	if (c->args[1] != SOL_SOCKET || c->args[2] != SO_ERROR || c->result < 0 || !s->has_attempt)
		return;
	tracer_read(c->pid, c->args[3], &error, sizeof(error));
	if (error)
		watched_fail(w, s, s->connecting || !s->attempt.connected ? PHASE_CONNECT : PHASE_RECV, error);
	else if (s->connecting && watched_is_connected(s))
		connected(s);
}

/* The last moment of a socket: did it get what its program wanted? */
void watched_closing(struct watched *w, struct watched_socket *s)
{
	struct attempt *a = &s->attempt;

	if (!s->has_attempt || s->reported || is_resolver(s))
		return;
	if (s->connecting && watched_is_connected(s))
		connected(s);
	if (s->connecting) {
		a->timed_out = true;
		watched_fail(w, s, PHASE_CONNECT, 0);
	} else if (a->ok && a->received_bytes == 0 &&
		   s->waited_s >= (a->sent_bytes ? LET_DOWN_ASKED_S : LET_DOWN_S)) {
		a->timed_out = true;
		watched_fail(w, s, s->send_blocked ? PHASE_SEND : PHASE_RECV, 0);
	} else if (a->ok) {
		a->seconds = (double)(monotonic_ns() - a->started_ns) / 1e9;
		watched_look(s);
		report(w, s);
	}
}
