/* SPDX-License-Identifier: MIT */
/* TCP sockets in every state a test can reach on loopback. */
#include "mksock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int open_client(const struct args *args, int listener, int proto, int flags)
{
	union endpoint end = {};
	socklen_t len = sizeof(end);

	if (getsockname(listener, &end.any, &len) < 0)
		fail(args, "getsockname");
	if (end.any.sa_family == AF_INET && !end.v4.sin_addr.s_addr)
		end.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (end.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&end.v6.sin6_addr))
		end.v6.sin6_addr = in6addr_loopback;
	int fd = socket(end.any.sa_family, SOCK_STREAM | flags, proto);
	if (fd < 0 || (connect(fd, &end.any, len) < 0 && errno != EINPROGRESS))
		fail(args, "connect");
	return fd;
}

struct pair {
	int listener, client, served;
};

static struct pair open_pair(const struct args *args, int proto)
{
	struct pair pair = {open_listener(args, proto), -1, -1};

	if (pair.listener < 0)
		return pair;
	pair.client = open_client(args, pair.listener, proto, 0);
	pair.served = accept(pair.listener, NULL, NULL);
	if (pair.served < 0)
		fail(args, "accept");
	return pair;
}

static void fill(int fd)
{
	static char bytes[1 << 16];

	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void ends_of(int fd, union endpoint *ret_local, union endpoint *ret_remote)
{
	socklen_t len = sizeof(*ret_local);

	getsockname(fd, &ret_local->any, &len);
	len = sizeof(*ret_remote);
	getpeername(fd, &ret_remote->any, &len);
}

static void tcp_bound(const struct args *args)
{
	int fd = open_bound(args, SOCK_STREAM, 0);

	if (fd >= 0)
		print_sock(args, "bound", fd, "BOUND");
}

static void tcp_listen(const struct args *args)
{
	int fd = open_listener(args, 0);

	if (fd >= 0)
		print_sock(args, "listener", fd, "LISTEN");
}

static void connected(const struct args *args, int proto)
{
	struct pair pair = open_pair(args, proto);

	if (pair.listener < 0)
		return;
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_sock(args, "client", pair.client, "ESTAB");
	print_sock(args, "served", pair.served, "ESTAB");
}

static void tcp_established(const struct args *args)
{
	connected(args, 0);
}

static void mptcp(const struct args *args)
{
	connected(args, IPPROTO_MPTCP);
}

/* Waiting in the accept queue: a connection without a file. */
static void tcp_unaccepted(const struct args *args)
{
	int listener = open_listener(args, 0);
	int client = open_client(args, listener, 0, 0);
	union endpoint local = {}, remote = {};

	ends_of(client, &local, &remote);
	print_sock(args, "listener", listener, "LISTEN");
	print_sock(args, "client", client, "ESTAB");
	print_gone(args, "served", &remote, &local, "ESTAB");
}

/* The accept queue is full, so SYNs are dropped. */
static void tcp_syn_sent(const struct args *args)
{
	struct args full = *args;

	full.backlog = 0;
	int listener = open_listener(&full, 0);
	open_client(args, listener, 0, 0);
	int fd = open_client(args, listener, 0, SOCK_NONBLOCK);
	print_sock(args, "listener", listener, "LISTEN");
	print_sock(args, "client", fd, "SYN-SENT");
}

/* TCP_DEFER_ACCEPT: the server ignores the bare ACK that ends the handshake. */
static void tcp_syn_recv(const struct args *args)
{
	int listener = open_bound(args, SOCK_STREAM, 0);
	const int seconds = 60;
	union endpoint local = {}, remote = {};

	setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	if (listen(listener, args->backlog) < 0)
		fail(args, "listen");
	int client = open_client(args, listener, 0, 0);
	ends_of(client, &local, &remote);
	print_sock(args, "listener", listener, "LISTEN");
	print_sock(args, "client", client, "ESTAB");
	print_gone(args, "served", &remote, &local, "SYN-RECV");
}

/* One side is done sending: FIN-WAIT-2 against CLOSE-WAIT. */
static void tcp_half_closed(const struct args *args)
{
	struct pair pair = open_pair(args, 0);

	shutdown(pair.client, SHUT_WR);
	usleep(20000);
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_sock(args, "client", pair.client, "FIN-WAIT-2");
	print_sock(args, "served", pair.served, "CLOSE-WAIT");
}

/* The client's process let go of it, but the server has not closed. */
static void tcp_orphan(const struct args *args)
{
	struct pair pair = open_pair(args, 0);
	union endpoint local = {}, remote = {};

	ends_of(pair.client, &local, &remote);
	close(pair.client);
	usleep(20000);
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_gone(args, "client", &local, &remote, "FIN-WAIT-2");
	print_sock(args, "served", pair.served, "CLOSE-WAIT");
}

/* Data that the peer's closed window keeps here stands before the FIN. */
static void tcp_fin_wait_1(const struct args *args)
{
	struct pair pair = open_pair(args, 0);

	fill(pair.client);
	shutdown(pair.client, SHUT_WR);
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_sock(args, "client", pair.client, "FIN-WAIT-1");
	print_sock(args, "served", pair.served, "ESTAB");
}

static void tcp_closing(const struct args *args)
{
	struct pair pair = open_pair(args, 0);

	fill(pair.client);
	shutdown(pair.client, SHUT_WR);
	shutdown(pair.served, SHUT_WR);
	usleep(20000);
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_sock(args, "client", pair.client, "CLOSING");
	print_sock(args, "served", pair.served, "FIN-WAIT-2");
}

static void tcp_last_ack(const struct args *args)
{
	struct pair pair = open_pair(args, 0);

	fill(pair.served);
	shutdown(pair.client, SHUT_WR);
	usleep(20000);
	shutdown(pair.served, SHUT_WR);
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_sock(args, "client", pair.client, "FIN-WAIT-2");
	print_sock(args, "served", pair.served, "LAST-ACK");
}

static void tcp_time_wait(const struct args *args)
{
	struct pair pair = open_pair(args, 0);
	union endpoint local = {}, remote = {};

	ends_of(pair.client, &local, &remote);
	close(pair.client);
	usleep(20000);
	close(pair.served);
	usleep(20000);
	print_sock(args, "listener", pair.listener, "LISTEN");
	print_gone(args, "client", &local, &remote, "TIME-WAIT");
}

const struct kind tcp_kinds[] = {
	{"tcp-bound", tcp_bound, false},
	{"tcp-listen", tcp_listen, false},
	{"tcp-established", tcp_established, false},
	{"tcp-unaccepted", tcp_unaccepted, false},
	{"tcp-syn-sent", tcp_syn_sent, false},
	{"tcp-syn-recv", tcp_syn_recv, false},
	{"tcp-half-closed", tcp_half_closed, false},
	{"tcp-orphan", tcp_orphan, false},
	{"tcp-fin-wait-1", tcp_fin_wait_1, false},
	{"tcp-closing", tcp_closing, false},
	{"tcp-last-ack", tcp_last_ack, false},
	{"tcp-time-wait", tcp_time_wait, false},
	{"mptcp", mptcp, false},
	{},
};
