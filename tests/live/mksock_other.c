/* SPDX-License-Identifier: MIT */
/* Datagram, raw, UNIX, packet and netlink sockets. */
#include "mksock.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

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

const struct kind other_kinds[] = {
	{"udp-bound", udp_bound, false},
	{"udp-connected", udp_connected, false},
	{"udplite", udplite, false},
	{"icmp", icmp, false},
	{"raw", raw, false},
	{"unix-stream", unix_stream, false},
	{"unix-seqpacket", unix_seqpacket, false},
	{"unix-dgram", unix_dgram, false},
	{"unix-pair", unix_pair, false},
	{"packet", packet, false},
	{"netlink", netlink, false},
	{},
};
