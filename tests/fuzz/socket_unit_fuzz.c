/* SPDX-License-Identifier: MIT */
/* Any bytes as a .socket file. */
#include "base/arena.h"
#include "input.h"
#include "sources/socket_unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socket_unit unit = {.name = "fuzz.socket"};
	struct arena arena;
	char *text = input_text(data, size);

	arena_init(&arena);
	socket_unit_read(&arena, text, "/run", &unit);
	if (unit.n_listens > SOCKET_UNIT_LISTENS || !socket_unit_starts(&arena, &unit))
		abort();
	arena_release(&arena);
	free(text);
	return 0;
}
