/* SPDX-License-Identifier: MIT */
/* Reads the pairs of lines (names, values) of /proc/net/netstat. */
#include "probe/netstat.h"
#include "base/auto.h"

#include <stdlib.h>
#include <string.h>

static uint64_t value_at(const char *names, const char *values, const char *name)
{
	const size_t len = strlen(name);

	for (;;) {
		names += strcspn(names, " \n");
		values += strcspn(values, " \n");
		names += strspn(names, " ");
		values += strspn(values, " ");
		if (!*names || *names == '\n' || !*values || *values == '\n')
			return 0;
		if (!strncmp(names, name, len) && strchr(" \n", names[len]))
			return strtoull(values, NULL, 10);
	}
}

uint64_t netstat_counter(const char *group, const char *name)
{
	AUTO(fclosep) FILE *file = fopen("/proc/self/net/netstat", "re");
	char names[8192], values[8192];
	const size_t len = strlen(group);

	while (file && fgets(names, sizeof(names), file) && fgets(values, sizeof(values), file))
		if (!strncmp(names, group, len) && names[len] == ':')
			return value_at(names, values, name);
	return 0;
}
