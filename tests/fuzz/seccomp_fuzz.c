/* SPDX-License-Identifier: MIT */
/* Any bytes as a seccomp filter: the interpreter ends, within its memory. */
#include "core/seccomp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t n = size / sizeof(struct sock_filter);
	struct sock_filter *code = malloc(n * sizeof(*code) + 1);
	const struct seccomp_filter_code filter = {code, n};
	const struct seccomp_data call = {.nr = 49, .arch = 0xc000003e, .args = {2, 1, 6}};
	uint32_t action;

	if (!code)
		return 0;
	memcpy(code, data, n * sizeof(*code));
	if (seccomp_decide(&filter, 1, &call, &action))
		seccomp_errno(action);
	free(code);
	return 0;
}
