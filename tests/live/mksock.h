/* SPDX-License-Identifier: MIT */
/* What the kinds of mksock share. A kind prints a line for each socket it made; see mksock.c. */
#ifndef BERTH_TESTS_MKSOCK_H
#define BERTH_TESTS_MKSOCK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

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

struct kind {
	const char *name;
	void (*make)(const struct args *args);
	bool group; /* makes all of count= itself */
};

/* Each ends with .name = NULL. */
extern const struct kind tcp_kinds[], other_kinds[], group_kinds[];

_Noreturn void fail(const struct args *args, const char *what);
socklen_t endpoint_of(const struct args *args, union endpoint *ret);
void print_sock(const struct args *args, const char *name, int fd, const char *state);
/* A socket without a file: only its place is known. */
void print_gone(const struct args *args, const char *name, const union endpoint *local,
		const union endpoint *remote, const char *state);
/* The next three: -1 after printing "skip" where the kernel has no such socket. */
int open_sock(const struct args *args, int family, int type, int proto);
/* Bound as the args say. */
int open_bound(const struct args *args, int type, int proto);
int open_listener(const struct args *args, int proto);

/* Ends the children of group kinds. */
void end_children(void);

#endif
