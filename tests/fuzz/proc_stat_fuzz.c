/* SPDX-License-Identifier: MIT */
/* Any bytes as /proc/PID/stat and as /proc/PID/status: the name must lie within the text. */
#include "sources/proc_stat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct proc_stat stat;
	struct proc_status status;

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (proc_stat_parse(text, size, &stat) &&
	    (stat.comm < text || stat.comm + stat.comm_len >= text + size))
		abort();
	proc_status_parse(text, size, &status);
	free(text);
	return 0;
}
