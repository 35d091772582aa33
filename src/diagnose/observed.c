/* SPDX-License-Identifier: MIT */
/* Puts attempts and probes into words. */
#include "diagnose/observed.h"
#include "core/case.h"
#include "core/finding.h"
#include "core/sock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void name_icmp(const struct icmp_seen *icmp, char *text, size_t size)
{
	char from[ADDR_TEXT_SIZE] = "?";

	if (icmp->from.family)
		addr_format(&icmp->from, from);
	snprintf(text, size, "ICMP%s %u/%u from %s", icmp->family == ADDR_IPV6 ? "v6" : "",
		 icmp->type, icmp->code, from);
}

static void observe_attempt(const struct attempt *a, struct findings *to)
{
	char remote[ADDR_TEXT_SIZE + 8], local[ADDR_TEXT_SIZE + 8], icmp[120];
	const char *error = a->error ? strerrorname_np(a->error) : NULL;

	addr_format_port(&a->remote, a->remote_port, remote);
	addr_format_port(&a->local, a->local_port, local);
	finding_evidence(to, to->observed, attempt_phase_name(a->phase), "%s %s%s%s: %s after %.3f s",
			 sock_proto_name((enum sock_proto)a->proto),
			 a->local.family ? local : "", a->local.family ? " > " : "",
			 a->remote.family ? remote : "",
			 a->ok		? "works"
			 : error	? error
			 : a->closed	? "closed by the peer without a byte"
			 : a->timed_out ? "no answer"
					: "failed",
			 a->seconds);
	for (unsigned i = 0; i < a->n_icmps; i++) {
		if (a->icmps[i].is_local)
			continue;
		name_icmp(&a->icmps[i], icmp, sizeof(icmp));
		finding_evidence(to, to->observed, "icmp", "%s", icmp);
	}
}

static void observe_probe(const struct probe *p, const char *from, struct findings *to)
{
	char icmp[120], ttl[16] = "", what[40];

	if (p->answer == PROBE_NOT_SENT)
		return;
	if (p->ttl)
		snprintf(ttl, sizeof(ttl), "TTL %u, ", p->ttl);
	snprintf(what, sizeof(what), "%s%s port %u", ttl,
		 sock_proto_name((enum sock_proto)p->proto), p->port);
	switch (p->answer) {
	case PROBE_ICMP:
		name_icmp(&p->icmp, icmp, sizeof(icmp));
		finding_evidence(to, to->observed, from, "%s: %s", what, icmp);
		break;
	case PROBE_LOCAL_ERROR:
		finding_evidence(to, to->observed, from, "%s: %s", what,
				 strerrorname_np(p->icmp.error) ?: "error");
		break;
	case PROBE_SYN_ACK:
	case PROBE_RESET:
	case PROBE_REPLY:
	case PROBE_SILENT:
	case PROBE_NOT_SENT:
		finding_evidence(to, to->observed, from, "%s: %s", what,
				 p->answer == PROBE_SYN_ACK ? "connects"
				 : p->answer == PROBE_RESET ? "refused by RST"
				 : p->answer == PROBE_REPLY ? "answers"
							    : "no answer");
		break;
	}
}

static void observe_probes(const struct probes *probes, struct findings *to)
{
	unsigned last = 0;

	for (unsigned i = 0; i < probes->n_ladder; i++)
		if (probes->ladder[i].answer != PROBE_SILENT)
			last = i + 1;
	/* One silent rung tells as much as ten. */
	for (unsigned i = 0; i < probes->n_ladder && i <= last; i++)
		observe_probe(&probes->ladder[i], "ttl-probe", to);
	for (unsigned i = 0; i < probes->n_side; i++)
		if (!i || memcmp(&probes->side[i].proto, &probes->side[i - 1].proto, 1) ||
		    probes->side[i].port != probes->side[i - 1].port ||
		    probes->side[i].answer != probes->side[i - 1].answer)
			observe_probe(&probes->side[i], "side-probe", to);
	if (probes->reset_ttl)
		finding_evidence(to, to->observed, "min-ttl", "the RST arrives with TTL %u",
				 probes->reset_ttl);
	if (probes->host_ttl)
		finding_evidence(to, to->observed, "min-ttl",
				 "a RST of another port of the host arrives with TTL %u",
				 probes->host_ttl);
}

void observe(const struct case_facts *facts, struct findings *to)
{
	unsigned shown = 0;

	to->observed = arena_alloc(&to->arena, sizeof(*to->observed));
	if (!to->observed)
		return;
	if (facts->asked.device)
		finding_evidence(to, to->observed, "socket", "the socket is tied to device %s",
				 facts->asked.device);
	for (size_t i = 0; i < facts->n_attempts && shown < 4; i++, shown++)
		observe_attempt(&facts->attempts[i], to);
	observe_probes(&facts->probes, to);
	if (facts->probes.retrans_fail)
		finding_evidence(to, to->observed, "netstat",
				 "TcpExt.TCPRetransFail rose by %u: this host failed to send",
				 facts->probes.retrans_fail);
}
