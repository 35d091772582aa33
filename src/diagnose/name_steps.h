/* SPDX-License-Identifier: MIT */
/* How a name was resolved, step by step, as evidence. */
#ifndef BERTH_DIAGNOSE_NAME_STEPS_H
#define BERTH_DIAGNOSE_NAME_STEPS_H

struct case_facts;
struct finding;
struct findings;
struct resolving;

/* What the hosts file and each DNS server said, and how long programs are kept by silent ones. */
void name_steps(const struct resolving *r, struct finding *f, struct findings *to);

/* What is worth knowing of a name that was found: another one than was written, a broken half. */
void name_observed(const struct resolving *r, struct findings *to);

#endif
