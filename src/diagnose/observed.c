/* SPDX-License-Identifier: MIT */
/* Puts attempts and probes into words. */
#include "diagnose/observed.h"
#include "core/case.h"
#include "core/finding.h"
#include "core/sock.h"
#include "diagnose/name_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Differences of time below this are of no interest to a program. */
static const double LATE_S = 0.3;

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
	const bool short_time = a->seconds < 1;
	finding_evidence(to, to->observed, attempt_phase_name(a->phase), "%s %s%s%s: %s after %.1f %s",
			 sock_proto_name((enum sock_proto)a->proto),
			 a->local.family ? local : "",
			 a->local.family && a->remote.family ? " > " : "",
			 a->remote.family ? remote : "",
			 a->ok		? "works"
			 : error	? error
			 : a->closed	? "closed by the peer without a byte"
			 : a->timed_out ? "no answer"
					: "failed",
			 a->seconds * (short_time ? 1000 : 1), short_time ? "ms" : "s");
	for (unsigned i = 0; i < a->n_icmps; i++) {
		if (a->icmps[i].is_local)
			continue;
		name_icmp(&a->icmps[i], icmp, sizeof(icmp));
		finding_evidence(to, to->observed, "icmp", "%s", icmp);
	}
}

/* Left out where it shows the same as the attempt. */
static void observe_blocking(const struct attempt *a, struct findings *to)
{
	const struct blocking_seen *b = &a->blocking;
	const int error = a->timed_out ? ETIMEDOUT : a->error;
	char end[48] = "";

	if (a->n_icmps && !a->icmps[0].is_local && a->seconds > a->icmp_seconds + LATE_S)
		finding_evidence(to, to->observed, "icmp",
				 "that error was here after %.1f ms; connect() returns it %.1f s later",
				 a->icmp_seconds * 1000, a->seconds - a->icmp_seconds);
	if (!b->made)
		return;
	if (a->gives_up_seconds)
		snprintf(end, sizeof(end), "; it gives up after %.0f s", a->gives_up_seconds);
	if (b->waits && a->timed_out)
		finding_evidence(to, to->observed, "blocking",
				 "a program's blocking connect() still waits after %.1f s%s", b->seconds,
				 end);
	else if (b->waits)
		finding_evidence(to, to->observed, "blocking",
				 "once more, by a blocking connect(): no answer within %.1f s%s",
				 b->seconds, end);
	else if (!b->error)
		finding_evidence(to, to->observed, "blocking",
				 "once more, by a blocking connect(): works after %.1f ms",
				 b->seconds * 1000);
	else if (b->error != error || b->seconds > a->seconds + LATE_S ||
		 b->seconds + LATE_S < a->seconds)
		finding_evidence(to, to->observed, "blocking",
				 "once more, by a blocking connect(): %s after %.1f s",
				 strerrorname_np(b->error) ?: "an error", b->seconds);
}

/* How long a program is kept that tries the addresses one after the other; 0: not known. */
static double kept_by(const struct attempt *a)
{
	if (a->timed_out && a->error == 0)
		return a->gives_up_seconds;
	return a->blocking.made && !a->blocking.waits && a->blocking.error ? a->blocking.seconds
									     : a->seconds;
}

static void observe_in_turn(const struct case_facts *facts, struct findings *to)
{
	char remote[ADDR_TEXT_SIZE + 8];
	const struct attempt *last = NULL;
	double seconds = 0;
	unsigned n = 0;

	for (size_t i = 0; i < facts->n_attempts; i++) {
		const struct attempt *a = &facts->attempts[i];
		if (a->is_retry || a->by_program || a->proto != SOCK_PROTO_TCP)
			return;
		last = a;
		if (a->ok)
			break;
		if (a->timed_out && !a->gives_up_seconds)
			return;
		seconds += kept_by(a);
		n++;
	}
	if (!n || !last || facts->n_attempts < 2 || seconds < LATE_S)
		return;
	addr_format_port(&last->remote, last->remote_port, remote);
	if (last->ok)
		finding_evidence(to, to->observed, "blocking",
				 "a program that tries the addresses in turn waits %.1f s until %s works",
				 seconds, remote);
	else
		finding_evidence(to, to->observed, "blocking",
				 "a program that tries the addresses in turn fails after %.1f s", seconds);
}

/* NULL: it takes more words. */
static const char *answer_words(const struct probe *p)
{
	switch (p->answer) {
	case PROBE_SYN_ACK:
		return "connects";
	case PROBE_RESET:
		return "refused by RST";
	case PROBE_REPLY:
		return "answers";
	case PROBE_SILENT:
		return "no answer";
	case PROBE_LOCAL_ERROR:
		return strerrorname_np(p->icmp.error) ?: "error";
	case PROBE_ICMP:
	case PROBE_NOT_SENT:
		break;
	}
	return NULL;
}

static void observe_probe(const struct probe *p, const char *ports, const char *from,
			  struct findings *to)
{
	char icmp[120], ttl[16] = "";

	if (p->answer == PROBE_NOT_SENT)
		return;
	if (p->ttl)
		snprintf(ttl, sizeof(ttl), "TTL %u, ", p->ttl);
	name_icmp(&p->icmp, icmp, sizeof(icmp));
	if (p->proto == SOCK_PROTO_ICMP)
		finding_evidence(to, to->observed, from, "%secho request: %s", ttl,
				 answer_words(p) ?: icmp);
	else
		finding_evidence(to, to->observed, from, "%s%s %s: %s", ttl,
				 sock_proto_name((enum sock_proto)p->proto), ports, answer_words(p) ?: icmp);
}

static void observe_rung(const struct probe *p, struct findings *to)
{
	char port[16];

	snprintf(port, sizeof(port), "port %u", p->port);
	observe_probe(p, port, "ttl-probe", to);
}

static bool same_answer(const struct probe *a, const struct probe *b)
{
	if (a->proto != b->proto || a->answer != b->answer)
		return false;
	return a->answer == PROBE_ICMP ? a->icmp.type == b->icmp.type && a->icmp.code == b->icmp.code &&
						 addr_equal(&a->icmp.from, &b->icmp.from)
				       : answer_words(a) == answer_words(b);
}

/* Ports that answer alike are told together, with the first of them. */
static void observe_side(const struct probe *side, unsigned n, struct findings *to)
{
	for (unsigned i = 0; i < n; i++) {
		char list[80], ports[sizeof(list) + 8];
		size_t len = (size_t)sprintf(list, "%u", side[i].port);
		bool told = false, many = false;
		for (unsigned k = 0; k < i && !told; k++)
			told = same_answer(&side[k], &side[i]);
		for (unsigned k = i + 1; k < n && !told && len < sizeof(list) - 8; k++) {
			if (!same_answer(&side[k], &side[i]) || side[k].port == side[k - 1].port)
				continue;
			len += (size_t)sprintf(list + len, ", %u", side[k].port);
			many = true;
		}
		snprintf(ports, sizeof(ports), "port%s %s", many ? "s" : "", list);
		if (!told)
			observe_probe(&side[i], ports, "side-probe", to);
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
		observe_rung(&probes->ladder[i], to);
	observe_side(probes->side, probes->n_side, to);
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
	name_observed(&facts->resolving, to);
	for (size_t i = 0; i < facts->n_attempts && shown < 4; i++, shown++)
		observe_attempt(&facts->attempts[i], to);
	for (size_t i = 0; i < facts->n_attempts; i++)
		observe_blocking(&facts->attempts[i], to);
	observe_in_turn(facts, to);
	observe_probes(&facts->probes, to);
	if (facts->probes.retrans_fail)
		finding_evidence(to, to->observed, "netstat",
				 "TcpExt.TCPRetransFail rose by %u: this host failed to send",
				 facts->probes.retrans_fail);
}
