/* SPDX-License-Identifier: MIT */
/* Any bytes as a .socket file. */
#include "base/arena.h"
#include "sources/socket_unit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socket_unit unit = {.name = "fuzz.socket"};
	struct arena arena;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	arena_init(&arena);
	socket_unit_read(&arena, text, "/run", &unit);
	if (unit.n_listens > SOCKET_UNIT_LISTENS || !socket_unit_starts(&arena, &unit))
		abort();
	arena_release(&arena);
	free(text);
	return 0;
}
