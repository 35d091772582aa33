/* SPDX-License-Identifier: MIT */
/* Conclusions: building them and choosing among them. */
#include "core/finding.h"
#include "core/case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void findings_init(struct findings *findings)
{
	memset(findings, 0, sizeof(*findings));
	arena_init(&findings->arena);
}

void findings_release(struct findings *findings)
{
	arena_release(&findings->arena);
}

struct finding *finding_add(struct findings *findings, enum cause cause, enum proof proof)
{
	struct finding *f = arena_alloc(&findings->arena, sizeof(*f));
	if (!f)
		return NULL;
	struct finding **slot = arena_push(&findings->arena, &findings->all, &findings->n,
					   &findings->room, sizeof(*findings->all));
	if (!slot)
		return NULL;
	*slot = f;
	f->cause = cause;
	f->proof = proof;
	return f;
}

static const char *vformat(struct findings *to, const char *format, va_list args)
{
	char text[1024];
	int len = vsnprintf(text, sizeof(text), format, args);

	if (len < 0)
		return NULL;
	if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	return arena_dup(&to->arena, text, (size_t)len);
}

#define FORMAT_INTO(target)                                                                        \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		(target) = vformat(to, format, args);                                              \
		va_end(args);                                                                      \
	} while (0)

void finding_place(struct findings *to, struct finding *f, const char *format, ...)
{
	if (f)
		FORMAT_INTO(f->place);
}

void finding_says(struct findings *to, struct finding *f, const char *format, ...)
{
	if (f)
		FORMAT_INTO(f->says);
}

void finding_evidence(struct findings *to, struct finding *f, const char *from, const char *format,
		      ...)
{
	if (!f || f->n_evidence == N_FINDING_EVIDENCE)
		return;
	f->evidence[f->n_evidence].from = from;
	FORMAT_INTO(f->evidence[f->n_evidence].what);
	f->n_evidence++;
}

void finding_fix(struct findings *to, struct finding *f, const char *format, ...)
{
	if (!f || f->n_fixes == N_FINDING_FIXES)
		return;
	FORMAT_INTO(f->fixes[f->n_fixes]);
	f->n_fixes++;
}

bool finding_is_certain(const struct finding *finding)
{
	return finding->proof >= PROOF_SEEN && !finding->inferred;
}

static int class_of(const struct finding *f)
{
	if (f->proof == PROOF_GUESS)
		return 0;
	return cause_rows[f->cause].is_symptom ? 1 : 2;
}

static int weight_of(const struct finding *f)
{
	return cause_rows[f->cause].weight + f->bonus;
}

static int compare_findings(const void *va, const void *vb)
{
	const struct finding *a = *(struct finding *const *)va, *b = *(struct finding *const *)vb;

	if (class_of(a) != class_of(b))
		return class_of(b) - class_of(a);
	if (class_of(a) == 2 && a->proof != b->proof)
		return (int)b->proof - (int)a->proof;
	if (class_of(a) == 2 && a->inferred != b->inferred)
		return a->inferred ? 1 : -1;
	if (class_of(a) == 2 && a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (weight_of(a) != weight_of(b))
		return weight_of(b) - weight_of(a);
	return (int)b->proof - (int)a->proof;
}

void findings_rank(struct findings *findings)
{
	if (findings->n > 1)
		qsort(findings->all, findings->n, sizeof(*findings->all), compare_findings);
}
