/* SPDX-License-Identifier: MIT */
/* What option values say: numbers and durations, each read in one way everywhere. */
#include "commands/command.h"
#include "base/duration.h"
#include "base/numbers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Decimal, or 0x and hexadecimal digits, as marks are written. */
static bool read_number(const char *text, uint64_t most, uint64_t *ret)
{
	if (strncasecmp(text, "0x", 2) != 0)
		return parse_u64(text, most, ret);
	const char *digits = text + 2;
	const size_t n = strlen(digits);
	/* strtoull() alone would also take a sign, or another "0x". */
	if (!n || n > 16 || strspn(digits, "0123456789abcdefABCDEF") != n)
		return false;
	*ret = strtoull(digits, NULL, 16);
	return *ret <= most;
}

int option_number(const struct invocation *inv, const char *name, uint64_t least, uint64_t most,
		  uint64_t *ret)
{
	const char *text = option_value(inv, name);
	uint64_t number;

	if (!text)
		return 0;
	if (!read_number(text, most, &number) || number < least)
		return usage_error(inv, "--%s: '%s' is not a number from %" PRIu64 " to %" PRIu64,
				   name, text, least, most);
	*ret = number;
	return 0;
}

int option_duration(const struct invocation *inv, const char *name, uint64_t least_ms,
		    uint64_t most_ms, uint64_t *ret_ms)
{
	const char *text = option_value(inv, name);
	char least[DURATION_TEXT_SIZE], most[DURATION_TEXT_SIZE];
	uint64_t ms;

	if (!text)
		return 0;
	if (!parse_duration_ms(text, &ms))
		return usage_error(inv, "--%s: '%s' is no duration such as 500ms, 30s or 5m", name,
				   text);
	if (ms < least_ms || ms > most_ms)
		return usage_error(inv, "--%s: '%s' is not from %s to %s", name, text,
				   format_duration_ms(least_ms, least),
				   format_duration_ms(most_ms, most));
	*ret_ms = ms;
	return 0;
}
