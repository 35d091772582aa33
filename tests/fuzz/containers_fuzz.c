/* SPDX-License-Identifier: MIT */
/* Any bytes as what container runtimes write and answer. */
#include "base/arena.h"
#include "input.h"
#include "sources/container_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_facts facts = {0};
	const char *at = NULL;
	struct arena arena;
	char *text = input_text(data, size);

	arena_init(&arena);
	container_from_docker(&arena, text, &facts);
	container_from_oci(&arena, text, &facts);
	container_from_storage(&arena, text, "ab", &facts);
	const char *body = container_http_body(text);
	if (body && (body < text || body > text + strlen(text)))
		abort();
	const size_t len = container_option(text, "-b", &at);
	if (len && at + len > text + strlen(text))
		abort();
	arena_release(&arena);
	free(text);
	return 0;
}
