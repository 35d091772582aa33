/* SPDX-License-Identifier: MIT */
/* One scenario, line by line on the kernel and in the library; and the smallest one that differs. */
#ifndef BERTH_TESTS_KERNEL_COMPARE_H
#define BERTH_TESTS_KERNEL_COMPARE_H

#include "execute.h"
#include "generate.h"
#include "model/space.h"

struct model_verdict;

enum verdict_of_lines {
	LINES_AGREE,
	LINES_DIFFER,
	LINES_UNSAID, /* the library says that it does not know: lines after it were not tried */
	LINES_NO_LAB, /* the laboratory failed, nothing is proved */
};

struct comparison {
	enum verdict_of_lines verdict;
	size_t line;	      /* index of the op that differs */
	struct strbuf script; /* what the library was told, with its answers and the kernel's */
	bool wants_script;    /* fill .script */
	bool dirty;	      /* the namespace has left-overs: make a new one */
	unsigned lines, dice, deliveries, oracle_asked, untried;
};

/* What the library shall take itself for. */
struct terms {
	const char *without; /* a rule it shall forget; NULL: none */
	const struct model_behaviour *behaviour; /* NULL: that of the newest kernel it knows */
};

void compare(struct execution *run, struct lab *lab, const struct scenario *scenario,
	     const struct terms *terms, struct comparison *ret);

/*
 * Run the kernel once and count for each behaviour of @tries (@n of them) into @ret_differs
 * whether the library would differ. False when the laboratory failed.
 */
bool compare_tries(struct execution *run, struct lab *lab, const struct scenario *scenario,
		   const struct model_behaviour *tries, size_t n, bool *ret_differs);

/* 0, or -EINVAL if the library has no rule of that name. */
int compare_check_rule(const char *without);

/* Make @lab anew: the old namespace goes when nothing is in it. */
int compare_new_lab(struct lab *lab);

/* Cut @scenario down as long as the two still differ. */
void shrink(struct execution *run, struct lab *lab, const struct terms *terms,
	    struct scenario *scenario);

/* Does the library's answer @said allow what the kernel did? In match.c. */
enum match {
	MATCH_YES,
	MATCH_NO,
	MATCH_DICE, /* yes, as one of several ways */
	MATCH_UNSAID,
};
/* @verdict: the struct behind @said, NULL for lines that have none. */
enum match match_answer(const char *said, const struct model_verdict *verdict, const struct op *op,
			const struct answer *kernel);

#endif
