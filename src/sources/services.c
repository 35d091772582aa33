/* SPDX-License-Identifier: MIT */
/* Read by hand: getservent() keeps its state in the process and may ask the network (NIS). */
#include "sources/services.h"
#include "base/array.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "sources/lines.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static size_t word_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != ' ' && text[n] != '\t')
		n++;
	return n;
}

static size_t space_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (text[n] == ' ' || text[n] == '\t'))
		n++;
	return n;
}

/* "80/tcp" */
static bool parse_port(const char *text, size_t len, struct service_line *ret)
{
	const char *slash = memchr(text, '/', len);
	uint64_t port;

	if (!slash || !parse_u64_n(text, (size_t)(slash - text), UINT16_MAX, &port))
		return false;
	const size_t rest = len - (size_t)(slash + 1 - text);
	if (rest != 3)
		return false;
	if (!strncasecmp(slash + 1, "tcp", 3))
		ret->proto = SOCK_PROTO_TCP;
	else if (!strncasecmp(slash + 1, "udp", 3))
		ret->proto = SOCK_PROTO_UDP;
	else
		return false;
	ret->port = (uint16_t)port;
	return true;
}

int services_add_line(struct services *services, const char *line, size_t len)
{
	const char *comment = memchr(line, '#', len);
	struct service_line found = {};

	if (comment)
		len = (size_t)(comment - line);
	size_t at = space_len(line, len);
	const char *name = line + at;
	const size_t name_len = word_len(name, len - at);
	at += name_len;
	at += space_len(line + at, len - at);
	if (!name_len || memchr(name, '\0', name_len) ||
	    !parse_port(line + at, word_len(line + at, len - at), &found))
		return 0;
	if (!array_grow(&services->lines, services->n, &services->room, sizeof(*services->lines)))
		return -ENOMEM;
	found.name = arena_dup(&services->arena, name, name_len);
	if (!found.name)
		return -ENOMEM;
	services->lines[services->n++] = found;
	return 0;
}

static int add_line(const char *line, size_t len, void *data)
{
	return services_add_line(data, line, len);
}

int services_read(struct services *services, const char *path)
{
	*services = (struct services){};
	arena_init(&services->arena);
	const int err = lines_read(path, add_line, services);
	return err == -ENOENT ? 0 : err;
}

void services_release(struct services *services)
{
	free(services->lines);
	arena_release(&services->arena);
}

const char *services_name(const struct services *services, enum sock_proto proto, uint16_t port)
{
	if (proto == SOCK_PROTO_UDPLITE)
		proto = SOCK_PROTO_UDP;
	for (size_t i = 0; i < services->n; i++)
		if (services->lines[i].port == port && services->lines[i].proto == proto)
			return services->lines[i].name;
	return NULL;
}
