/* SPDX-License-Identifier: MIT */
/*
 * The kernel goes first. The library then hears the whole script, where every line on which the
 * kernel may have rolled dice also says how they fell; it must find that possible.
 */
#include "compare.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "model/script.h"

int compare_check_rule(const char *without)
{
	return without && model_rule_find(without) < 0 ? -EINVAL : 0;
}

int compare_new_lab(struct lab *lab)
{
	if (lab->diag_fd >= 0)
		lab_release(lab);
	return lab_open(lab);
}

static bool has_socket(const struct execution *run, const struct op *op)
{
	if (op->kind <= OP_SOCKET || op->kind == OP_DELIVER)
		return true;
	if (op->kind == OP_EXPIRE)
		return run->socks[op->name].used;
	return run->socks[op->kind == OP_ACCEPT ? op->from : op->name].fd >= 0;
}

/* What both did, line by line; .index[i] is the op that line i+1 of the script is. */
struct transcript {
	const struct scenario *scenario;
	struct comparison *ret;
	struct strbuf script;
	struct op ops[MAX_OPS];
	struct answer kernel[MAX_OPS];
	size_t index[MAX_OPS], n, said;
};

static void add_line(struct transcript *t, size_t i)
{
	const struct op *op = &t->ops[t->n];
	const struct answer *kernel = &t->kernel[t->n];

	op_print(op, &t->script);
	t->index[t->n++] = i;
	if (!kernel->port || (op->kind != OP_BIND && op->kind != OP_LISTEN && op->kind != OP_CONNECT))
		return;
	t->script.text[--t->script.len] = '\0'; /* before the newline */
	strbuf_printf(&t->script, " chose %u", kernel->port);
	if (op->kind == OP_CONNECT && kernel->got)
		strbuf_printf(&t->script, " by %c", 'a' + __builtin_ctz(kernel->got));
	strbuf_add_char(&t->script, '\n');
}

static void run_kernel(struct execution *run, struct lab *lab, struct transcript *t)
{
	struct comparison *ret = t->ret;

	execute_begin(run, lab);
	for (size_t i = 0; i < t->scenario->n; i++) {
		struct op *op = &t->ops[t->n];
		struct answer *kernel = &t->kernel[t->n];
		*op = t->scenario->ops[i];
		if (!has_socket(run, op) || (op->options & OPT_LIVE && !execute_live(run, op)))
			continue;
		if (execute_op(run, op, kernel)) {
			ret->verdict = LINES_NO_LAB;
			break;
		}
		if (kernel->stuck) {
			ret->verdict = LINES_UNSAID;
			break;
		}
		ret->deliveries += op->kind == OP_DELIVER;
		ret->untried += kernel->untried;
		ret->oracle_asked += kernel->oracle_asked;
		add_line(t, i);
		if (kernel->last)
			break;
	}
	ret->dirty = !execute_end(run) || ret->verdict == LINES_NO_LAB;
}

static void note(struct transcript *t, const struct op *op, const char *said,
		 const struct answer *kernel)
{
	AUTO(strbuf_release) struct strbuf line = STRBUF_INIT;

	if (!t->ret->wants_script)
		return;
	op_print(op, &line);
	strbuf_printf(&t->ret->script, "%-56.*s # %s | kernel: ", (int)(line.len - 1), line.text,
		      said);
	answer_print(kernel, &t->ret->script);
}

static void hear(const struct script_answer *answer, void *data)
{
	struct transcript *t = data;
	size_t at = answer->line - 1;
	const struct answer *kernel = &t->kernel[at];
	const struct op *op = &t->ops[at];
	enum match match;

	if (t->ret->verdict == LINES_DIFFER || t->ret->verdict == LINES_UNSAID || at < t->said)
		return;
	match = match_answer(answer->text, answer->verdict, op, kernel);
	t->said = at + 1;
	t->ret->lines++;
	t->ret->line = t->index[at];
	t->ret->dice += match == MATCH_DICE || (answer->verdict && answer->verdict->chosen);
	note(t, op, answer->text, kernel);
	if (match == MATCH_NO || kernel->oracle_differs)
		t->ret->verdict = LINES_DIFFER;
	else if (match == MATCH_UNSAID)
		t->ret->verdict = LINES_UNSAID;
}

static void run_library(struct transcript *t, const struct terms *terms)
{
	enum model_rule rule = terms->without ? (enum model_rule)model_rule_find(terms->without) :
						MODEL_RULE_OK;
	const struct script_options options = {.behaviour = terms->behaviour,
					       .without = &rule,
					       .n_without = terms->without != NULL};
	struct script_error error = {.line = 1};
	enum verdict_of_lines before = t->ret->verdict;
	int r;

	t->ret->verdict = LINES_AGREE;
	r = model_script_run(t->script.text, t->script.len, &options, hear, t, &error);
	/* Where the answers part without a disagreement, later lines may make no sense. */
	if (t->ret->verdict != LINES_AGREE || !r) {
		if (t->ret->verdict == LINES_AGREE)
			t->ret->verdict = before;
		return;
	}
	t->ret->verdict = LINES_DIFFER;
	t->ret->line = t->index[error.line - 1];
	note(t, &t->ops[error.line - 1], error.text, &t->kernel[error.line - 1]);
}

void compare(struct execution *run, struct lab *lab, const struct scenario *scenario,
	     const struct terms *terms, struct comparison *ret)
{
	struct transcript t = {.scenario = scenario, .ret = ret, .script = STRBUF_INIT};

	ret->verdict = LINES_AGREE;
	ret->line = 0;
	ret->lines = ret->dice = ret->deliveries = ret->untried = ret->oracle_asked = 0;
	strbuf_clear(&ret->script);
	run_kernel(run, lab, &t);
	if (ret->verdict != LINES_NO_LAB && t.n)
		run_library(&t, terms);
	strbuf_release(&t.script);
}

bool compare_tries(struct execution *run, struct lab *lab, const struct scenario *scenario,
		   const struct model_behaviour *tries, size_t n, bool *ret_differs)
{
	struct comparison result = {.script = STRBUF_INIT};
	struct transcript t = {.scenario = scenario, .ret = &result, .script = STRBUF_INIT};
	enum verdict_of_lines kernel;

	run_kernel(run, lab, &t);
	kernel = result.verdict;
	for (size_t i = 0; i < n; i++) {
		struct terms terms = {.behaviour = &tries[i]};
		result.verdict = kernel;
		t.said = 0;
		if (kernel != LINES_NO_LAB && t.n)
			run_library(&t, &terms);
		ret_differs[i] = result.verdict == LINES_DIFFER;
	}
	strbuf_release(&t.script);
	if (result.dirty && compare_new_lab(lab))
		return false;
	return kernel != LINES_NO_LAB;
}
