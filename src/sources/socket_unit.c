/* SPDX-License-Identifier: MIT */
/* Line by line: sections, assignments, continuation lines, "Key=" that empties a list. */
#include "sources/socket_unit.h"
#include "base/arena.h"
#include "base/numbers.h"
#include "core/snapshot.h"
#include "core/sock.h"

#include <string.h>
#include <sys/socket.h>

enum { LINE_SIZE = 4096 };

/* "80", "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", "/run/x", "@x"; false: another family. */
static bool read_listen(struct arena *arena, const char *value, const char *runtime,
			struct socket_listen *ret)
{
	char address[ADDR_TEXT_SIZE + 32];
	uint64_t port;

	if (!strncmp(value, "%t", 2)) {
		ret->path = arena_printf(arena, "%s%s", runtime, value + 2);
		return ret->path;
	}
	if (*value == '/' || *value == '@') {
		ret->path = arena_dup(arena, value, strlen(value));
		return ret->path;
	}
	const char *colon = strrchr(value, ':');
	if (!parse_u64(colon ? colon + 1 : value, UINT16_MAX, &port) || !port)
		return false;
	ret->port = (uint16_t)port;
	if (!colon)
		return true;
	const bool brackets = *value == '[';
	size_t len = (size_t)(colon - value) - (brackets ? 1 : 0);
	if (brackets && (!len || value[len] != ']'))
		return false;
	len -= brackets ? 1 : 0;
	if (len >= sizeof(address))
		return false;
	memcpy(address, value + (brackets ? 1 : 0), len);
	address[len] = '\0';
	address[strcspn(address, "%")] = '\0'; /* a scope says no more of it */
	return addr_parse(address, &ret->addr);
}

static void add_listen(struct arena *arena, struct socket_unit *unit, int type, const char *value,
		       const char *runtime)
{
	struct socket_listen listen = {.type = type};

	if (!*value) {
		unit->n_listens = 0;
		return;
	}
	if (unit->n_listens < SOCKET_UNIT_LISTENS && read_listen(arena, value, runtime, &listen))
		unit->listens[unit->n_listens++] = listen;
}

static bool is_true(const char *value)
{
	return !strcmp(value, "yes") || !strcmp(value, "true") || !strcmp(value, "1") ||
	       !strcmp(value, "on");
}

static void assign(struct arena *arena, struct socket_unit *unit, const char *key,
		   const char *value, const char *runtime)
{
	if (!strcmp(key, "ListenStream"))
		add_listen(arena, unit, SOCK_STREAM, value, runtime);
	else if (!strcmp(key, "ListenDatagram"))
		add_listen(arena, unit, SOCK_DGRAM, value, runtime);
	else if (!strcmp(key, "ListenSequentialPacket"))
		add_listen(arena, unit, SOCK_SEQPACKET, value, runtime);
	else if (!strcmp(key, "Service"))
		unit->service = *value ? arena_dup(arena, value, strlen(value)) : NULL;
	else if (!strcmp(key, "Accept"))
		unit->accept = is_true(value);
}

static char *trim(char *text)
{
	text += strspn(text, " \t\r");
	for (size_t len = strlen(text); len && strchr(" \t\r", text[len - 1]);)
		text[--len] = '\0';
	return text;
}

/* The next line, continuations joined by a space, in @line. False at the end. */
static bool next_line(const char **at, char line[LINE_SIZE])
{
	size_t len = 0;
	bool more = true;

	if (!**at)
		return false;
	while (more && **at) {
		const size_t n = strcspn(*at, "\n");
		more = n && (*at)[n - 1] == '\\';
		const size_t keep = more ? n - 1 : n;
		if (len + keep + 2 < LINE_SIZE) {
			memcpy(line + len, *at, keep);
			len += keep;
			if (more)
				line[len++] = ' ';
		}
		*at += n + ((*at)[n] == '\n');
	}
	line[len] = '\0';
	return true;
}

void socket_unit_read(struct arena *arena, const char *text, const char *runtime,
		      struct socket_unit *unit)
{
	bool in_socket = false;
	char line[LINE_SIZE];

	while (next_line(&text, line)) {
		char *start = trim(line), *equals = strchr(start, '=');
		if (*start == '#' || *start == ';')
			continue;
		if (*start == '[') {
			in_socket = !strcmp(start, "[Socket]");
			continue;
		}
		if (!in_socket || !equals)
			continue;
		*equals = '\0';
		assign(arena, unit, trim(start), trim(equals + 1), runtime);
	}
}

const char *socket_unit_starts(struct arena *arena, const struct socket_unit *unit)
{
	const char *dot = strrchr(unit->name, '.');
	const int len = (int)(dot ? dot - unit->name : (long)strlen(unit->name));

	if (unit->service)
		return unit->service;
	return arena_printf(arena, unit->accept ? "%.*s@.service" : "%.*s.service", len, unit->name);
}

static bool makes_unix(const struct socket_listen *listen, const struct snapshot *snap,
		       const struct sock *sock)
{
	size_t len;
	const char *name = snapshot_text(snap, sock->name, &len);

	if (!len || len != strlen(listen->path) || sock->type != listen->type)
		return false;
	return !memcmp(name + 1, listen->path + 1, len - 1) &&
	       (*name ? *name : '@') == *listen->path;
}

bool socket_unit_makes(const struct socket_unit *unit, const struct snapshot *snap,
		       const struct sock *sock)
{
	for (size_t i = 0; i < unit->n_listens; i++) {
		const struct socket_listen *listen = &unit->listens[i];
		if (sock->proto == SOCK_PROTO_UNIX) {
			if (listen->path && makes_unix(listen, snap, sock))
				return true;
			continue;
		}
		const int type = sock->proto == SOCK_PROTO_TCP	 ? SOCK_STREAM
				 : sock->proto == SOCK_PROTO_UDP ? SOCK_DGRAM
								 : 0;
		if (listen->path || !listen->port || listen->port != sock->local_port ||
		    listen->type != type)
			continue;
		if (listen->addr.family == ADDR_NONE ? addr_is_any(&sock->local)
						     : addr_equal(&listen->addr, &sock->local))
			return true;
	}
	return false;
}
