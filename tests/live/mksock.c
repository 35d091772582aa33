/* SPDX-License-Identifier: MIT */
/*
 * mksock KIND [KEY=VALUE...] [KIND ...]: makes real sockets of the named kinds, prints a line for
 * each that it made, then "ready", and stays until its stdin closes. "mksock list" names the kinds.
 *
 * A line is "KIND NAME KEY=VALUE...": NAME says which end ("listener", "client", "served" ...);
 * local=, remote=, inode=, fd=, pid=, state= (what Linux should show). A kind that this kernel
 * lacks prints "KIND skip ERRNO-TEXT". Keys: addr= port= count= backlog= name= device= v6only=
 * reuseaddr= reuseport= proto=. Names take \xHH and a leading @ for the abstract space.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct args {
	const char *kind;
	const char *addr;
	const char *name;
	const char *device;
	int port, count, backlog, v6only, reuseaddr, reuseport, proto;
};

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage space;
};

static pid_t children[4096];
static size_t n_children;

static _Noreturn void fail(const struct args *args, const char *what)
{
	fprintf(stderr, "mksock: %s: %s: %s\n", args->kind, what, strerror(errno));
	exit(1);
}

static socklen_t endpoint_of(const struct args *args, union endpoint *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, args->addr, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)args->port);
		return sizeof(ret->v4);
	}
	if (inet_pton(AF_INET6, args->addr, &ret->v6.sin6_addr) != 1) {
		errno = EINVAL;
		fail(args, args->addr);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)args->port);
	return sizeof(ret->v6);
}

static void print_endpoint(const char *key, const union endpoint *end)
{
	char text[INET6_ADDRSTRLEN];

	if (end->any.sa_family == AF_INET)
		printf(" %s=%s:%d", key, inet_ntop(AF_INET, &end->v4.sin_addr, text, sizeof(text)),
		       ntohs(end->v4.sin_port));
	else if (end->any.sa_family == AF_INET6)
		printf(" %s=[%s]:%d", key, inet_ntop(AF_INET6, &end->v6.sin6_addr, text, sizeof(text)),
		       ntohs(end->v6.sin6_port));
}

static void print_sock(const struct args *args, const char *name, int fd, const char *state)
{
	union endpoint end = {};
	socklen_t len = sizeof(end);
	struct stat st = {};

	fstat(fd, &st);
	printf("%s %s fd=%d pid=%d inode=%lu state=%s", args->kind, name, fd, (int)getpid(),
	       (unsigned long)st.st_ino, state);
	if (!getsockname(fd, &end.any, &len))
		print_endpoint("local", &end);
	len = sizeof(end);
	if (!getpeername(fd, &end.any, &len))
		print_endpoint("remote", &end);
	putchar('\n');
}

/* A socket without a file: only its place is known. */
static void print_gone(const struct args *args, const char *name, const union endpoint *local,
		       const union endpoint *remote, const char *state)
{
	printf("%s %s state=%s", args->kind, name, state);
	print_endpoint("local", local);
	print_endpoint("remote", remote);
	putchar('\n');
}

static bool is_absent(int err)
{
	return err == EPROTONOSUPPORT || err == ESOCKTNOSUPPORT || err == EAFNOSUPPORT ||
	       err == EACCES;
}

static int open_sock(const struct args *args, int family, int type, int proto)
{
	int fd = socket(family, type, proto);

	if (fd < 0 && is_absent(errno))
		printf("%s skip %s\n", args->kind, strerror(errno));
	else if (fd < 0)
		fail(args, "socket");
	return fd;
}

/* Bound as the args say; -1 where the kernel has no such socket. */
static int open_bound(const struct args *args, int type, int proto)
{
	union endpoint end;
	socklen_t len = endpoint_of(args, &end);
	int fd = open_sock(args, end.any.sa_family, type, proto);

	if (fd < 0)
		return fd;
	if (args->v6only >= 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &args->v6only, sizeof(int));
	if (args->reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &args->reuseaddr, sizeof(int));
	if (args->reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &args->reuseport, sizeof(int));
	if (args->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, args->device,
				       (socklen_t)strlen(args->device)) < 0)
		fail(args, "SO_BINDTODEVICE");
	if (bind(fd, &end.any, len) < 0)
		fail(args, "bind");
	return fd;
}

static int open_listener(const struct args *args, int proto)
{
	int fd = open_bound(args, SOCK_STREAM, proto);

	if (fd >= 0 && listen(fd, args->backlog) < 0)
		fail(args, "listen");
	return fd;
}

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

static void datagram(const struct args *args, int proto, bool connect_too)
{
	int fd = open_bound(args, SOCK_DGRAM, proto);

	if (fd < 0)
		return;
	if (connect_too) {
		union endpoint peer;
		struct args to = *args;
		to.port = 9;
		socklen_t len = endpoint_of(&to, &peer);
		if (connect(fd, &peer.any, len) < 0)
			fail(args, "connect");
	}
	print_sock(args, connect_too ? "client" : "bound", fd, connect_too ? "ESTAB" : "UNCONN");
}

static void udp_bound(const struct args *args)
{
	datagram(args, 0, false);
}

static void udp_connected(const struct args *args)
{
	datagram(args, 0, true);
}

static void udplite(const struct args *args)
{
	datagram(args, IPPROTO_UDPLITE, false);
}

static void icmp(const struct args *args)
{
	union endpoint end;

	endpoint_of(args, &end);
	datagram(args, end.any.sa_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, false);
}

static void raw(const struct args *args)
{
	int fd = open_bound(args, SOCK_RAW, args->proto > 0 ? args->proto : IPPROTO_ICMP);

	if (fd >= 0)
		print_sock(args, "raw", fd, "UNCONN");
}

/* "@a\x00b" and "/run/x" as struct sockaddr_un has them. */
static socklen_t unix_address(const char *name, struct sockaddr_un *ret)
{
	size_t n = 0;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	for (const char *at = name; *at && n < sizeof(ret->sun_path); n++) {
		unsigned byte;
		if (sscanf(at, "\\x%2x", &byte) == 1) {
			ret->sun_path[n] = (char)byte;
			at += 4;
		} else {
			ret->sun_path[n] = at == name && *at == '@' ? '\0' : *at;
			at++;
		}
	}
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] != '@'));
}

/* Without a name= the kernel gives an abstract one. */
static int unix_bound(const struct args *args, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = args->name ? unix_address(args->name, &address) : sizeof(sa_family_t);
	int fd = socket(AF_UNIX, type, 0);

	if (address.sun_path[0])
		unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, len) < 0)
		fail(args, "bind");
	return fd;
}

static void unix_listen(const struct args *args, int type)
{
	int fd = unix_bound(args, type);
	struct sockaddr_un address;
	socklen_t len = sizeof(address);

	if (listen(fd, args->backlog) < 0 || getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		fail(args, "listen");
	print_sock(args, "listener", fd, "LISTEN");
	int client = socket(AF_UNIX, type, 0);
	if (connect(client, (struct sockaddr *)&address, len) < 0)
		fail(args, "connect");
	print_sock(args, "client", client, "ESTAB");
	print_sock(args, "served", accept(fd, NULL, NULL), "ESTAB");
}

static void unix_stream(const struct args *args)
{
	unix_listen(args, SOCK_STREAM);
}

static void unix_seqpacket(const struct args *args)
{
	unix_listen(args, SOCK_SEQPACKET);
}

static void unix_dgram(const struct args *args)
{
	print_sock(args, "bound", unix_bound(args, SOCK_DGRAM), "UNCONN");
}

static void unix_pair(const struct args *args)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		fail(args, "socketpair");
	print_sock(args, "client", fds[0], "ESTAB");
	print_sock(args, "served", fds[1], "ESTAB");
}

static void packet(const struct args *args)
{
	int fd = open_sock(args, AF_PACKET, SOCK_RAW,
			   htons((uint16_t)(args->proto > 0 ? args->proto : ETH_P_ALL)));

	if (fd >= 0)
		print_sock(args, "packet", fd, "UNCONN");
}

static void netlink(const struct args *args)
{
	int fd = open_sock(args, AF_NETLINK, SOCK_RAW, args->proto > 0 ? args->proto : 0);
	struct sockaddr_nl own = {.nl_family = AF_NETLINK};

	if (fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		fail(args, "bind");
	if (fd >= 0)
		print_sock(args, "netlink", fd, "UNCONN");
}

/* A group on one port; each member in a process of its own. */
static void reuseport(const struct args *args)
{
	struct args member = *args;
	int first, go[2];

	member.reuseport = 1;
	first = open_listener(&member, 0);
	print_sock(&member, "listener", first, "LISTEN");
	union endpoint end = {};
	socklen_t len = sizeof(end);
	getsockname(first, &end.any, &len);
	member.port = ntohs(end.v4.sin_port);
	for (int i = 1; i < args->count; i++) {
		fflush(stdout);
		if (pipe(go) < 0)
			fail(args, "pipe");
		children[n_children] = fork();
		if (!children[n_children]) {
			int fd = open_listener(&member, 0);
			close(first);
			print_sock(&member, "listener", fd, "LISTEN");
			fflush(stdout);
			close(go[1]);
			close(go[0]);
			pause();
			_exit(0);
		}
		n_children++;
		close(go[1]);
		char byte;
		while (read(go[0], &byte, 1) < 0 && errno == EINTR)
			;
		close(go[0]);
	}
}

/* One listener held by several processes. */
static void forked(const struct args *args)
{
	int fd = open_listener(args, 0);

	print_sock(args, "listener", fd, "LISTEN");
	for (int i = 1; i < args->count; i++) {
		fflush(stdout);
		children[n_children] = fork();
		if (!children[n_children]) {
			pause();
			_exit(0);
		}
		printf("forked holder fd=%d pid=%d\n", fd, (int)children[n_children]);
		n_children++;
	}
}

/* A listener whose only holder is a message that nobody has read yet. */
static void in_flight(const struct args *args)
{
	int fds[2], fd = open_listener(args, 0);
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control)};

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		fail(args, "socketpair");
	control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
					.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (sendmsg(fds[0], &msg, 0) < 0)
		fail(args, "sendmsg");
	print_sock(args, "listener", fd, "LISTEN");
	close(fd);
}

static const struct {
	const char *name;
	void (*make)(const struct args *args);
} kinds[] = {
	{"tcp-bound", tcp_bound},	{"tcp-listen", tcp_listen},
	{"tcp-established", tcp_established}, {"tcp-unaccepted", tcp_unaccepted},
	{"tcp-syn-sent", tcp_syn_sent}, {"tcp-syn-recv", tcp_syn_recv},
	{"tcp-half-closed", tcp_half_closed}, {"tcp-orphan", tcp_orphan},
	{"tcp-fin-wait-1", tcp_fin_wait_1}, {"tcp-closing", tcp_closing},
	{"tcp-last-ack", tcp_last_ack}, {"tcp-time-wait", tcp_time_wait},
	{"mptcp", mptcp},		{"udp-bound", udp_bound},
	{"udp-connected", udp_connected}, {"udplite", udplite},
	{"icmp", icmp},			{"raw", raw},
	{"unix-stream", unix_stream},	{"unix-seqpacket", unix_seqpacket},
	{"unix-dgram", unix_dgram},	{"unix-pair", unix_pair},
	{"packet", packet},		{"netlink", netlink},
	{"reuseport", reuseport},	{"forked", forked},
	{"in-flight", in_flight},
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static size_t find_kind(const char *word)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, word))
			return i;
	return N_KINDS;
}

static void set_key(struct args *args, const char *word)
{
	static const struct {
		const char *key;
		size_t offset;
		bool text;
	} keys[] = {
		{"addr", offsetof(struct args, addr), true},
		{"name", offsetof(struct args, name), true},
		{"device", offsetof(struct args, device), true},
		{"port", offsetof(struct args, port), false},
		{"count", offsetof(struct args, count), false},
		{"backlog", offsetof(struct args, backlog), false},
		{"v6only", offsetof(struct args, v6only), false},
		{"reuseaddr", offsetof(struct args, reuseaddr), false},
		{"reuseport", offsetof(struct args, reuseport), false},
		{"proto", offsetof(struct args, proto), false},
	};
	const size_t len = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strlen(keys[i].key) != len || strncmp(keys[i].key, word, len) || !word[len])
			continue;
		char *place = (char *)args + keys[i].offset;
		if (keys[i].text)
			*(const char **)place = word + len + 1;
		else
			*(int *)place = atoi(word + len + 1);
		return;
	}
	fprintf(stderr, "mksock: unknown word: %s\n", word);
	exit(2);
}

static void make(size_t kind, char **words, int n_words)
{
	struct args args = {.kind = kinds[kind].name, .addr = "127.0.0.1", .backlog = 16,
			    .count = 1, .v6only = -1, .proto = -1};

	for (int i = 0; i < n_words; i++)
		set_key(&args, words[i]);
	const bool group = kinds[kind].make == reuseport || kinds[kind].make == forked;
	for (int i = 0; i < (group ? 1 : args.count); i++)
		kinds[kind].make(&args);
}

int main(int argc, char **argv)
{
	char byte;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (size_t i = 0; i < N_KINDS; i++)
			puts(kinds[i].name);
		return 0;
	}
	for (int i = 1, end; i < argc; i = end) {
		const size_t kind = find_kind(argv[i]);
		if (kind == N_KINDS) {
			fprintf(stderr, "mksock: unknown kind: %s\n", argv[i]);
			return 2;
		}
		for (end = i + 1; end < argc && find_kind(argv[end]) == N_KINDS; end++)
			;
		make(kind, argv + i + 1, end - i - 1);
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) != 0)
		;
	for (size_t i = 0; i < n_children; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	return 0;
}
