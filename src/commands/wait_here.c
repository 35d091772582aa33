/* SPDX-License-Identifier: MIT */
/* UDP ports and UNIX sockets of this host: no handshake tells of them, but the kernel's tables do. */
#include "commands/wait.h"
#include "base/auto.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { ACCEPTS = 1 << 16 }; /* __SO_ACCEPTCON in /proc/net/unix */

static void say(struct wait_target *target, const char *state)
{
	snprintf(target->state, sizeof(target->state), "%s", state);
}

void wait_try_udp(struct wait_target *target, const struct addr *addresses, size_t n)
{
	bool known = true;

	target->n_tries++;
	target->answers = false;
	for (size_t i = 0; i < n && target->local; i++) {
		const enum wait_table says =
			wait_ask_table(SOCK_PROTO_UDP, &addresses[i], target->endpoint.port);
		target->answers = target->answers || says == SOMEBODY_LISTENS;
		known = known && says != CANNOT_TELL;
	}
	target->silent = !target->answers;
	say(target, known ? "no socket has that UDP port" : "the kernel does not tell who has UDP ports");
}

/* Is somebody there by that very name, ready to be connected to? Disturbs nobody. */
static bool is_listed(const char *path)
{
	AUTO(fclosep) FILE *file = fopen("/proc/net/unix", "re");
	AUTO(freep) char *line = NULL;
	size_t room = 0;
	unsigned flags, type;
	int name;

	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		name = 0;
		if (sscanf(line, "%*s %*s %*s %x %x %*s %*s %n", &flags, &type, &name) == 2 && name &&
		    !strcmp(line + name, path) && (flags & ACCEPTS || type == SOCK_DGRAM))
			return true;
	}
	return false;
}

/* 0, or the positive errno of connecting to it. A full queue has somebody behind it. */
static int connect_unix(const char *path)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t len = strlen(path);
	int err = EPROTOTYPE;

	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
					   (*path != '@'));
	for (size_t i = 0; i < N_ELEMENTS(types) && err == EPROTOTYPE; i++) {
		AUTO(closep) int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			return errno;
		err = connect(fd, (const struct sockaddr *)&address, size) ? errno : 0;
	}
	return err == EAGAIN ? 0 : err;
}

void wait_try_unix(struct wait_target *target, bool gone)
{
	/* a listener that is to go is not knocked at while it is still listed */
	const int err = gone && is_listed(target->path) ? 0 : connect_unix(target->path);

	target->n_tries++;
	target->local = true;
	target->answers = !err;
	/* a name without a listener may get one at any time, and no event tells of that */
	target->silent = err == ENOENT || (err == ECONNREFUSED && *target->path == '@');
	if (err)
		say(target, strerror(err));
}
