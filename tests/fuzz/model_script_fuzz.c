/* SPDX-License-Identifier: MIT */
/* Any text as a script of the port rules: answers in order, or an error that says where. */
#include "model/script.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned line;
};

static void see(const struct script_answer *answer, void *data)
{
	struct seen *seen = data;

	if (answer->line <= seen->line || !answer->op || !*answer->text)
		abort();
	for (uint32_t i = 0; i < answer->n_sockets; i++)
		if (!answer->sockets[i])
			abort();
	if (answer->kind == SCRIPT_VERDICT && answer->verdict->outcome.error > 0 &&
	    !strncmp(answer->text, "ok", 2))
		abort();
	seen->line = answer->line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {0};
	struct script_error error = {0};
	int r = model_script_run((const char *)data, size, NULL, see, &seen, &error);

	if (r && r != -EINVAL)
		abort();
	if (r && (!error.line || !error.column || !*error.text || error.line <= seen.line))
		abort();
	return 0;
}
