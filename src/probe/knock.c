/* SPDX-License-Identifier: MIT */
/* Non-blocking handshakes under one poll(). */
#include "probe/knock.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "base/strbuf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { TICK_MS = 200, STATUS_LINE = 12 }; /* "HTTP/1.1 200" */

struct visit {
	struct knock *knock;
	int fd;
	bool asked; /* the HTTP request is sent */
	char answer[STATUS_LINE + 1];
	size_t n_answer;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static socklen_t to_sockaddr(const struct knock *knock, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (knock->addr.family == ADDR_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)to;
		in->sin_family = AF_INET;
		in->sin_port = htons(knock->port);
		memcpy(&in->sin_addr, knock->addr.bytes, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(knock->port);
	in6->sin6_scope_id = knock->addr.scope;
	memcpy(&in6->sin6_addr, knock->addr.bytes, 16);
	return sizeof(*in6);
}

static void leave(struct visit *visit, int error)
{
	closep(&visit->fd);
	visit->fd = -1;
	visit->knock->error = error;
}

/*
 * A port in the ephemeral range with nobody listening may connect to itself (RFC 9293 3.5, the
 * simultaneous open): that is no answer.
 */
static bool met_itself(int fd)
{
	struct sockaddr_storage here = {}, there = {};
	socklen_t len = sizeof(here), far = sizeof(there);

	return !getsockname(fd, (struct sockaddr *)&here, &len) &&
	       !getpeername(fd, (struct sockaddr *)&there, &far) && len == far &&
	       !memcmp(&here, &there, len);
}

static void start(struct visit *visit)
{
	struct sockaddr_storage to;
	socklen_t len = to_sockaddr(visit->knock, &to);

	visit->fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (visit->fd < 0 ||
	    (connect(visit->fd, (struct sockaddr *)&to, len) && errno != EINPROGRESS))
		leave(visit, errno);
}

static void ask(struct visit *visit)
{
	AUTO(strbuf_release) struct strbuf request = STRBUF_INIT;

	strbuf_printf(&request,
		      "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: berth\r\nConnection: close\r\n\r\n",
		      visit->knock->http_path, visit->knock->host);
	visit->asked = true;
	if (request.failed || send(visit->fd, request.text, request.len, MSG_NOSIGNAL) < 0)
		leave(visit, request.failed ? ENOMEM : errno);
}

static void read_status(struct visit *visit)
{
	ssize_t n = recv(visit->fd, visit->answer + visit->n_answer,
			 STATUS_LINE - visit->n_answer, 0);
	uint64_t status;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		leave(visit, n ? errno : ECONNRESET);
		return;
	}
	visit->n_answer += (size_t)n;
	if (visit->n_answer < STATUS_LINE)
		return;
	if (!strncmp(visit->answer, "HTTP/", 5) && parse_u64(visit->answer + 9, 999, &status))
		visit->knock->http_status = (int)status;
	leave(visit, visit->knock->http_status ? 0 : EPROTO);
}

static void advance(struct visit *visit)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (visit->asked) {
		read_status(visit);
		return;
	}
	if (getsockopt(visit->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (!error && met_itself(visit->fd))
		error = ECONNREFUSED;
	if (error || !visit->knock->http_path)
		leave(visit, error);
	else
		ask(visit);
}

/* 1 while something is still open, 0 when all is decided or time is up, or -errno. */
static int wait_some(struct visit *visits, struct pollfd *polls, size_t n, int64_t left)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		polls[i] = (struct pollfd){.fd = visits[i].fd,
					   .events = visits[i].asked ? POLLIN : POLLOUT};
		open += visits[i].fd >= 0;
	}
	if (!open)
		return 0;
	/* look once more even when time is up: an answer may be there */
	int ready = poll(polls, n, left > 0 ? (int)left : 0);
	if (ready < 0)
		return errno == EINTR ? 1 : -errno;
	for (size_t i = 0; i < n; i++)
		if (visits[i].fd >= 0 && polls[i].revents)
			advance(&visits[i]);
	return left > 0;
}

int knock_all(struct knock *knocks, size_t n, unsigned limit_ms,
	      const struct knock_watcher *watcher)
{
	const int64_t end = now_ms() + limit_ms;
	AUTO(freep) struct visit *visits = calloc(n + 1, sizeof(*visits));
	AUTO(freep) struct pollfd *polls = calloc(n + 1, sizeof(*polls));
	int more = 1;

	if (!visits || !polls)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		visits[i] = (struct visit){.knock = &knocks[i], .fd = -1};
		knocks[i].error = knocks[i].http_status = 0;
		start(&visits[i]);
	}
	while (more > 0) {
		const int64_t left = end - now_ms();
		if (watcher)
			watcher->waits(watcher->data);
		more = wait_some(visits, polls, n, watcher && left > TICK_MS ? TICK_MS : left);
	}
	for (size_t i = 0; i < n; i++)
		if (visits[i].fd >= 0)
			leave(&visits[i], ETIMEDOUT);
	return more;
}
