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
#include "mksock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void fail(const struct args *args, const char *what)
{
	fprintf(stderr, "mksock: %s: %s: %s\n", args->kind, what, strerror(errno));
	exit(1);
}

socklen_t endpoint_of(const struct args *args, union endpoint *ret)
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

void print_sock(const struct args *args, const char *name, int fd, const char *state)
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

void print_gone(const struct args *args, const char *name, const union endpoint *local,
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

int open_sock(const struct args *args, int family, int type, int proto)
{
	int fd = socket(family, type, proto);

	if (fd < 0 && is_absent(errno))
		printf("%s skip %s\n", args->kind, strerror(errno));
	else if (fd < 0)
		fail(args, "socket");
	return fd;
}

int open_bound(const struct args *args, int type, int proto)
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

int open_listener(const struct args *args, int proto)
{
	int fd = open_bound(args, SOCK_STREAM, proto);

	if (fd >= 0 && listen(fd, args->backlog) < 0)
		fail(args, "listen");
	return fd;
}

static const struct kind *find_kind(const char *word)
{
	static const struct kind *const lists[] = {tcp_kinds, other_kinds, group_kinds};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct kind *kind = lists[i]; kind->name; kind++)
			if (!word)
				puts(kind->name);
			else if (!strcmp(kind->name, word))
				return kind;
	return NULL;
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

static void make(const struct kind *kind, char **words, int n_words)
{
	struct args args = {.kind = kind->name, .addr = "127.0.0.1", .backlog = 16, .count = 1,
			    .v6only = -1, .proto = -1};

	for (int i = 0; i < n_words; i++)
		set_key(&args, words[i]);
	for (int i = 0; i < (kind->group ? 1 : args.count); i++)
		kind->make(&args);
}

int main(int argc, char **argv)
{
	char byte;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && !strcmp(argv[1], "list")) {
		find_kind(NULL);
		return 0;
	}
	for (int i = 1, end; i < argc; i = end) {
		const struct kind *kind = find_kind(argv[i]);
		if (!kind) {
			fprintf(stderr, "mksock: unknown kind: %s\n", argv[i]);
			return 2;
		}
		for (end = i + 1; end < argc && !find_kind(argv[end]); end++)
			;
		make(kind, argv + i + 1, end - i - 1);
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) != 0)
		;
	end_children();
	return 0;
}
