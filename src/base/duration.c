/* SPDX-License-Identifier: MIT */
/* One table of units for both directions. */
#include "base/duration.h"
#include "base/auto.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *suffix; /* typed */
	const char *shown;
	uint64_t ms;
} units[] = {
	{"d", "d", 86400000}, {"h", "h", 3600000}, {"m", "min", 60000},
	{"s", "s", 1000},     {"ms", "ms", 1},
};

static const uint64_t longest_ms = 10ull * 366 * 86400000;

/* The unit at @text, which ends there or before a digit; a missing one is seconds. */
static bool parse_unit(const char **text, uint64_t *ret_ms)
{
	size_t len = strcspn(*text, "0123456789.");

	if (!len) {
		*ret_ms = 1000;
		return !**text;
	}
	for (size_t i = 0; i < N_ELEMENTS(units); i++)
		if (strlen(units[i].suffix) == len && !strncmp(*text, units[i].suffix, len)) {
			*text += len;
			*ret_ms = units[i].ms;
			return true;
		}
	return false;
}

bool parse_duration_ms(const char *text, uint64_t *ret_ms)
{
	uint64_t total = 0;

	if (!*text)
		return false;
	while (*text) {
		uint64_t whole = 0, thousandths = 0, scale = 100, unit;
		if (*text < '0' || *text > '9')
			return false;
		for (; *text >= '0' && *text <= '9'; text++) {
			whole = whole * 10 + (uint64_t)(*text - '0');
			if (whole > longest_ms)
				return false;
		}
		if (*text == '.') {
			text++;
			if (*text < '0' || *text > '9')
				return false;
			for (; *text >= '0' && *text <= '9'; text++, scale /= 10)
				thousandths += (uint64_t)(*text - '0') * scale;
		}
		if (!parse_unit(&text, &unit) || whole > longest_ms / unit)
			return false;
		total += whole * unit + thousandths * unit / 1000;
		if (total > longest_ms)
			return false;
	}
	*ret_ms = total;
	return true;
}

char *format_duration_ms(uint64_t ms, char *text)
{
	size_t i = 0;

	while (i + 1 < N_ELEMENTS(units) && ms < units[i].ms)
		i++;
	uint64_t rest = i + 1 < N_ELEMENTS(units) ? ms % units[i].ms / units[i + 1].ms : 0;
	int n = snprintf(text, DURATION_TEXT_SIZE, "%" PRIu64 " %s", ms / units[i].ms,
			 units[i].shown);
	/* nobody wants "12 s 340 ms" */
	if (rest && i + 2 < N_ELEMENTS(units))
		snprintf(text + n, DURATION_TEXT_SIZE - (size_t)n, " %" PRIu64 " %s", rest,
			 units[i + 1].shown);
	return text;
}
