/* SPDX-License-Identifier: MIT */
/* The call itself was wrong for this kernel: port 0, broadcast, missing scope, no descriptors ... */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

static bool is_broadcast(const struct case_facts *facts, const struct addr *addr)
{
	static const uint8_t all_ones[4] = {255, 255, 255, 255};
	const struct place *own = case_own_place(facts);

	if (addr->family != ADDR_IPV4)
		return false;
	if (!memcmp(addr->bytes, all_ones, 4))
		return true;
	if (facts->forward.n && facts->forward.hops[0].route.known &&
	    facts->forward.hops[0].route.type == RTN_BROADCAST)
		return true;
	for (size_t i = 0; own && i < own->host.n_addresses; i++)
		if (own->host.addresses[i].broadcast.family == ADDR_IPV4 &&
		    addr_equal(&own->host.addresses[i].broadcast, addr))
			return true;
	return false;
}

static void target(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	char remote[ADDR_TEXT_SIZE + 8];
	struct finding *f;

	remote_text(a, remote);
	if (!a->remote_port && a->remote.family && a->phase == PHASE_CONNECT) {
		f = finding_add(to, CAUSE_PORT_ZERO, PROOF_KERNEL);
		finding_says(to, f, "Port 0 was dialled (%s): no service can have that port.", remote);
		finding_fix(to, f, "give the port of the service; often a setting was empty");
	}
	if (a->remote.family && addr_is_any(&a->remote) && a->error) {
		const char *self = a->remote.family == ADDR_IPV4 ? "127.0.0.1" : "::1";
		f = finding_add(to, CAUSE_UNSPECIFIED_IS_SELF, PROOF_KERNEL);
		finding_place(to, f, "this host");
		finding_says(to, f, "%s as a target means this host itself (%s); port %u fails there.",
			     remote, self, a->remote_port);
		finding_evidence(to, f, "connect", "the kernel dials %s port %u instead", self,
				 a->remote_port);
		finding_fix(to, f, "dial the address of the host that is meant");
	}
	const bool multicast = addr_is_multicast(&a->remote);
	if (a->error && (multicast || is_broadcast(facts, &a->remote)) &&
	    (a->proto == SOCK_PROTO_TCP || a->error == EACCES)) {
		f = finding_add(to, CAUSE_DESTINATION_NOT_UNICAST, PROOF_KERNEL);
		finding_says(to, f, "%s is a %s address: %s.", remote,
			     multicast ? "multicast" : "broadcast",
			     a->proto == SOCK_PROTO_TCP ? "TCP cannot connect to one"
							: "the socket lacks SO_BROADCAST");
		finding_fix(to, f, "dial the address of one host");
	}
	if (a->error == EINVAL && addr_is_link_local(&a->remote) &&
	    a->remote.family == ADDR_IPV6 && !a->remote.scope && !facts->asked.device) {
		f = finding_add(to, CAUSE_SCOPE_MISSING, PROOF_KERNEL);
		finding_says(to, f, "%s is a link-local address: without an interface it says nothing.",
			     remote);
		finding_fix(to, f, "add the interface: address%%eth0");
	}
	if (a->error == EMSGSIZE) {
		f = finding_add(to, CAUSE_DATAGRAM_TOO_BIG, PROOF_KERNEL);
		finding_says(to, f,
			     "The datagram of %llu bytes to %s is larger than UDP (65507 bytes over "
			     "IPv4) or the path allows.",
			     (unsigned long long)a->datagram_bytes, remote);
		finding_evidence(to, f, "send", "EMSGSIZE for %llu bytes; limit 65507 bytes",
				 (unsigned long long)a->datagram_bytes);
		finding_fix(to, f, "send smaller datagrams or use TCP");
	}
}

static void socket_call(const struct case_facts *facts, const struct attempt *a, struct findings *to)
{
	struct finding *f;

	if (a->error == EMFILE || a->error == ENFILE) {
		f = finding_add(to, CAUSE_OUT_OF_FDS, PROOF_KERNEL);
		finding_place(to, f, "the calling program");
		finding_says(to, f, "The program has no file descriptor left (%s).",
			     a->error == EMFILE ? "its own limit, RLIMIT_NOFILE" : "fs.file-max");
		finding_evidence(to, f, "socket", "%s; open files limit (nofile)",
				 strerrorname_np(a->error));
		finding_fix(to, f, "close what is not needed, or raise LimitNOFILE / ulimit -n");
	}
	if (a->error == ENODEV && facts->asked.device) {
		f = finding_add(to, CAUSE_NO_SUCH_DEVICE, PROOF_KERNEL);
		finding_place(to, f, "this host");
		finding_says(to, f, "There is no interface %s.", facts->asked.device);
		finding_fix(to, f, "see the interfaces there are: ip link");
	}
	if (a->error == ENETUNREACH && facts->asked.dontroute) {
		f = finding_add(to, CAUSE_DONTROUTE_SET, PROOF_KERNEL);
		finding_says(to, f, "SO_DONTROUTE forbids the gateway that the target needs.");
		finding_evidence(to, f, "setsockopt", "SO_DONTROUTE is set on the socket");
		finding_fix(to, f, "leave SO_DONTROUTE out for targets that are not on the link");
	}
}

static void self_connected(const struct attempt *a, struct findings *to)
{
	char remote[ADDR_TEXT_SIZE + 8];

	if (!a->ok || a->proto != SOCK_PROTO_TCP || a->local_port != a->remote_port ||
	    !a->local.family || !same_host(&a->local, &a->remote))
		return;
	struct finding *f = finding_add(to, CAUSE_SELF_CONNECT, PROOF_KERNEL);
	finding_place(to, f, "this host");
	finding_says(to, f,
		     "The connection to %s is one with itself: nobody listens there, and the kernel "
		     "chose that very port as the source.",
		     remote_text(a, remote));
	finding_evidence(to, f, "socket", "local and remote address are both %s", remote);
	finding_fix(to, f, "start the service; keep its port out of net.ipv4.ip_local_port_range "
			   "(net.ipv4.ip_local_reserved_ports)");
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);

	if (!a || facts->asked.op == CASE_BIND)
		return;
	self_connected(a, to);
	if (a->ok)
		return;
	target(facts, a, to);
	socket_call(facts, a, to);
}

const struct rule rule_own_call = {.name = "own-call", .find = find};
