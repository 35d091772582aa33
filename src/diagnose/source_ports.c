/* SPDX-License-Identifier: MIT */
/* No source address or port could be had for the socket (EADDRNOTAVAIL, or bind to port 0). */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static unsigned usable_ports(const struct host *host)
{
	unsigned n = 0;

	for (unsigned port = host->ephemeral.low; port <= host->ephemeral.high; port++)
		n += !host_port_is_reserved(host, (uint16_t)port);
	return n;
}

/* Sockets that hold a port of the range, and towards the same target. */
static unsigned holders(const struct place *own, const struct attempt *a, uint32_t *ret_pid)
{
	unsigned n = 0;

	for (size_t i = 0; i < own->n_sockets; i++) {
		const struct place_socket *s = &own->sockets[i];
		if (s->proto != a->proto || !host_port_is_ephemeral(&own->host, s->local_port))
			continue;
		n++;
		if (!*ret_pid && s->n_pids)
			*ret_pid = s->pids[0];
	}
	return n;
}

static bool has_v6_address(const struct place *own)
{
	for (size_t i = 0; i < own->host.n_addresses; i++) {
		const struct addr *addr = &own->host.addresses[i].addr;
		if (addr->family == ADDR_IPV6 && !addr_is_loopback(addr) && !addr_is_link_local(addr))
			return true;
	}
	return false;
}

static void add_exhausted(const struct case_facts *facts, const struct attempt *a,
			  struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const struct port_range *range = &own->host.ephemeral;
	uint32_t pid = 0;

	if (!own->host.known)
		return;
	if (!usable_ports(&own->host)) {
		struct finding *f = finding_add(to, CAUSE_EPHEMERAL_PORTS_RESERVED, PROOF_KERNEL);
		finding_place(to, f, "this host");
		finding_says(to, f,
			     "net.ipv4.ip_local_reserved_ports reserves every port of "
			     "net.ipv4.ip_local_port_range (%u-%u): none is left to be chosen.",
			     range->low, range->high);
		finding_fix(to, f, "shorten net.ipv4.ip_local_reserved_ports or widen the range");
		return;
	}
	if (a->phase == PHASE_CONNECT && a->remote.family == ADDR_IPV6 && !has_v6_address(own) &&
	    !is_own_address(facts, &a->remote))
		return; /* it is the address that is missing, not the port */
	unsigned n = holders(own, a, &pid);
	struct finding *f = finding_add(to, CAUSE_EPHEMERAL_PORTS_EXHAUSTED, n ? PROOF_KERNEL : PROOF_FITS);
	if (f) /* the kernel counts pairs of addresses; sockets alone that fill the range prove it */
		f->inferred = n < usable_ports(&own->host);
	finding_place(to, f, "this host");
	finding_says(to, f,
		     "Every port of net.ipv4.ip_local_port_range (%u-%u) is taken%s.", range->low,
		     range->high, a->phase == PHASE_CONNECT ? " towards this target" : "");
	finding_evidence(to, f, "sock_diag", "%u sockets hold ports of the range %u-%u", n, range->low,
			 range->high);
	if (pid)
		finding_evidence(to, f, "sock_diag", "most of them or some belong to pid %u", pid);
	finding_fix(to, f, "widen net.ipv4.ip_local_port_range, close connections that are no longer "
			   "needed, or use more target or source addresses");
}

static void add_exists(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	const struct place *own = case_own_place(facts);
	char local[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8];
	const struct place_socket *holder = NULL;

	for (size_t i = 0; own && i < own->n_sockets && !holder; i++) {
		const struct place_socket *s = &own->sockets[i];
		if (s->proto == a->proto && s->local_port == facts->asked.bind_port &&
		    s->remote_port == a->remote_port && same_host(&s->remote, &a->remote))
			holder = s;
	}
	addr_format_port(&facts->asked.bind_addr, facts->asked.bind_port, local);
	remote_text(a, remote);
	struct finding *f = finding_add(to, CAUSE_CONNECTION_EXISTS, holder ? PROOF_KERNEL : PROOF_FITS);
	finding_place(to, f, "this host");
	finding_says(to, f, "A connection from %s to %s exists already.", local, remote);
	if (holder) {
		finding_evidence(to, f, "sock_diag", "%s > %s in state %s, uid %u", local, remote,
				 sock_state_name((enum sock_state)holder->state), holder->uid);
		for (unsigned i = 0; i < holder->n_pids; i++)
			finding_evidence(to, f, "sock_diag", "held by pid %u", holder->pids[i]);
	}
	finding_fix(to, f, "leave the source port to the kernel, or close that connection first");
}

/* The setting that switches IPv6 off, for all or for one interface; NULL: none does. */
static const struct setting *v6_switch(const struct place *own)
{
	for (size_t i = 0; i < own->n_settings; i++) {
		const struct setting *s = &own->settings[i];
		const size_t len = strlen(s->name);
		if (!strncmp(s->name, "net.ipv6.conf.", 14) && len > 13 &&
		    !strcmp(s->name + len - 13, ".disable_ipv6") && strcmp(s->value, "0") != 0 &&
		    strcmp(s->name, "net.ipv6.conf.default.disable_ipv6") != 0)
			return s;
	}
	return NULL;
}

static void add_v6_disabled(const struct case_facts *facts, const struct attempt *a,
			    struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const struct setting *off = v6_switch(own);
	char remote[ADDR_TEXT_SIZE + 8];

	if (!off || has_v6_address(own))
		return;
	struct finding *f = finding_add(to, CAUSE_IPV6_DISABLED, PROOF_KERNEL);
	if (f)
		f->bonus = 10;
	finding_place(to, f, "this host");
	finding_says(to, f, "IPv6 is switched off on this host: there is no address to reach %s from.",
		     remote_text(a, remote));
	finding_evidence(to, f, "sysctl", "%s = %s", off->name, off->value);
	finding_fix(to, f, "sysctl %s=0, or dial the IPv4 address", off->name);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct place *own = case_own_place(facts);

	if (!a || a->ok || !own)
		return;
	if (a->phase == PHASE_BIND && a->error == EADDRINUSE && !a->local_port) {
		add_exhausted(facts, a, to);
		return;
	}
	if (a->phase == PHASE_CONNECT && a->remote.family == ADDR_IPV6 && !first_icmp(a) &&
	    (a->error == EADDRNOTAVAIL || a->error == ENETUNREACH))
		add_v6_disabled(facts, a, to);
	if (a->phase != PHASE_CONNECT || (a->error != EADDRNOTAVAIL && a->error != EAGAIN))
		return;
	if (facts->asked.bind_port)
		add_exists(facts, a, to);
	else
		add_exhausted(facts, a, to);
}

const struct rule rule_source_ports = {.name = "source-ports", .find = find};
