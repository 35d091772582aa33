/* SPDX-License-Identifier: MIT */
/* bind() refused for its address or for want of privilege. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

static void privileged(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const struct caller *c = &facts->caller;
	const unsigned start = own && own->host.known ? own->host.unprivileged_start : 1024;
	const bool foreign = c->userns && c->netns_owner && c->userns != c->netns_owner;
	const bool as_other = facts->asked.uid > 0;

	if (!a->local_port || a->local_port >= start)
		return;
	if (c->known && (c->capabilities >> CAP_NET_BIND_SERVICE & 1) && !foreign && !as_other)
		return;
	struct finding *f = finding_add(to, CAUSE_PORT_PRIVILEGED, PROOF_KERNEL);
	finding_place(to, f, "this host");
	finding_says(to, f,
		     "Port %u is below net.ipv4.ip_unprivileged_port_start (%u), and the caller has no "
		     "CAP_NET_BIND_SERVICE over this network namespace.",
		     a->local_port, start);
	finding_evidence(to, f, "sysctl", "net.ipv4.ip_unprivileged_port_start = %u", start);
	if (foreign)
		finding_evidence(to, f, "userns",
				 "the caller lives in user namespace %llu, the network namespace belongs "
				 "to %llu: its capabilities do not count here",
				 (unsigned long long)c->userns, (unsigned long long)c->netns_owner);
	else
		finding_evidence(to, f, "capabilities", "uid %lld, CAP_NET_BIND_SERVICE missing",
				 as_other ? (long long)facts->asked.uid : (long long)c->uid);
	finding_fix(to, f, "use a port from %u up, or give the program the capability: setcap "
			   "cap_net_bind_service=+ep, AmbientCapabilities= in its unit", start);
	finding_fix(to, f, "or lower the limit: sysctl net.ipv4.ip_unprivileged_port_start=%u",
		    a->local_port);
}

static const struct interface_address *find_address(const struct place *own, const struct addr *addr)
{
	for (size_t i = 0; i < own->host.n_addresses; i++)
		if (same_host(&own->host.addresses[i].addr, addr))
			return &own->host.addresses[i];
	return NULL;
}

static bool v6_off(const struct place *own)
{
	return place_setting_number(own, "net.ipv6.conf.all.disable_ipv6", 0) != 0;
}

static void not_available(const struct case_facts *facts, const struct attempt *a,
			  const struct addr *addr, struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const struct interface_address *found = own ? find_address(own, addr) : NULL;
	char text[ADDR_TEXT_SIZE];
	struct finding *f;

	if (!own || !(own->known & PLACE_LINKS))
		return;
	addr_format(addr, text);
	if (found && found->flags & (INTERFACE_ADDRESS_TENTATIVE | INTERFACE_ADDRESS_DADFAILED)) {
		const bool failed = found->flags & INTERFACE_ADDRESS_DADFAILED;
		f = finding_add(to, CAUSE_ADDRESS_NOT_READY, PROOF_KERNEL);
		finding_says(to, f, failed ? "%s failed duplicate address detection: another host has it."
					   : "%s is still tentative: duplicate address detection runs.", text);
		finding_evidence(to, f, "address", "%s is %s", text, failed ? "dadfailed" : "tentative");
		finding_fix(to, f, failed ? "take the address away from the other host"
					  : "wait a second, or bind with IPV6_FREEBIND");
	} else if (!found && addr->family == ADDR_IPV6 && v6_off(own)) {
		f = finding_add(to, CAUSE_IPV6_DISABLED, PROOF_KERNEL);
		finding_says(to, f, "IPv6 is switched off on this host.");
		finding_evidence(to, f, "sysctl", "net.ipv6.conf.all.disable_ipv6 = 1");
		finding_fix(to, f, "sysctl net.ipv6.conf.all.disable_ipv6=0");
	} else if (!found) {
		f = finding_add(to, CAUSE_ADDRESS_NOT_LOCAL, PROOF_KERNEL);
		finding_says(to, f, "%s is no address of this host.", text);
		finding_evidence(to, f, "address", "%zu addresses are configured here, %s is none of them",
				 own->host.n_addresses, text);
		finding_fix(to, f, "add the address, bind another one or 0.0.0.0, or use IP_FREEBIND");
	} else {
		return;
	}
	finding_place(to, f, "this host");
	(void)a;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct addr *addr;

	if (!a || a->ok || a->phase != PHASE_BIND)
		return;
	addr = facts->asked.op == CASE_BIND ? &a->local : &facts->asked.bind_addr;
	if (a->error == EACCES)
		privileged(facts, a, to);
	else if (a->error == EADDRNOTAVAIL)
		not_available(facts, a, addr, to);
	else if (a->error == EINVAL && addr->family == ADDR_IPV6 && addr_is_link_local(addr) &&
		 !addr->scope) {
		struct finding *f = finding_add(to, CAUSE_SCOPE_MISSING, PROOF_SEEN);
		char text[ADDR_TEXT_SIZE];
		finding_says(to, f, "%s is a link-local address: without an interface it says nothing.",
			     addr_format(addr, text));
		finding_fix(to, f, "add the interface: %s%%eth0", text);
	}
}

const struct rule rule_bind_refused = {.name = "bind-refused", .find = find};
