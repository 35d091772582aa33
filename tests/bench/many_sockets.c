/* SPDX-License-Identifier: MIT */
/*
 * Holds many established TCP connections on loopback, for the benchmarks:
 *	many_sockets TOTAL [FDS_PER_PROCESS]
 * Forks processes that hold both ends of their connections, at most FDS_PER_PROCESS (19000) each;
 * the first also listens on port 8080. Prints "ready N" and stays until standard input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_PORT = 7000, WELL_KNOWN = 8080 };

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static struct sockaddr_in loopback(unsigned host, unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(0x7f000000 | host)};
}

static int listener(unsigned port)
{
	const int on = 1;
	struct sockaddr_in at = loopback(1, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 128))
		fail("listen");
	return fd;
}

/* One connection: two sockets. A source address for every 20,000 keeps the ports from running out. */
static void connect_pair(int listening, unsigned port, unsigned nth)
{
	struct sockaddr_in from = loopback(0x10000 + nth / 20000, 0), to = loopback(1, port);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		fail("connect");
	if (accept4(listening, NULL, NULL, SOCK_CLOEXEC) < 0)
		fail("accept");
}

static void hold(unsigned index, unsigned sockets, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unsigned port = FIRST_PORT + index;
	int listening = listener(port);

	if (!index)
		listener(WELL_KNOWN);
	for (unsigned made = 0; made + 2 <= sockets; made += 2)
		connect_pair(listening, port, made / 2);
	if (write(ready, "r", 1) != 1)
		fail("write");
	close(ready);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const unsigned total = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	const unsigned each = argc > 2 ? (unsigned)atoi(argv[2]) : 19000;
	const unsigned processes = (total + each - 1) / each;
	struct rlimit limit;
	int ready[2];

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (pipe(ready))
		fail("pipe");
	for (unsigned i = 0; i < processes; i++) {
		pid_t pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid)
			hold(i, i + 1 < processes ? each : total - each * (processes - 1), ready[1]);
	}
	close(ready[1]);
	unsigned n = 0;
	for (char c; n < processes && read(ready[0], &c, 1) == 1;)
		n++;
	if (n < processes)
		return 1;
	printf("ready %u\n", total);
	fflush(stdout);
	for (char c; read(0, &c, 1) > 0;)
		;
	kill(0, SIGTERM);
	return 0;
}
