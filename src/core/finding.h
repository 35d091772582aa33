/* SPDX-License-Identifier: MIT */
/* What a rule concludes from the facts, and the choice among conclusions. */
#ifndef BERTH_CORE_FINDING_H
#define BERTH_CORE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "core/cause.h"

/* How a conclusion is proven. Order is strength. */
enum proof {
	PROOF_GUESS, /* possible; never the answer while something was seen */
	PROOF_FITS,  /* a state was found that explains what was seen; others could too: "likely" */
	PROOF_SEEN,  /* directly observed: "certain" */
	PROOF_KERNEL, /* the kernel showed or said that this very packet or call ended here */
};

struct observation {
	const char *from; /* "ttl-probe", "route", "nft", "kfree_skb", "sock_diag" ... */
	const char *what;
};

enum { N_FINDING_EVIDENCE = 32, N_FINDING_FIXES = 4 };

struct finding {
	enum cause cause;
	enum proof proof;
	bool inferred;	   /* from tables and states; no event of this very packet shows it: "likely" */
	const char *place; /* "netns web (4026532201)", "after 10.1.1.1", "this host"; NULL */
	unsigned order;	   /* position on the path: what a packet meets first counts first */
	int bonus;	   /* added to the cause's weight when a rule knows better */
	const char *says;  /* one sentence for people */
	struct observation evidence[N_FINDING_EVIDENCE];
	unsigned n_evidence;
	const char *fixes[N_FINDING_FIXES];
	unsigned n_fixes;
};

struct findings {
	struct arena arena;
	struct finding **all; /* after findings_rank(): best first */
	size_t n, room;
	struct finding *observed; /* only its evidence counts: what was seen, whatever it means */
};

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);

/* Directly observed, or shown by the kernel of this very packet or call. */
bool finding_is_certain(const struct finding *finding);

/* A new finding; NULL without memory (the functions below accept NULL). */
struct finding *finding_add(struct findings *findings, enum cause cause, enum proof proof);
void finding_place(struct findings *to, struct finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_says(struct findings *to, struct finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_evidence(struct findings *to, struct finding *f, const char *from,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));
void finding_fix(struct findings *to, struct finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Sort best first: exact causes (not symptoms) of PROOF_FITS and better before symptoms, guesses
 * last; among equals the better proof, then what was shown before what was inferred, then the
 * earlier place on the path, then the heavier cause.
 */
void findings_rank(struct findings *findings);

#endif
