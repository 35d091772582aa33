/* SPDX-License-Identifier: MIT */
/* Two files with a group a line (net/ipv4/igmp.c, net/ipv6/mcast.c). */
#include "sources/multicast.h"
#include "base/array.h"
#include "core/host.h"
#include "sources/lines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct multicast_groups *groups;
	uint32_t device; /* of the lines that follow */
};

static int add(struct reading *reading, const struct addr *group)
{
	struct multicast_groups *groups = reading->groups;

	if (!array_grow(&groups->items, groups->n, &groups->room, sizeof(*groups->items)))
		return -ENOMEM;
	groups->items[groups->n++] = (struct multicast_group){*group, reading->device};
	return 0;
}

/* "2\teth0 : ..." begins a device; "\t\t\t\t010000E0 ..." is a group of it, as the CPU reads it. */
static int take_igmp(const char *line, size_t len, void *data)
{
	struct reading *reading = data;
	char text[32] = "", *end;

	memcpy(text, line, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
	const char *start = text + strspn(text, "\t ");
	if (start == text) {
		reading->device = (uint32_t)strtoul(text, NULL, 10);
		return 0;
	}
	const unsigned long word = strtoul(start, &end, 16);
	if (end != start + 8)
		return 0;
	const struct addr group = addr_ipv4(ntohl((uint32_t)word));
	return add(reading, &group);
}

/* "2    eth0            ff020000000000000000000000000001     1 0000000C 0" */
static int take_igmp6(const char *line, size_t len, void *data)
{
	struct reading *reading = data;
	char text[128] = "", name[64], digits[64];
	uint8_t bytes[16];

	memcpy(text, line, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
	if (sscanf(text, "%u %63s %63s", &reading->device, name, digits) != 3 ||
	    strlen(digits) != 32)
		return 0;
	for (int i = 0; i < 16; i++)
		if (sscanf(digits + 2 * i, "%2hhx", &bytes[i]) != 1)
			return 0;
	const struct addr group = addr_ipv6(bytes, 0);
	return add(reading, &group);
}

int multicast_read(const struct namespace *netns, struct multicast_groups *ret)
{
	struct reading reading = {.groups = ret};
	char path[64];

	*ret = (struct multicast_groups){};
	if (!netns->is_self && !netns->pid)
		return -ENOENT;
	const char *const files[] = {"igmp", "igmp6"};
	for (int i = 0; i < 2; i++) {
		if (netns->is_self)
			snprintf(path, sizeof(path), "/proc/thread-self/net/%s", files[i]);
		else
			snprintf(path, sizeof(path), "/proc/%u/net/%s", netns->pid, files[i]);
		int err = lines_read(path, i ? take_igmp6 : take_igmp, &reading);
		if (err && !(i && err == -ENOENT)) /* no IPv6 */
			return err;
	}
	return 0;
}

void multicast_release(struct multicast_groups *groups)
{
	free(groups->items);
	*groups = (struct multicast_groups){};
}
