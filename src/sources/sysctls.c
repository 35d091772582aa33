/* SPDX-License-Identifier: MIT */
/* Small files with one number, a range, or a list of ranges. */
#include "sources/sysctls.h"
#include "base/arena.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/host.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* The kernel takes a list of at most a page, and prints it no longer than it was. */
enum { LIST_SIZE = 8192 };

/* In one read(), as the kernel gives these files only so. NUL-terminated. Length or -errno. */
static ssize_t read_text(const char *name, char *text, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	return len;
}

static bool read_number(const char *name, uint64_t max, uint64_t *ret)
{
	char text[32];
	ssize_t len = read_text(name, text, sizeof(text));

	return len > 0 && parse_u64_n(text, strcspn(text, "\n"), max, ret);
}

static bool read_flag(const char *name)
{
	uint64_t number;

	return read_number(name, INT32_MAX, &number) && number;
}

/* A port at *@at, which moves behind it. */
static bool parse_port(const char **at, uint16_t *ret)
{
	const size_t len = strspn(*at, "0123456789");
	uint64_t number;

	if (!parse_u64_n(*at, len, UINT16_MAX, &number))
		return false;
	*at += len;
	*ret = (uint16_t)number;
	return true;
}

bool sysctl_parse_range(const char *text, struct port_range *ret)
{
	struct port_range range;

	if (!parse_port(&text, &range.low) || !isspace((unsigned char)*text))
		return false;
	text += strspn(text, " \t");
	if (!parse_port(&text, &range.high) || text[strspn(text, "\n")])
		return false;
	*ret = range;
	return true;
}

size_t sysctl_parse_ranges(const char *text, size_t room, struct port_range *ret)
{
	size_t n = 0;

	for (;; text++, n++) {
		struct port_range range;
		if (!parse_port(&text, &range.low))
			return n;
		range.high = range.low;
		if (*text == '-') {
			text++;
			if (!parse_port(&text, &range.high))
				return n;
		}
		if (n < room)
			ret[n] = range;
		if (*text != ',')
			return n + 1;
	}
}

static void read_reserved(struct host *host, struct arena *arena)
{
	char text[LIST_SIZE];
	ssize_t len = read_text("ipv4/ip_local_reserved_ports", text, sizeof(text));
	const size_t n = len > 0 ? sysctl_parse_ranges(text, 0, NULL) : 0;

	host->reserved = n ? arena_alloc(arena, n * sizeof(*host->reserved)) : NULL;
	host->n_reserved = host->reserved ? n : 0;
	if (host->reserved)
		sysctl_parse_ranges(text, n, host->reserved);
}

int sysctls_read(struct host *host, struct arena *arena)
{
	char text[64];
	uint64_t number;
	ssize_t len = read_text("ipv4/ip_local_port_range", text, sizeof(text));

	if (len < 0)
		return (int)len;
	if (!sysctl_parse_range(text, &host->ephemeral))
		return -EBADMSG;
	host->known = true;
	read_reserved(host, arena);
	if (read_number("ipv4/ip_unprivileged_port_start", UINT16_MAX, &number))
		host->unprivileged_start = (uint16_t)number;
	if (read_number("core/somaxconn", UINT32_MAX, &number))
		host->somaxconn = (uint32_t)number;
	host->nonlocal_bind4 = read_flag("ipv4/ip_nonlocal_bind");
	host->nonlocal_bind6 = read_flag("ipv6/ip_nonlocal_bind");
	host->bindv6only = read_flag("ipv6/bindv6only");
	host->autobind_reuse = read_flag("ipv4/ip_autobind_reuse");
	return 0;
}
