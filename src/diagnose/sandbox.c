/* SPDX-License-Identifier: MIT */
/* This host forbids the call: seccomp, Landlock, or something that could not be told apart. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

/* Our own same call, outside the program's sandbox, ended differently. */
static bool works_outside(const struct case_facts *facts, const struct attempt *a)
{
	for (unsigned i = 0; i < facts->probes.n_side; i++) {
		const struct probe *p = &facts->probes.side[i];
		if (p->proto != a->proto || p->port != a->remote_port || p->other_source)
			continue;
		if (p->answer == PROBE_SYN_ACK || p->answer == PROBE_REPLY)
			return true;
	}
	return false;
}

/* Our own same call got the same error: the filter is not what refuses. */
static bool fails_outside(const struct case_facts *facts, const struct attempt *a)
{
	for (unsigned i = 0; i < facts->probes.n_side; i++) {
		const struct probe *p = &facts->probes.side[i];
		if (p->proto == a->proto && p->port == a->remote_port && !p->other_source &&
		    p->answer == PROBE_LOCAL_ERROR && p->icmp.error == a->error)
			return true;
	}
	return false;
}

static void seccomp(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	const struct caller *c = &facts->caller;
	const bool differs = a->by_program && c->same_cgroup && works_outside(facts, a);
	struct finding *f;

	if (c->seccomp != 2 || !a->by_program ||
	    !(c->seccomp_refuses ? c->seccomp_error == a->error : a->seconds < 0.01))
		return;
	/* Containers always have a filter: only errors that filters give are laid at its door. */
	const bool usual = a->error == EPERM || a->error == EACCES || a->error == ENOSYS ||
			   a->error == EAFNOSUPPORT;
	if (!c->seccomp_refuses && !(usual ? !fails_outside(facts, a) : differs))
		return;
	f = finding_add(to, CAUSE_SECCOMP_DENIED, c->seccomp_refuses ? PROOF_KERNEL : PROOF_FITS);
	finding_place(to, f, "the sandbox of pid %u", c->pid);
	finding_says(to, f, "A seccomp filter makes %s() fail with %s.",
		     attempt_phase_name(a->phase), strerrorname_np(a->error));
	finding_evidence(to, f, "seccomp", "/proc/%u/status: Seccomp 2, %u filters", c->pid,
			 c->seccomp_filters);
	if (c->seccomp_refuses)
		finding_evidence(to, f, "seccomp", "its classic BPF, run on this very call, gives "
						   "SECCOMP_RET_ERRNO with %s", strerrorname_np(a->error));
	if (differs)
		finding_evidence(to, f, "side-probe", "the same call outside the sandbox works");
	finding_fix(to, f, "allow %s() in the sandbox (SystemCallFilter=, the container's seccomp "
			   "profile)", attempt_phase_name(a->phase));
}

static void landlock(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	if (!facts->caller.landlocked || a->error != EACCES)
		return;
	struct finding *f = finding_add(to, CAUSE_LANDLOCK_DENIED,
					facts->caller.landlock_refuses ? PROOF_KERNEL : PROOF_FITS);
	finding_place(to, f, "the sandbox of pid %u", facts->caller.pid);
	finding_says(to, f, "Landlock denies the program this %s().", attempt_phase_name(a->phase));
	finding_evidence(to, f, "landlock", "the program restricted itself by landlock_restrict_self(), "
					    "then %s() gave EACCES", attempt_phase_name(a->phase));
	if (facts->caller.landlock_refuses)
		finding_evidence(to, f, "landlock", "its ruleset, read as it was made, handles TCP %s and has "
						    "no rule for port %u", attempt_phase_name(a->phase),
				 a->phase == PHASE_BIND ? a->local_port : a->remote_port);
	finding_fix(to, f, "allow port %u in the program's Landlock rules",
		    a->phase == PHASE_BIND ? a->local_port : a->remote_port);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);

	if (!a || a->ok || !a->error || a->connected || first_icmp(a))
		return;
	seccomp(facts, a, to);
	landlock(facts, a, to);
	if (a->error != EPERM && a->error != EACCES)
		return;
	if (a->proto == SOCK_PROTO_UDP && a->phase == PHASE_SEND) {
		struct finding *f = finding_add(to, CAUSE_DROPPED_LOCALLY, PROOF_SEEN);
		finding_place(to, f, "this host");
		finding_says(to, f, "This host's own kernel refuses to send the datagram (%s): a "
				    "firewall rule on output.", strerrorname_np(a->error));
		finding_fix(to, f, "look at this host's output rules: nft list ruleset");
		return;
	}
	if (a->phase == PHASE_BIND && a->error == EACCES && a->local_port && a->local_port < 1024)
		return; /* the privilege for low ports is its own matter */
	struct finding *f = finding_add(to, CAUSE_DENIED_BY_LOCAL_POLICY, PROOF_SEEN);
	finding_place(to, f, "this host");
	finding_says(to, f, "A policy of this host forbids this %s() (%s), before any packet.",
		     attempt_phase_name(a->phase), strerrorname_np(a->error));
	finding_fix(to, f, "look at seccomp, Landlock, cgroup BPF programs, ip rules and IPsec policies; "
			   "as root berth looks itself");
}

const struct rule rule_sandbox = {.name = "sandbox", .find = find};
