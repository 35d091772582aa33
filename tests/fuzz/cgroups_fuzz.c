/* SPDX-License-Identifier: MIT */
/* Any bytes as /proc/PID/cgroup: what is found must lie within the text. */
#include "sources/cgroups.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct piece piece, const char *text, size_t len)
{
	if (piece.len && (piece.text < text || piece.text + piece.len > text + len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct cgroup_facts facts;

	if (!text)
		return 0;
	memcpy(text, data, size);
	struct piece path = cgroup_path(text, size);
	if (path.len != 1 || path.text[0] != '/')
		check_within(path, text, size);
	cgroup_parse(text, size, &facts);
	check_within(facts.unit, text, size);
	check_within(facts.slice, text, size);
	check_within(facts.container, text, size);
	check_within(facts.pod, text, size);
	free(text);
	return 0;
}
