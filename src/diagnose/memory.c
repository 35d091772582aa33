/* SPDX-License-Identifier: MIT */
/* A memory limit makes the target's kernel drop data that has arrived. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"
#include "diagnose/target.h"

#include <inttypes.h>

static void find(const struct case_facts *facts, struct findings *to)
{
	static const char *const names[] = {"TcpExt.TCPRcvQDrop", "TcpExt.RcvPruned", "TcpExt.OfoPruned",
					    "TcpExt.TCPAbortOnMemory", "Udp.MemErrors", "Udp6.MemErrors",
					    "TcpExt.TCPMemoryPressures"};
	const struct attempt *a = case_subject(facts);
	const struct path_hop *hop;

	if (!a || a->ok || !(a->connected || is_silent(a)))
		return;
	const struct place *place = target_place(facts, &hop);
	for (unsigned i = 0; place && i < N_ELEMENTS(names); i++) {
		const uint64_t n = place_counter(place, names[i]);
		if (!n)
			continue;
		const struct place_socket *l = target_listener(facts);
		const struct kernel_event *drop = find_drop(facts, place->netns, NULL, "PROTO_MEM") ?:
						  find_drop(facts, place->netns, NULL, "SOCKET_RCVBUFF");
		struct finding *f = finding_add(to, CAUSE_SOCKET_MEMORY_LIMIT, PROOF_KERNEL);
		if (f) /* the counter is one for all connections */
			f->inferred = !drop;
		if (drop)
			drop_evidence(to, f, drop);
		finding_place(to, f, "%s", place_label(to, facts, place));
		finding_says(to, f, "The target's kernel drops received data for want of socket memory.");
		finding_evidence(to, f, "counters", "%s rose by %" PRIu64, names[i], n);
		if (place_setting(place, "net.ipv4.tcp_mem"))
			finding_evidence(to, f, "sysctl", "net.ipv4.tcp_mem = %s",
					 place_setting(place, "net.ipv4.tcp_mem"));
		const struct place_process *p = l && l->n_pids ? place_process(place, l->pids[0]) : NULL;
		if (p && p->memory_limit)
			finding_evidence(to, f, "cgroup", "pid %u (%s): %" PRIu64 " of %" PRIu64
					 " bytes of cgroup %s in use", p->pid, p->comm, p->memory_used,
					 p->memory_limit, p->cgroup ? p->cgroup : "?");
		if (l)
			add_socket_evidence(to, f, place, l);
		finding_fix(to, f, "raise the memory limit (memory.max, net.ipv4.tcp_mem), or find what "
				   "fills it");
		if (f)
			f->order = facts->forward.n;
		return;
	}
}

const struct rule rule_memory = {.name = "memory", .find = find};
