/* SPDX-License-Identifier: MIT */
/* The name was not resolved, or resolved to an address where the service is not. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/name_steps.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <netdb.h>

static bool step_has(const struct resolve_step *step, const struct addr *addr)
{
	for (unsigned i = 0; i < step->n_addrs; i++)
		if (same_host(&step->addrs[i], addr))
			return true;
	return false;
}

static const struct resolve_step *step_with(const struct resolving *r, enum resolve_source source,
					    enum resolve_result result)
{
	for (size_t i = 0; i < r->n_steps; i++)
		if (r->steps[i].source == source && r->steps[i].result == result)
			return &r->steps[i];
	return NULL;
}

struct verdict {
	enum resolve_result result;
	enum cause cause;
	const char *says;
	const char *fix;
};

enum { N_ABSENT = 2 }; /* the first of: */

/* In the order in which one of several servers' answers explains the failure best. */
static const struct verdict verdicts[] = {
	{RESOLVE_NO_NAME, CAUSE_NAME_NOT_FOUND, "The DNS server %s says that %s does not exist.",
	 "check the spelling, or add the name to the DNS zone"},
	{RESOLVE_NO_DATA, CAUSE_NAME_NOT_FOUND, "The DNS server %s knows no address of %s.",
	 "add an address record for the name"},
	{RESOLVE_SERVFAIL, CAUSE_DNS_SERVER_FAILS, "The DNS server %s fails (SERVFAIL) for %s.",
	 "look at that server's log; try another server in /etc/resolv.conf"},
	{RESOLVE_REFUSED, CAUSE_DNS_SERVER_FAILS, "The DNS server %s refuses to answer for %s.",
	 "allow this host to ask that server, or use another one in /etc/resolv.conf"},
	{RESOLVE_CLOSED, CAUSE_DNS_SERVER_CLOSED, "Nothing listens at the DNS server %s, asked for %s.",
	 "start the DNS server there, or correct /etc/resolv.conf"},
	{RESOLVE_SILENT, CAUSE_DNS_SERVER_SILENT, "The DNS server %s does not answer for %s.",
	 "check the way to that server (berth why connect udp SERVER:53), or use another one"},
	{RESOLVE_UNREACHABLE, CAUSE_DNS_SERVER_SILENT, "The DNS server %s cannot be reached, asked for %s.",
	 "check the route to that server, or correct /etc/resolv.conf"},
};

static void not_asked(const struct resolving *r, struct findings *to)
{
	struct finding *f = finding_add(to, CAUSE_DNS_NOT_ASKED, PROOF_SEEN);

	finding_place(to, f, "this host's resolver configuration");
	finding_says(to, f, "No DNS server is ever asked for %s: %s.", r->name,
		     r->nss_asks_dns ? "/etc/resolv.conf names none"
				     : "the hosts line of /etc/nsswitch.conf does not lead to it");
	if (r->nss_hosts)
		finding_evidence(to, f, "nsswitch", "/etc/nsswitch.conf: %s", r->nss_hosts);
	if (!r->has_nameserver)
		finding_evidence(to, f, "resolv.conf", "/etc/resolv.conf has no nameserver line");
	finding_fix(to, f, r->nss_asks_dns ? "add a nameserver line to /etc/resolv.conf"
					   : "add dns to the hosts line of /etc/nsswitch.conf");
}

static void not_resolved(const struct resolving *r, struct findings *to)
{
	if (!r->has_nameserver || !r->nss_asks_dns) {
		not_asked(r, to);
		return;
	}
	for (size_t i = 0; i < N_ELEMENTS(verdicts); i++) {
		const struct verdict *v = &verdicts[i];
		const struct resolve_step *s = step_with(r, RESOLVE_DNS, v->result);
		char server[ADDR_TEXT_SIZE + 8];
		if (!s)
			continue;
		addr_format_port(&s->server, 53, server);
		struct finding *f = finding_add(to, v->cause, PROOF_SEEN);
		finding_place(to, f, "DNS server %s", server);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		finding_says(to, f, v->says, server, i < N_ABSENT || !s->name ? r->name : s->name);
#pragma GCC diagnostic pop
		finding_fix(to, f, "%s", v->fix);
		name_steps(r, f, to);
		return;
	}
}

static void overridden(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	const struct resolving *r = &facts->resolving;
	const struct resolve_step *hosts = step_with(r, RESOLVE_HOSTS_FILE, RESOLVE_FOUND);
	const struct resolve_step *dns = step_with(r, RESOLVE_DNS, RESOLVE_FOUND);
	char remote[ADDR_TEXT_SIZE], right[ADDR_TEXT_SIZE];

	if (!hosts || !dns || !step_has(hosts, &a->remote) || step_has(dns, &a->remote))
		return;
	addr_format(&a->remote, remote);
	addr_format(&dns->addrs[0], right);
	struct finding *f = finding_add(to, CAUSE_HOSTS_FILE_OVERRIDE, PROOF_FITS);
	finding_place(to, f, "/etc/hosts line %u", hosts->line);
	finding_says(to, f, "/etc/hosts sends %s to %s, where it fails; the DNS says %s.", r->name,
		     remote, right);
	finding_fix(to, f, "remove or correct line %u of /etc/hosts", hosts->line);
	name_steps(r, f, to);
}

static void first_dead(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	char remote[ADDR_TEXT_SIZE + 8], other[ADDR_TEXT_SIZE + 8];

	for (size_t i = 0; i < facts->n_attempts; i++) {
		const struct attempt *b = &facts->attempts[i];
		if (!b->ok || same_host(&b->remote, &a->remote) || b->remote_port != a->remote_port)
			continue;
		struct finding *f = finding_add(to, CAUSE_FIRST_ADDRESS_DEAD, PROOF_SEEN);
		finding_place(to, f, "%s", remote_text(a, remote));
		finding_says(to, f,
			     "The first address of %s, %s, fails; %s works. Programs that try only the "
			     "first one fail, others wait for it.",
			     facts->resolving.name ?: "the name", remote_text(a, remote),
			     remote_text(b, other));
		finding_fix(to, f, "serve %s too, or take the address out of the DNS", remote);
		name_steps(&facts->resolving, f, to);
		return;
	}
}

/* Nothing was ever heard from the address, and nothing but the DNS says that it is the right one. */
static void perhaps_stale(const struct case_facts *facts, const struct attempt *a,
			  struct findings *to)
{
	const struct resolving *r = &facts->resolving;
	const struct resolve_step *dns = step_with(r, RESOLVE_DNS, RESOLVE_FOUND);
	char server[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE];

	if (!dns || !step_has(dns, &a->remote) || step_with(r, RESOLVE_HOSTS_FILE, RESOLVE_FOUND) ||
	    a->phase != PHASE_CONNECT || facts->probes.host_alive ||
	    path_target(&facts->forward) || (a->error != ETIMEDOUT && a->error != EHOSTUNREACH))
		return;
	addr_format_port(&dns->server, 53, server);
	addr_format(&a->remote, remote);
	struct finding *f = finding_add(to, CAUSE_DNS_STALE_ADDRESS, PROOF_GUESS);
	finding_place(to, f, "DNS server %s", server);
	finding_says(to, f,
		     "Perhaps the record of %s is out of date: nothing is heard from %s, which only the "
		     "DNS server %s names.", r->name, remote, server);
	finding_fix(to, f, "compare the record of %s with the server's own addresses", r->name);
	name_steps(r, f, to);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);

	if (facts->resolving.asked && facts->resolving.gai_error && !a) {
		not_resolved(&facts->resolving, to);
		return;
	}
	if (!a || a->ok || !facts->resolving.asked)
		return;
	overridden(facts, a, to);
	first_dead(facts, a, to);
	perhaps_stale(facts, a, to);
}

const struct rule rule_names = {.name = "names", .find = find};
