/* SPDX-License-Identifier: MIT */
/* Many random scenarios on all processors, and a report of what differed. */
#ifndef BERTH_TESTS_KERNEL_CAMPAIGN_H
#define BERTH_TESTS_KERNEL_CAMPAIGN_H

#include <stdint.h>

#include "compare.h"

struct campaign {
	uint64_t seed;
	uint64_t first, scenarios; /* numbers: from where, how many */
	unsigned seconds;	  /* stop earlier; 0: no limit */
	unsigned workers;
	unsigned failures;	  /* stop after so many disagreements */
	bool tight;		  /* roll dice often instead, see tight.h */
	bool quiet;		  /* do not shrink and print them */
	enum generate_theme theme;
	struct terms terms;	  /* what the library takes itself for */
};

struct campaign_result {
	uint64_t scenarios, lines, dice, deliveries, oracle_asked, untried;
	uint64_t rolled;	/* scenarios whose dice were rolled often */
	uint64_t unsaid;	/* scenarios cut short because the library did not know */
	uint64_t flaky;		/* disagreements that did not come again */
	uint64_t failures;	/* disagreements that did */
	uint64_t no_lab;	/* scenarios the laboratory could not run */
	uint64_t first_failure; /* scenarios before the first disagreement, this worker's count */
};

/* 0 or -errno. Disagreements are printed on stdout as they are found, as scripts. */
int campaign_run(const struct campaign *campaign, struct campaign_result *ret);

#endif
