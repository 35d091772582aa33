/* SPDX-License-Identifier: MIT */
/* Sockets that several processes share, and one that none holds. */
#include "mksock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t children[4096];
static size_t n_children;

void end_children(void)
{
	for (size_t i = 0; i < n_children; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
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
			prctl(PR_SET_PDEATHSIG, SIGKILL);
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
			prctl(PR_SET_PDEATHSIG, SIGKILL);
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

const struct kind group_kinds[] = {
	{"reuseport", reuseport, true},
	{"forked", forked, true},
	{"in-flight", in_flight, false},
	{},
};
