/* SPDX-License-Identifier: MIT */
/* Files and sockets of other programs: never waited for long, never trusted in kind or size. */
#include "sources/container_files.h"
#include "base/arena.h"
#include "base/auto.h"
#include "base/json_read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

enum { FILE_MAX = 4 << 20, ANSWER_MAX = 1 << 20 };

static int ms_left(const struct container_asking *asking)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return ns < asking->deadline_ns ? (int)((asking->deadline_ns - ns) / 1000000) : 0;
}

static bool is_done(const struct container_asking *asking)
{
	return (asking->facts.name && asking->facts.image) || !ms_left(asking);
}

/* The whole file, NUL-terminated, freed by the caller; NULL if it is not one to read. */
static char *read_all(struct container_asking *asking, const char *path, uint32_t uid)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX ||
	    (st.st_uid && st.st_uid != uid)) {
		asking->denied |= fd < 0 && (errno == EACCES || errno == EPERM);
		return NULL;
	}
	char *text = malloc((size_t)st.st_size + 1);
	while (text && len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + len, (size_t)st.st_size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (text)
		text[len] = '\0';
	return text;
}

void container_read(struct container_asking *asking, enum container_form form, uint32_t uid,
		    const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;

	if (is_done(asking))
		return;
	va_start(args, format);
	const int len = vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (len < 0 || len >= (int)sizeof(path))
		return;
	AUTO(freep) char *text = read_all(asking, path, uid);
	if (!text)
		return;
	switch (form) {
	case CONTAINER_DOCKER:
		container_from_docker(asking->arena, text, &asking->facts);
		break;
	case CONTAINER_OCI:
		container_from_oci(asking->arena, text, &asking->facts);
		break;
	case CONTAINER_STORAGE:
		container_from_storage(asking->arena, text, asking->id, &asking->facts);
		break;
	}
}

static bool wait_for(const struct container_asking *asking, int fd, short events)
{
	struct pollfd one = {.fd = fd, .events = events};
	const int left = ms_left(asking);

	return left && poll(&one, 1, left) > 0;
}

/* A connection that was accepted, or -1: a daemon that hangs has a full queue (EAGAIN). */
static int open_socket(struct container_asking *asking, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		asking->denied |= errno == EACCES || errno == EPERM;
		return -1;
	}
	return take_fd(&fd);
}

/* What the service at @path answers to GET @before@id/json, in the arena; NULL: nothing good. */
static const char *ask(struct container_asking *asking, const char *path, const char *before,
		       const char *id)
{
	char question[256];

	if (strspn(id, "0123456789abcdef") != strlen(id))
		return NULL;
	AUTO(closep) int fd = open_socket(asking, path);
	const int len = snprintf(question, sizeof(question),
				 "GET %s%s/json HTTP/1.0\r\nHost: berth\r\n\r\n", before, id);
	if (fd < 0 || len >= (int)sizeof(question) ||
	    send(fd, question, (size_t)len, MSG_NOSIGNAL) != len)
		return NULL;
	AUTO(freep) char *answer = malloc(ANSWER_MAX + 1);
	size_t got = 0;
	while (answer && got < ANSWER_MAX && wait_for(asking, fd, POLLIN)) {
		ssize_t n = recv(fd, answer + got, ANSWER_MAX - got, 0);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (!answer)
		return NULL;
	answer[got] = '\0';
	const char *body = container_http_body(answer);
	return body ? arena_dup(asking->arena, body, strlen(body)) : NULL;
}

void container_ask_docker(struct container_asking *asking, const char *path)
{
	const char *answer = is_done(asking) ? NULL : ask(asking, path, "/containers/", asking->id);

	if (answer)
		container_from_docker(asking->arena, answer, &asking->facts);
}

void container_ask_pod(struct container_asking *asking, const char *path)
{
	const struct container_facts *facts = &asking->facts;
	const char *answer = NULL;

	if (facts->pod_id && !facts->pod && ms_left(asking))
		answer = ask(asking, path, "/v3.0.0/libpod/pods/", facts->pod_id);
	if (answer)
		container_pod_from_podman(asking->arena, answer, &asking->facts);
}

const char *container_docker_root(struct container_asking *asking)
{
	AUTO(freep) char *text =
		is_done(asking) ? NULL : read_all(asking, "/etc/docker/daemon.json", 0);

	return text ? json_get_text(json_read(asking->arena, text), "data-root") : NULL;
}
