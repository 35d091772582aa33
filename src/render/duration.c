/* SPDX-License-Identifier: MIT */
/* Rounds down: what is "2h" old has been there for two hours. */
#include "render/duration.h"
#include "base/strbuf.h"

#include <math.h>
#include <stdint.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, YEAR = 365 * DAY };

static void add_pair(struct strbuf *text, uint64_t seconds, uint64_t big, uint64_t small)
{
	const uint64_t rest = seconds % big / small;
	const char units[2] = {big == MINUTE ? 'm' : big == HOUR ? 'h' : big == DAY ? 'd' : 'y',
			       small == 1	? 's'
			       : small == MINUTE ? 'm'
			       : small == HOUR	? 'h'
						: 'd'};

	strbuf_add_u64(text, seconds / big);
	strbuf_add_char(text, units[0]);
	if (!rest)
		return;
	strbuf_add_u64(text, rest);
	strbuf_add_char(text, units[1]);
}

void duration_add(struct strbuf *text, double seconds)
{
	if (!isfinite(seconds) || seconds > 1e12 || seconds < 0) {
		strbuf_add_char(text, '?');
		return;
	}
	const uint64_t whole = (uint64_t)seconds;
	if (seconds == 0)
		strbuf_add_text(text, "0s");
	else if (seconds < 1e-3)
		strbuf_printf(text, "%.0fus", seconds * 1e6);
	else if (seconds < 1)
		strbuf_printf(text, seconds < 1e-2 ? "%.1fms" : "%.0fms",
			      seconds < 1e-2 ? floor(seconds * 1e4) / 10 : floor(seconds * 1e3));
	else if (seconds < 10)
		strbuf_printf(text, "%.1fs", floor(seconds * 10) / 10);
	else if (whole < MINUTE)
		strbuf_printf(text, "%us", (unsigned)whole);
	else if (whole < HOUR)
		add_pair(text, whole, MINUTE, 1);
	else if (whole < DAY)
		add_pair(text, whole, HOUR, MINUTE);
	else if (whole < YEAR)
		add_pair(text, whole, DAY, HOUR);
	else
		add_pair(text, whole, YEAR, DAY);
}
