/* SPDX-License-Identifier: MIT */
/*
 * Is every port that the library calls a candidate really chosen some day? The comparison alone
 * would not notice a set that is too large.
 */
#include "tight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "model/script.h"

/* The first line on which the kernel rolls dice, and between which ports. */
struct first_dice {
	unsigned line; /* 0: none */
	struct model_ports ports;
};

static void hear(const struct script_answer *answer, void *data)
{
	struct first_dice *first = data;
	const struct model_verdict *verdict = answer->verdict;

	if (first->line || !verdict || !verdict->chosen || verdict->n_ports < 2)
		return;
	first->line = answer->line;
	if (verdict->ports && !verdict->outcome.error)
		first->ports = *verdict->ports;
}

/* What the kernel chose on the last line of @scenario; 0: no port, -1: that is not known. */
static int choice(struct execution *run, struct lab *lab, const struct scenario *scenario)
{
	struct answer answer = {.error = 0};
	bool stuck = false;

	execute_begin(run, lab);
	for (size_t i = 0; i < scenario->n && !stuck; i++)
		stuck = execute_op(run, &scenario->ops[i], &answer) || answer.stuck;
	if (!execute_end(run) && compare_new_lab(lab))
		return -1;
	if (answer.error == EADDRINUSE || answer.error == EADDRNOTAVAIL || answer.error == EAGAIN)
		return stuck ? -1 : 0;
	return answer.error || stuck ? -1 : answer.port; /* a refused connect() had one, too */
}

enum tight tight(struct execution *run, struct lab *lab, const struct scenario *scenario,
		 struct strbuf *ret_script)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct first_dice first = {.line = 0};
	struct script_error error;
	struct scenario part = *scenario;
	uint32_t missing;

	for (size_t i = 0; i < part.n; i++)
		if (part.ops[i].kind == OP_DELIVER || part.ops[i].kind == OP_ACCEPT)
			part.n = i;
	scenario_print(&part, &text);
	model_script_run(text.text, text.len, NULL, hear, &first, &error);
	missing = first.ports.count;
	if (!first.line || missing < 2 || missing > TIGHT_MOST)
		return TIGHT_NOTHING;
	part.n = first.line;
	for (int roll = 0; roll < TIGHT_ROLLS && missing; roll++) {
		int port = choice(run, lab, &part);
		uint64_t bit = 1ull << (unsigned)port % 64;
		if (port < 0)
			return TIGHT_NOTHING;
		if (port && first.ports.bits[port / 64] & bit) {
			first.ports.bits[port / 64] &= ~bit;
			missing--;
		}
	}
	if (!missing)
		return TIGHT_YES;
	scenario_print(&part, ret_script);
	for (int port = 0; (port = model_ports_next(&first.ports, (uint32_t)port)) >= 0; port++)
		strbuf_printf(ret_script, "# never in %d rolls: %d\n", TIGHT_ROLLS, port);
	return TIGHT_NO;
}
