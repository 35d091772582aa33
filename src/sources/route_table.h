/* SPDX-License-Identifier: MIT */
/* The contents of routing tables and policy rules: which entry decides about a packet. */
#ifndef BERTH_SOURCES_ROUTE_TABLE_H
#define BERTH_SOURCES_ROUTE_TABLE_H

struct arena;
struct netlink;
struct place;
struct route_decision;
struct route_question;

/*
 * Find the rule and the table entry that decide about the packet and complete @decision: prefix,
 * next hops, text, rule_pref, and .type and .table where the kernel's answer was an error. Leaves
 * it alone when nothing matches.
 */
void route_table_explain(struct netlink *nl, struct arena *arena, const struct place *place,
			 const struct route_question *question, struct route_decision *decision);

#endif
