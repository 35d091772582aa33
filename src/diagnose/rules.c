/* SPDX-License-Identifier: MIT */
/* The list of rules and running them all. */
#include "diagnose/rule.h"
#include "diagnose/observed.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* +1: a rule is its file with the row, and one line here. */
#define RULES(X)                                                                                   \
	X(refused)     \
	X(silent)      \
	X(icmp)        \
	X(names)       \
	X(own_call)    \
	X(source_ports) \
	X(after_connect) \
	X(protocol)    \
	X(intermittent) \
	X(slow)        \
	X(sandbox)     \
	X(path_mtu)    \
	X(bind_refused) \
	X(port_taken)  \
	X(listener)    \
	X(queues)      \
	X(process)     \
	X(firewall_rules) \
	X(traced)      \
	X(way_there)   \
	X(way_back)    \
	X(links)       \
	X(nat)         \
	X(programs)   \
	X(proxy_backend)    \
	X(stray)       \
	X(corrupt)     \
	X(proxy)       \
	X(memory)

#define DECLARE(name) extern const struct rule rule_##name;
RULES(DECLARE)
#undef DECLARE

#define ROW(name) &rule_##name,
const struct rule *const rules[] = {RULES(ROW) NULL};
#undef ROW

const char *place_label(struct findings *to, const struct case_facts *facts,
			const struct place *place)
{
	if (!place)
		return NULL;
	if (place->is_self && !facts->asked.all_netns)
		return "this host";
	if (place->is_self && place->name)
		return arena_printf(&to->arena, "this host, netns %s (%" PRIu64 ")", place->name,
				    place->netns);
	if (place->is_self)
		return arena_printf(&to->arena, "this host (netns %" PRIu64 ")", place->netns);
	if (place->name)
		return arena_printf(&to->arena, "netns %s (%" PRIu64 ")", place->name, place->netns);
	return arena_printf(&to->arena, "netns %" PRIu64, place->netns);
}

/* What works is never called broken; only a connection with oneself is no success. */
static void drop_all_but_self_connect(struct findings *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < to->n; i++)
		if (to->all[i]->cause == CAUSE_SELF_CONNECT)
			to->all[kept++] = to->all[i];
	to->n = kept;
}

void diagnose(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *subject = case_subject(facts);

	observe(facts, to);
	for (size_t i = 0; rules[i]; i++) {
		rules[i]->find(facts, to);
		if (subject && subject->ok)
			drop_all_but_self_connect(to);
	}
	findings_rank(to);
}
