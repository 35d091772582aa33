/* SPDX-License-Identifier: MIT */
/* Sockets of a scenario on the real kernel. Deliveries are in execute_deliver.c. */
#include "execute.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

void execute_begin(struct execution *run, struct lab *lab)
{
	uint32_t nonce = run->nonce;

	*run = (struct execution){.lab = lab, .nonce = nonce + 1};
	for (int i = 0; i < N_OP_NAMES; i++)
		run->socks[i].fd = -1;
}

uint32_t execute_marked(unsigned mss)
{
	/* With timestamps the sender's MSS is 12 less than what the listener announced. */
	unsigned name = (mss - MARK_BASE + 14) / MARK_STEP;

	return mss + 14 >= MARK_BASE && name < N_OP_NAMES ? 1u << name : 0;
}

static void effective_bind_service(bool on)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const uint32_t bit = 1u << CAP_NET_BIND_SERVICE;

	if (syscall(SYS_capget, &header, data))
		return;
	data[0].effective = on ? data[0].effective | bit : data[0].effective & ~bit;
	syscall(SYS_capset, &header, data);
}

static uint16_t local_port(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	struct addr addr;
	uint16_t port = 0;

	if (!getsockname(fd, (struct sockaddr *)&at, &len))
		lab_from_sockaddr(&at, &addr, &port);
	return port;
}

static int do_bind(struct kernel_sock *sock, const struct op *op)
{
	struct sockaddr_storage to;
	socklen_t len = lab_sockaddr(&op->local, op->port, sock->inet6, &to);
	int r;

	if (op->options & OPT_UNPRIVILEGED)
		effective_bind_service(false);
	r = bind(sock->fd, (struct sockaddr *)&to, len) < 0 ? -errno : 0;
	if (op->options & OPT_UNPRIVILEGED)
		effective_bind_service(true);
	return r;
}

static void blocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static int do_listen(struct kernel_sock *sock, int name)
{
	if (!sock->udp)
		execute_set(sock->fd, IPPROTO_TCP, TCP_MAXSEG, MARK_BASE + MARK_STEP * name);
	if (listen(sock->fd, 64) < 0)
		return -errno;
	sock->listens = true;
	return 0;
}

static void remember_tuple(struct kernel_sock *sock)
{
	struct sockaddr_storage local, remote;
	socklen_t local_len = sizeof(local), remote_len = sizeof(remote);

	if (getsockname(sock->fd, (struct sockaddr *)&local, &local_len) ||
	    getpeername(sock->fd, (struct sockaddr *)&remote, &remote_len))
		return;
	lab_from_sockaddr(&local, &sock->local, &sock->local_port);
	lab_from_sockaddr(&remote, &sock->remote, &sock->remote_port);
	sock->has_tuple = true;
}

static int do_connect(struct execution *run, const struct op *op, struct answer *ret)
{
	struct kernel_sock *sock = &run->socks[op->name];
	struct sockaddr_storage to;
	socklen_t len = lab_sockaddr(&op->remote, op->remote_port, sock->inet6, &to);
	struct tcp_info info;
	socklen_t info_len = sizeof(info);

	if (!sock->udp) {
		/* A former listener's mark would hide that of the listener it connects to. */
		if (!sock->listens)
			execute_set(sock->fd, IPPROTO_TCP, TCP_MAXSEG, 0);
		blocking(sock->fd, true);
	}
	if (connect(sock->fd, (struct sockaddr *)&to, len) < 0) {
		int error = errno;
		/* UDP keeps the port it chose although the call failed. */
		ret->port = sock->udp ? local_port(sock->fd) : 0;
		return -error;
	}
	remember_tuple(sock);
	ret->port = sock->local_port;
	if (sock->udp || !sock->has_tuple)
		return 0;
	ret->self = sock->local_port == sock->remote_port &&
		    addr_equal(&sock->local, &sock->remote);
	if (ret->self || getsockopt(sock->fd, IPPROTO_TCP, TCP_INFO, &info, &info_len))
		return 0;
	ret->got = execute_marked(info.tcpi_snd_mss);
	for (int i = 0; i < N_OP_NAMES; i++)
		run->socks[i].pending += ret->got >> i & 1;
	return 0;
}

bool execute_live(const struct execution *run, struct op *op)
{
	const struct kernel_sock *sock = &run->socks[op->name];
	bool back = op->options & OPT_WRITE; /* towards the connecting end */

	if (!sock->has_tuple)
		return false;
	op->udp = sock->udp;
	op->remote = addr_unmapped(back ? &sock->remote : &sock->local);
	op->local = addr_unmapped(back ? &sock->local : &sock->remote);
	op->remote_port = back ? sock->remote_port : sock->local_port;
	op->port = back ? sock->local_port : sock->remote_port;
	op->options = 0;
	/* After a second connect() of a dual-stack socket its ends may be of two families. */
	return op->local.family == op->remote.family && (!op->udp || back) &&
	       lab_is_local(run->lab, &op->local) && lab_is_local(run->lab, &op->remote) &&
	       !addr_is_link_local(&op->local) && !addr_is_link_local(&op->remote);
}

/* Whose connection comes from this place? -1: nobody's, so it was a delivery's. */
static int owner_of(const struct execution *run, const struct sockaddr_storage *peer)
{
	struct addr addr;
	uint16_t port;

	lab_from_sockaddr(peer, &addr, &port);
	addr = addr_unmapped(&addr);
	for (int i = N_OP_NAMES - 1; i >= 0; i--) {
		const struct kernel_sock *sock = &run->socks[i];
		struct addr local = addr_unmapped(&sock->local);
		if (sock->has_tuple && !sock->udp && sock->local_port == port &&
		    addr_equal(&local, &addr))
			return i;
	}
	return -1;
}

static int do_accept(struct execution *run, const struct op *op, struct answer *ret)
{
	struct kernel_sock *listener = &run->socks[op->from], *sock = &run->socks[op->name];
	struct sockaddr_storage peer;
	uint64_t cookie = 0;
	socklen_t len;
	int fd;

	blocking(listener->fd, false);
	do {
		len = sizeof(peer);
		setfsuid(op->value ? op->value : listener->uid);
		fd = accept4(listener->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
		setfsuid(0);
		if (fd < 0)
			return -errno;
		ret->accepted = (int8_t)owner_of(run, &peer);
		if (ret->accepted < 0) /* a delivery's connection, long reset */
			close(fd);
	} while (ret->accepted < 0);
	*sock = (struct kernel_sock){.fd = fd, .used = true, .inet6 = listener->inet6};
	sock->uid = op->value ? op->value : listener->uid;
	len = sizeof(cookie);
	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	sock->cookie = (int64_t)cookie;
	execute_set(fd, IPPROTO_TCP, TCP_MAXSEG, 0);
	remember_tuple(sock);
	listener->pending--;
	return 0;
}

static int do_disconnect(struct kernel_sock *sock)
{
	struct sockaddr_storage nowhere = {.ss_family = AF_UNSPEC};

	return connect(sock->fd, (struct sockaddr *)&nowhere, sizeof(nowhere)) < 0 ? -errno : 0;
}

static int do_join(struct kernel_sock *sock, const struct op *op)
{
	unsigned index = if_nametoindex(op->device);

	if (op->local.family == ADDR_IPV4) {
		struct ip_mreqn group = {.imr_ifindex = (int)index};
		memcpy(&group.imr_multiaddr, op->local.bytes, 4);
		return setsockopt(sock->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) ?
			       -errno :
			       0;
	}
	struct ipv6_mreq group6 = {.ipv6mr_interface = index};
	memcpy(&group6.ipv6mr_multiaddr, op->local.bytes, 16);
	return setsockopt(sock->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group6, sizeof(group6)) ?
		       -errno :
		       0;
}

static int do_host(struct lab *lab, const struct op *op)
{
	char text[32];

	switch (op->kind) {
	case OP_HOST_ADDRESS:
		return lab_add_address(lab, &op->local, op->device);
	case OP_HOST_RANGE:
		snprintf(text, sizeof(text), "%u %u", op->low, op->high);
		return lab_set_knob(lab, LAB_RANGE, text);
	case OP_HOST_RESERVED:
		snprintf(text, sizeof(text), "%u-%u", op->low, op->high);
		return lab_set_knob(lab, LAB_RESERVED, text);
	case OP_HOST_SYSTEM_BELOW:
		snprintf(text, sizeof(text), "%u", op->value);
		return lab_set_knob(lab, LAB_SYSTEM_BELOW, text);
	default:
		snprintf(text, sizeof(text), "%u", op->value);
		return lab_set_knob(lab, op->kind == OP_HOST_NONLOCAL  ? LAB_NONLOCAL :
					 op->kind == OP_HOST_NONLOCAL6 ? LAB_NONLOCAL6 :
									 LAB_AUTOBIND_REUSE,
				    text);
	}
}

static int do_op(struct execution *run, const struct op *op, struct answer *ret)
{
	struct kernel_sock *sock = &run->socks[op->name];
	int r;

	switch ((enum op_kind)op->kind) {
	case OP_SET:
		return execute_option(sock, op->options, op,
				  op->options == OPT_DEVICE ? op->device[0] : op->on);
	case OP_BIND:
		r = do_bind(sock, op);
		ret->port = r ? 0 : local_port(sock->fd);
		return r;
	case OP_LISTEN:
		r = do_listen(sock, op->name);
		ret->port = r ? 0 : local_port(sock->fd);
		return r;
	case OP_CONNECT:
		return do_connect(run, op, ret);
	case OP_DISCONNECT:
		return do_disconnect(sock);
	case OP_ACCEPT:
		return do_accept(run, op, ret);
	case OP_SHUTDOWN:
		if (!(op->options & OPT_WRITE)) {
			sock->pending = 0;
			sock->listens = false;
		}
		return shutdown(sock->fd, op->options & OPT_WRITE ? SHUT_WR : SHUT_RDWR) < 0 ?
			       -errno :
			       0;
	case OP_CLOSE:
		return execute_close(run->lab, sock, op->options & OPT_LINGER0);
	case OP_EXPIRE:
		return execute_expire(run->lab, sock);
	case OP_JOIN:
		return do_join(sock, op);
	case OP_DELIVER:
		execute_deliver(run, op, ret);
		return 0;
	default:
		return -EINVAL;
	}
}

int execute_op(struct execution *run, const struct op *op, struct answer *ret)
{
	struct answer answer = {.accepted = -1};
	int r;

	if (op->kind < OP_SOCKET) {
		*ret = answer;
		return do_host(run->lab, op);
	}
	r = op->kind == OP_SOCKET ? execute_socket(run, op) : do_op(run, op, &answer);
	answer.error = -r;
	/* The answer went astray (bound devices): what state that leaves is not the rules' matter. */
	answer.stuck = r == -ENOPROTOOPT || /* an option this kernel has not heard of */
		       (op->kind == OP_CONNECT && r == -EINPROGRESS) ||
		       (op->kind == OP_EXPIRE && r == -EOPNOTSUPP) || /* no INET_DIAG_DESTROY */
		       (op->kind == OP_SHUTDOWN && r == -ENOTCONN);
	*ret = answer;
	return 0;
}

static void print_names(uint32_t names, const char *before, struct strbuf *sb)
{
	const char *comma = "";

	for (int i = 0; i < N_OP_NAMES; i++)
		if (names >> i & 1) {
			strbuf_printf(sb, "%s%s%c", comma, before, 'a' + i);
			comma = ", ";
		}
}

void answer_print(const struct answer *answer, struct strbuf *sb)
{
	static const char *const replies[] = {"?", "RST", "port unreachable", "ACK", "dropped"};

	if (answer->untried) {
		strbuf_add_text(sb, "untried");
	} else if (answer->error) {
		strbuf_add_text(sb, strerrorname_np(answer->error));
	} else if (!answer->delivery) {
		strbuf_add_text(sb, "ok");
		if (answer->port)
			strbuf_printf(sb, " port %u", answer->port);
		if (answer->accepted >= 0)
			strbuf_printf(sb, " peer %c", 'a' + answer->accepted);
	}
	if (answer->self)
		strbuf_add_text(sb, " -> self");
	if (answer->got || answer->peer_of || answer->delivery) {
		strbuf_add_text(sb, answer->delivery ? "-> " : " -> ");
		print_names(answer->got, "", sb);
		print_names(answer->peer_of, "peer-of-", sb);
	}
	if (answer->delivery && answer->reply)
		strbuf_printf(sb, "none: %s", replies[answer->reply]);
	if (answer->oracle_differs)
		strbuf_add_text(sb, " (sock_diag names another)");
	strbuf_add_char(sb, '\n');
}
