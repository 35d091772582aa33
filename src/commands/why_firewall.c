/* SPDX-License-Identifier: MIT */
/*
 * berth why --trace-firewall: send the packet once more and have nftables trace it. The only part
 * of `why` that changes anything, so it happens only when asked for.
 */
#include "commands/command.h"
#include "commands/why.h"
#include "core/case.h"
#include "core/finding.h"
#include "diagnose/rule.h"
#include "probe/again.h"
#include "render/why_words.h"
#include "sources/evidence.h"
#include "sources/nft_table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double SECONDS = 1.3; /* the first packet and its first repetition */

/* Is there a cause already that needs no further proof? */
static bool is_proven(const struct case_facts *facts)
{
	struct findings findings;

	findings_init(&findings);
	diagnose(facts, &findings);
	const struct finding *best = answer_of(facts, &findings);
	const bool proven = best && !cause_rows[best->cause].is_symptom && best->proof >= PROOF_SEEN;
	findings_release(&findings);
	return proven;
}

static bool has_rules(const struct case_facts *facts)
{
	for (size_t i = 0; i < facts->n_places; i++)
		if (facts->places[i].n_verdicts)
			return true;
	return false;
}

/* Only where somebody can answer, and where the answer could tell something new. */
static bool may_ask(const struct invocation *inv, const struct case_facts *facts)
{
	const struct attempt *a = case_subject(facts);

	return !facts->asked.command && !option_given(inv, "json") && !option_given(inv, "ndjson") &&
	       isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !geteuid() && a && !a->ok &&
	       has_rules(facts) && !is_proven(facts);
}

static bool ask(void)
{
	char line[16] = "";

	fprintf(stderr, "Trace one more packet through this host's nftables rules? This adds a table "
			NFT_TABLE_PREFIX "%d that only\nmarks that packet, and removes it after %.0f "
			"seconds. [y/N] ", (int)getpid(), SECONDS);
	fflush(stderr);
	return fgets(line, sizeof(line), stdin) && (*line == 'y' || *line == 'Y');
}

void why_firewall(const struct invocation *inv, struct case_facts *facts, struct evidence *evidence)
{
	if (facts->asked.op == CASE_BIND || !case_subject(facts))
		return;
	if (!option_given(inv, "trace-firewall") && !(may_ask(inv, facts) && ask()))
		return;
	const uint16_t port = again_port(facts);
	if (evidence_trace_start(evidence, facts, port)) {
		again_try(facts, port, SECONDS);
		evidence_trace_finish(evidence, facts);
	}
	const struct firewall_trace *trace = &facts->trace;
	if (trace->error)
		case_add_unseen(facts, arena_printf(&facts->arena, "nftables' trace of our packet (%s)",
						    strerror(trace->error)),
				"root or CAP_NET_ADMIN, and nf_tables in the kernel");
	for (size_t i = 0; i < facts->n_places; i++)
		if (facts->places[i].known & PLACE_IPTABLES)
			case_add_unseen(facts, "iptables-legacy rules in the trace: nftables does not "
					       "trace them", "iptables-legacy -t raw -I OUTPUT -j TRACE");
}
