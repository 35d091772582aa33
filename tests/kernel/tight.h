/* SPDX-License-Identifier: MIT */
/* Does the kernel really choose every port that the library calls a candidate? */
#ifndef BERTH_TESTS_KERNEL_TIGHT_H
#define BERTH_TESTS_KERNEL_TIGHT_H

#include "compare.h"

enum tight { TIGHT_YES, TIGHT_NO, TIGHT_NOTHING /* no dice, or too many faces */ };
enum { TIGHT_MOST = 5, TIGHT_ROLLS = 300 };

/* Roll the first dice of @scenario often. TIGHT_NO: @ret_script gets the lines and what never came. */
enum tight tight(struct execution *run, struct lab *lab, const struct scenario *scenario,
		 struct strbuf *ret_script);

#endif
