/* SPDX-License-Identifier: MIT */
/* Any text as an address: what parses must print and parse back to itself. */
#include "core/addr.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = input_text(data, size), again[ADDR_TEXT_SIZE];
	struct addr addr, back;

	if (addr_parse(text, &addr) &&
	    (!addr_parse(addr_format(&addr, again), &back) || !addr_equal(&addr, &back)))
		abort();
	free(text);
	return 0;
}
