/* SPDX-License-Identifier: MIT */
/* why bind: the same question put to the port rules over a snapshot, and both answers compared. */
#include "commands/why.h"
#include "base/auto.h"
#include "commands/command.h"
#include "commands/save.h"
#include "commands/this_kernel.h"
#include "core/bind_rules.h"
#include "core/case.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "diagnose/bind_question.h"
#include "probe/attempting.h"
#include "sources/sources.h"

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <string.h>

/* How far from the asked port a free one is still "nearby". */
enum { NEARBY = 100 };

static struct bind_question question_of(const struct case_facts *facts)
{
	const struct asked *asked = &facts->asked;
	const uint64_t service = 1ull << CAP_NET_BIND_SERVICE;
	const uint32_t uid = asked->uid >= 0 ? (uint32_t)asked->uid : facts->caller.uid;

	return (struct bind_question){
		.proto = asked->proto,
		.addr = asked->addr,
		.port = asked->port,
		.uid = uid,
		.device = asked->device ? if_nametoindex(asked->device) : 0,
		.reuseaddr = asked->reuseaddr,
		.reuseport = asked->reuseport,
		.v6only = asked->v6only,
		.freebind = asked->freebind,
		.transparent = asked->transparent,
		.listens = asked->listens,
		/* changing to another user drops the capability (capabilities(7)) */
		.unprivileged = asked->uid > 0 || !(facts->caller.capabilities & service),
	};
}

/* Errors that the port rules know of; others come from sandboxes and policies in front of them. */
static bool is_comparable(int error)
{
	return !error || error == EADDRINUSE || error == EADDRNOTAVAIL || error == EINVAL ||
	       error == EACCES;
}

/* A sandbox may answer in the kernel's place, and then proves nothing about the rules. */
static bool is_sandboxed(const struct case_facts *facts)
{
	return facts->caller.seccomp_refuses || facts->caller.landlocked ||
	       (facts->caller.userns && facts->caller.netns_owner &&
		facts->caller.userns != facts->caller.netns_owner);
}

static void compare(const struct invocation *inv, const struct case_facts *facts,
		    const struct snapshot *snap, struct bind_rules *rules)
{
	const struct attempt *attempt = case_subject(facts);

	rules->compared = attempt && !rules->depends_on && is_comparable(attempt->error) &&
			  !is_sandboxed(facts) && attempt->error != EACCES;
	rules->agrees = !rules->compared || attempt->error == rules->answer.error;
	if (rules->agrees)
		return;
	const char *path = "berth-disagreement.ndjson";
	int err = save_snapshot(snap, path);
	failure(inv, "the kernel and berth's rules disagree (kernel: %s, rules: %s); please report it%s%s",
		attempt->error ? strerror(attempt->error) : "allowed",
		rules->answer.error ? strerror(rules->answer.error) : "allowed",
		err ? "" : " with ", err ? "" : path);
}

/* The nearest port that a bind as asked really gets, and that no client can be given meanwhile. */
static uint16_t find_nearby(const struct case_facts *facts, const struct host *host)
{
	struct asked asked = facts->asked;

	for (uint32_t port = asked.port + 1u; asked.port && port <= UINT16_MAX; port++) {
		struct attempt attempt = {};
		if (port > asked.port + (uint32_t)NEARBY)
			return 0;
		if (host_port_is_ephemeral(host, (uint16_t)port) ||
		    host_port_is_reserved(host, (uint16_t)port))
			continue;
		struct asked other = asked;
		other.port = (uint16_t)port;
		other.listens = false;
		attempt_bind(&attempt, &other);
		if (!attempt.error)
			return (uint16_t)port;
	}
	return 0;
}

struct judging {
	struct bind_question question;
	const struct snapshot *snap;
};

static uint64_t judge(void *data, const struct model_behaviour *behaviour)
{
	struct judging *judging = data;

	judging->question.behaviour = behaviour;
	return bind_question_digest(&judging->question, judging->snap);
}

/* By the rules that this kernel has. */
static int ask_rules(struct case_facts *facts, const struct snapshot *snap,
		     struct bind_question *question, struct bind_rules *ret)
{
	struct judging judging = {*question, snap};
	const char *assumed;
	const struct model_behaviour behaviour =
		this_kernel(judge, &judging, &facts->arena, &assumed);

	question->behaviour = &behaviour;
	int err = bind_question_ask(question, snap, &facts->arena, ret);
	question->behaviour = NULL;
	ret->assumed = assumed;
	return err;
}

void why_rules(const struct invocation *inv, struct case_facts *facts)
{
	struct bind_question question = question_of(facts);
	const struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_HOST | FACT_SOCKOPT |
			 FACT_REUSE | FACT_USERS,
		.protos = PROTO_BIT(question.proto),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = question.port,
		.netns_choice = NETNS_SELF,
	};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct bind_rules *rules = arena_alloc(&facts->arena, sizeof(*rules));

	/* port 0 asks for any: exhaustion is counted elsewhere */
	if (!rules || !question.port || sources_collect(&request, &snap) ||
	    ask_rules(facts, snap, &question, rules) || !rules->answer.rule)
		return;
	compare(inv, facts, snap, rules);
	if (facts->asked.backlog > snap->host.somaxconn)
		rules->backlog_cut = snap->host.somaxconn;
	if (rules->answer.error == EADDRINUSE)
		rules->free_port = find_nearby(facts, &snap->host);
	facts->rules = rules;
}
