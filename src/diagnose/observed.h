/* SPDX-License-Identifier: MIT */
/* What was seen, in the order of the path, whatever it means: the evidence of every answer. */
#ifndef BERTH_DIAGNOSE_OBSERVED_H
#define BERTH_DIAGNOSE_OBSERVED_H

struct case_facts;
struct findings;

/* Fills to->observed. */
void observe(const struct case_facts *facts, struct findings *to);

#endif
