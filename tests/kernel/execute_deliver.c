/* SPDX-License-Identifier: MIT */
/*
 * Packets of a scenario: real SYNs and datagrams, through a device whose other end we hold or from
 * a socket of this host; who got it is seen at the sockets, and sock_diag is asked the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/auto.h"
#include "execute.h"
#include "packet.h"

static uint32_t named_by_cookie(const struct execution *run, int64_t cookie)
{
	for (int i = 0; i < N_OP_NAMES; i++)
		if (run->socks[i].fd >= 0 && run->socks[i].cookie == cookie)
			return 1u << i;
	return 0;
}

/* Sockets that a datagram waits at. See put_cpus() too. */
static uint32_t read_datagrams(struct execution *run)
{
	uint32_t got = 0;
	char byte;

	for (int i = 0; i < N_OP_NAMES; i++) {
		const struct kernel_sock *sock = &run->socks[i];
		bool some = false;
		if (sock->fd < 0 || !sock->udp)
			continue;
		while (recv(sock->fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
			some = true;
		got |= some ? 1u << i : 0;
	}
	return got;
}

/* A datagram makes a connected socket prefer this CPU from then on; put the old wish back. */
static void put_cpus(const struct execution *run, int cpus[N_OP_NAMES], bool back)
{
	for (int i = 0; i < N_OP_NAMES; i++) {
		socklen_t len = sizeof(cpus[i]);
		int fd = run->socks[i].udp ? run->socks[i].fd : -1;
		if (fd >= 0 && back)
			setsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &cpus[i], len);
		else if (fd >= 0)
			getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &cpus[i], &len);
	}
}

static bool answers(const struct packet *reply, const struct packet *to)
{
	if (reply->udp != to->udp)
		return false;
	if (reply->unreachable)
		return reply->source_port == to->source_port &&
		       reply->target_port == to->target_port &&
		       addr_equal(&reply->source, &to->source);
	return reply->source_port == to->target_port && reply->target_port == to->source_port &&
	       addr_equal(&reply->target, &to->source);
}

/* Read what the host sent out of any device until something answers @sent. */
static bool read_reply(struct execution *run, const struct packet *sent, struct packet *ret)
{
	uint8_t bytes[2048];

	for (int i = 0; i < run->lab->n_devices; i++) {
		ssize_t len;
		while ((len = read(run->lab->devices[i].fd, bytes, sizeof(bytes))) > 0)
			if (packet_read_frame(bytes, (size_t)len, ret) && answers(ret, sent))
				return true;
	}
	return false;
}

static void inject(const struct lab_device *device, const struct packet *packet)
{
	uint8_t bytes[PACKET_MAX];
	size_t len = packet_frame(packet, device->mac, bytes);

	while (write(device->fd, bytes, len) < 0 && errno == EINTR)
		;
}

static void deliver_outside(struct execution *run, const struct lab_device *device,
			    struct packet packet, struct answer *ret)
{
	struct packet reply;
	bool answered;

	read_reply(run, &(struct packet){.udp = true}, &reply); /* drain old ones */
	packet.seq = run->nonce++ * 100000;
	packet.mss = packet.udp ? 0 : 1400;
	packet.flags = PACKET_SYN;
	inject(device, &packet);
	if (packet.udp) {
		ret->got = read_datagrams(run);
		if (!ret->got)
			ret->reply = read_reply(run, &packet, &reply) ? REPLY_UNREACHABLE :
									REPLY_DROPPED;
		return;
	}
	answered = read_reply(run, &packet, &reply);
	if (!answered)
		ret->reply = REPLY_DROPPED;
	else if (reply.unreachable)
		ret->reply = REPLY_UNREACHABLE;
	else if (reply.flags & PACKET_RST)
		ret->reply = REPLY_RST;
	else if (!(reply.flags & PACKET_SYN))
		ret->reply = REPLY_ACK;
	else
		ret->got = execute_marked(reply.mss);
	if (ret->got) {
		packet.flags = PACKET_RST;
		packet.seq++;
		packet.mss = 0;
		inject(device, &packet);
	}
}

/* So many that a group of three is seen whole, but for once in three million. */
enum { SWEEP = 40 };

static void sweep_outside(struct execution *run, const struct lab_device *device,
			  struct packet packet, struct answer *ret)
{
	for (int i = 0; i < SWEEP; i++, packet.source_port++) {
		struct answer one = {.error = 0};
		deliver_outside(run, device, packet, &one);
		ret->got |= one.got;
		ret->reply = one.reply;
	}
	if (ret->got)
		ret->reply = REPLY_NOTHING;
	ret->swept = true;
}

static void local_datagram(struct execution *run, int fd, struct answer *ret)
{
	struct pollfd wait = {.fd = fd, .events = POLLERR};
	int error = 0;
	socklen_t len = sizeof(error);

	if (send(fd, "x", 1, 0) < 0) {
		ret->untried = true;
		return;
	}
	for (int tries = 0; tries < 20 && !ret->got; tries++) {
		ret->got = read_datagrams(run);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error == ECONNREFUSED) {
			ret->reply = REPLY_UNREACHABLE;
			return;
		}
		if (!ret->got)
			poll(&wait, 1, 1);
	}
	if (!ret->got)
		ret->reply = REPLY_DROPPED;
}

/*
 * Nobody answered in time. A listener bound to a device may have: its SYN-ACK leaves by that
 * device, although the sender is here. Then its request is forgotten again.
 */
static void look_for_stray_answer(struct execution *run, const struct op *op, struct answer *ret)
{
	const struct packet sent = {.source = op->remote, .target = op->local,
				    .source_port = op->remote_port, .target_port = op->port};
	struct lab_tuple tuple = {.local = op->local, .remote = op->remote,
				  .local_port = op->port, .remote_port = op->remote_port,
				  .device = lab_owner_index(run->lab, &op->local)};
	struct packet reply;

	ret->reply = REPLY_DROPPED;
	if (!read_reply(run, &sent, &reply))
		return;
	ret->got = execute_marked(reply.mss);
	ret->reply = ret->got ? REPLY_NOTHING : reply.flags & PACKET_RST ? REPLY_RST : REPLY_ACK;
	lab_destroy(run->lab, &tuple);
}

static void local_connection(struct execution *run, int fd, const struct op *op,
			     const struct sockaddr_storage *to, struct answer *ret)
{
	struct timeval limit = {.tv_usec = 20000};
	struct linger linger = {.l_onoff = 1};
	struct tcp_info info;
	socklen_t info_len = sizeof(info);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)to, sizeof(struct sockaddr_in6)) < 0) {
		ret->untried = errno != ECONNREFUSED && errno != EINPROGRESS;
		if (errno == EINPROGRESS)
			look_for_stray_answer(run, op, ret);
		else
			ret->reply = REPLY_RST;
		return;
	}
	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_len))
		ret->got = execute_marked(info.tcpi_snd_mss);
	/* Take the child out of the queue now if it is the only one; accept() skips it otherwise. */
	for (int i = 0; i < N_OP_NAMES; i++) {
		struct kernel_sock *sock = &run->socks[i];
		if (!(ret->got >> i & 1) || sock->pending)
			continue;
		fcntl(sock->fd, F_SETFL, fcntl(sock->fd, F_GETFL) | O_NONBLOCK);
		for (int child; (child = accept(sock->fd, NULL, NULL)) >= 0;) {
			setsockopt(child, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
			close(child);
		}
	}
}

static void deliver_local(struct execution *run, const struct op *op, struct answer *ret)
{
	bool inet6 = op->remote.family == ADDR_IPV6;
	AUTO(closep)
	int fd = socket(inet6 ? AF_INET6 : AF_INET,
			(op->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	struct sockaddr_storage from, to;
	socklen_t len = lab_sockaddr(&op->remote, op->remote_port, inet6, &from);

	lab_sockaddr(&op->local, op->port, inet6, &to);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, len) < 0) {
		ret->untried = true;
		return;
	}
	if (!op->udp) {
		local_connection(run, fd, op, &to, ret);
	} else if (connect(fd, (struct sockaddr *)&to, len) < 0) {
		ret->untried = true;
	} else {
		local_datagram(run, fd, ret);
	}
}

/*
 * Is it the other end, not yet accepted, of a connection of ours? Of two, where one of them is bound
 * to a device: which of them it belongs to cannot be told.
 */
static uint32_t unaccepted(const struct execution *run, const struct op *op)
{
	uint32_t ours = 0;

	for (int i = 0; i < N_OP_NAMES; i++) {
		const struct kernel_sock *sock = &run->socks[i];
		struct addr local = addr_unmapped(&sock->local), remote = addr_unmapped(&sock->remote);
		if (sock->has_tuple && !sock->udp && sock->local_port == op->remote_port &&
		    sock->remote_port == op->port && addr_equal(&local, &op->remote) &&
		    addr_equal(&remote, &op->local))
			ours |= 1u << i;
	}
	return ours;
}

/*
 * A connection's own tuple. A SYN would disturb it, so its other end sends a byte, if that end and
 * the receiver have an fd; else the kernel's word stands alone.
 */
static void deliver_live(struct execution *run, const struct op *op, int64_t cookie, int state,
			 struct answer *ret)
{
	uint32_t got = 0;
	char byte;
	int from = -1, at_once = 1;

	/* A TIME_WAIT entry bears the cookie of its socket, whose fd may still be open. */
	ret->got = state != 6 ? named_by_cookie(run, cookie) : 0;
	if (!ret->got && (state == 1 || state == 8)) /* ESTABLISHED, CLOSE_WAIT: not yet accepted */
		ret->peer_of = unaccepted(run, op);
	ret->untried = !ret->got && !ret->peer_of;
	for (int i = 0; i < N_OP_NAMES; i++) {
		const struct kernel_sock *sock = &run->socks[i];
		struct addr local = addr_unmapped(&sock->local), remote = addr_unmapped(&sock->remote);
		if (sock->fd >= 0 && !sock->udp && sock->has_tuple &&
		    sock->local_port == op->remote_port && sock->remote_port == op->port &&
		    addr_equal(&local, &op->remote) && addr_equal(&remote, &op->local) &&
		    (from < 0 || ret->got >> i & 1)) /* of two with itself: the one that is found */
			from = sock->fd;
	}
	if (from < 0 || !ret->got || state != 1)
		return;
	setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
	if (send(from, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		return;
	for (int i = 0; i < N_OP_NAMES; i++)
		if (run->socks[i].fd >= 0 && !run->socks[i].udp &&
		    recv(run->socks[i].fd, &byte, 1, MSG_DONTWAIT) == 1)
			got |= 1u << i;
	ret->oracle_asked = true;
	ret->oracle_differs = got != ret->got;
	ret->got = got;
}

void execute_deliver(struct execution *run, const struct op *op, struct answer *ret)
{
	const struct lab_device *device = lab_device(run->lab, op->device);
	struct lab_tuple tuple = {.local = op->local, .remote = op->remote, .udp = op->udp,
				  .local_port = op->port, .remote_port = op->remote_port};
	bool local = lab_is_local(run->lab, &op->remote), time_wait;
	int state = 0, cpus[N_OP_NAMES];
	int64_t cookie;

	ret->delivery = true;
	tuple.device = local || !device ? lab_owner_index(run->lab, &op->local) : device->index;
	cookie = lab_lookup(run->lab, &tuple, &state);
	time_wait = cookie > 0 && !op->udp && state == 6 && local && !named_by_cookie(run, cookie);
	if (cookie > 0 && !op->udp && state != 10 && !time_wait) {
		deliver_live(run, op, cookie, state, ret);
		return;
	}
	if (!op->udp && !time_wait && unaccepted(run, op)) {
		ret->untried = true; /* that connection is over: accept() would take ours for it */
		return;
	}
	if (op->udp)
		put_cpus(run, cpus, false);
	if (local)
		deliver_local(run, op, ret);
	else if (device)
		(op->sweep ? sweep_outside : deliver_outside)(
			run, device,
			(struct packet){.source = op->remote, .target = op->local,
					.source_port = op->remote_port,
					.target_port = op->port, .udp = op->udp},
			ret);
	else
		ret->untried = true;
	if (op->udp)
		put_cpus(run, cpus, true);
	if (time_wait) {
		/*
		 * The entry is gone now, whoever answered: its ACK is answered by RST, and the SYN
		 * is repeated at once, and refused (tcp_rcv_synsent_state_process).
		 */
		ret->last = true;
		if (!ret->got)
			ret->reply = REPLY_ACK;
	}
	if (ret->untried || addr_is_multicast(&op->local) || ret->swept || time_wait)
		return;
	ret->oracle_asked = true;
	ret->oracle_differs = (cookie > 0 ? named_by_cookie(run, cookie) : 0) != ret->got;
}
