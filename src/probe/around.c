/* SPDX-License-Identifier: MIT */
/* Probes around a failure: the TTL ladder, the same port again, other ports of the host. */
#include "probe/around.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/distance.h"
#include "probe/tap.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static const uint64_t MS = 1000000;

/* Ports that are rarely filtered or rarely open: an answer of either kind proves a living host. */
static const uint16_t side_ports[] = {9, 22, 80, 443};
/* traceroute's port: closed nearly everywhere, answered by ICMP port unreachable. */
enum { SIDE_UDP_PORT = 33434, N_AGAIN = 4 };
enum {
	LADDER_WAIT_MS = 1300,
	LATE_WAIT_MS = 3500,
	REPEAT_WAIT_MS = 1200,
	ANSWERED_WAIT_MS = 250,
	RUNG_WAIT_MS = 50,
	QUICK_WAIT_MS = 20,
};

/* Did a packet leave and an answer matter? Otherwise the kernel's own word is all there is. */
static bool worth_asking(const struct attempt *a)
{
	switch (a->phase) {
	case PHASE_NONE:
	case PHASE_RESOLVE:
	case PHASE_SOCKET:
	case PHASE_BIND:
	case PHASE_LISTEN:
		if (a->error)
			return false;
		break;
	case PHASE_CONNECT:
	case PHASE_SEND:
	case PHASE_RECV:
		break;
	}
	switch (a->error) {
	case 0:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case EHOSTUNREACH:
	case EAGAIN:
	case EINPROGRESS:
		return true;
	case ENETUNREACH:
	case EACCES:
	case EPERM:
	case EPROTO:
		/* A program's socket does not say whether ICMP was behind it: ask again. */
		return a->by_program || (a->n_icmps > 0 && !a->icmps[0].is_local);
	default:
		return false;
	}
}

static void add_side(struct around *around, const struct attempt *a, uint8_t proto, uint16_t port)
{
	if (around->n_side == AROUND_SIDE)
		return;
	around->side[around->n_side++] =
		(struct asking){.fd = -1, .dst = a->remote, .probe = {.proto = proto, .port = port}};
}

static void plan_side(struct around *around, const struct case_facts *facts,
		      const struct attempt *a)
{
	const bool has_source = facts->asked.bind_addr.family != ADDR_NONE || facts->asked.bind_port;
	/*
	 * Where the handshake works, one more tells nothing and takes a place in the queue of a server
	 * that may be stuck; the blocking look is one of them.
	 */
	const unsigned n_again = a->connected			 ? 0
				 : a->proto == SOCK_PROTO_TCP ? N_AGAIN - around->blocking.started
							      : 1;

	for (unsigned i = 0; i < n_again; i++)
		add_side(around, a, a->proto, a->remote_port);
	/* With a source of its own the first one repeats it, the others show whether it matters. */
	for (unsigned i = 0; has_source && i < n_again; i++) {
		around->side[i].same_port = i == 0;
		around->side[i].any_source = i + 1 == n_again && i;
		around->side[i].probe.other_source = around->side[i].any_source ||
						     (i && facts->asked.bind_port);
	}
	for (unsigned i = 0; i < N_ELEMENTS(side_ports); i++)
		if (a->proto != SOCK_PROTO_TCP || side_ports[i] != a->remote_port)
			add_side(around, a, SOCK_PROTO_TCP, side_ports[i]);
	if (a->proto != SOCK_PROTO_UDP || a->remote_port != SIDE_UDP_PORT)
		add_side(around, a, SOCK_PROTO_UDP, SIDE_UDP_PORT);
	add_side(around, a, SOCK_PROTO_ICMP, 0);
}

static bool from_target(const struct asking *asking)
{
	struct addr from = addr_unmapped(&asking->probe.icmp.from);
	struct addr dst = addr_unmapped(&asking->dst);

	from.scope = dst.scope = 0;
	switch (asking->probe.answer) {
	case PROBE_SYN_ACK:
	case PROBE_RESET:
	case PROBE_REPLY:
		return true;
	case PROBE_ICMP:
		return addr_equal(&from, &dst);
	case PROBE_SILENT:
	case PROBE_LOCAL_ERROR:
	case PROBE_NOT_SENT:
		break;
	}
	return false;
}

/*
 * All rungs at once; where the handshake works one after the other and none after the target, as
 * each that comes there takes a place in the listener's queue.
 */
static void climb(struct around *around)
{
	while (around->n_asked < around->n_ladder) {
		const struct asking *last = around->n_asked ? &around->ladder[around->n_asked - 1] : NULL;
		if (around->rung_wait_ns && last) {
			if (from_target(last))
				around->n_ladder = around->n_asked;
			if (from_target(last) || (!last->done && monotonic_ns() < last->started_ns +
									  around->rung_wait_ns))
				return;
		}
		asking_start(&around->ladder[around->n_asked++], around->asked);
	}
}

/* After a quick answer: a repetition that gets another one makes the ladder careful. */
static void see_whether_it_works(struct around *around, const struct attempt *a)
{
	const uint64_t rtt_ns = (uint64_t)(a->seconds * 3e9) + QUICK_WAIT_MS * MS;
	const uint64_t limit_ns = a->by_program && !a->n_icmps ? REPEAT_WAIT_MS * MS
				  : rtt_ns < ANSWERED_WAIT_MS * MS ? rtt_ns
								      : ANSWERED_WAIT_MS * MS;
	const uint64_t until_ns = monotonic_ns() + limit_ns;

	asking_wait(around->side, 1, until_ns);
	while (around->side[0].probe.answer != PROBE_SYN_ACK &&
	       !blocking_is_done(&around->blocking) && monotonic_ns() < until_ns)
		poll(NULL, 0, 1);
	if (around->side[0].probe.answer == PROBE_SYN_ACK || blocking_works(&around->blocking))
		around->rung_wait_ns = RUNG_WAIT_MS * MS + rtt_ns;
}

void around_start(struct around *around, const struct case_facts *facts, const struct attempt *a)
{
	if (around->started || !worth_asking(a))
		return;
	around->started = true;
	around->started_ns = monotonic_ns();
	around->proto = a->proto;
	around->asked = &facts->asked;
	if (a->connected)
		around->rung_wait_ns = RUNG_WAIT_MS * MS + (uint64_t)(a->connect_seconds * 2e9);
	if (!addr_is_loopback(&a->remote))
		around->n_ladder = AROUND_LADDER;
	/* Hosts send few ICMP errors a second to one peer: the most telling questions go first. */
	if (!around->tap)
		around->tap = tap_start();
	/* A program's own refusal is that look already; its ICMP error must come to the repetition. */
	const bool is_told = a->by_program && a->error && a->error != ETIMEDOUT;
	if (!a->connected && !facts->asked.is_signed && !is_told)
		blocking_start(&around->blocking, &facts->asked, a, facts->until_ns);
	plan_side(around, facts, a);
	asking_start(&around->side[0], &facts->asked);
	if (!a->connected && a->error && a->error != ETIMEDOUT)
		see_whether_it_works(around, a);
	for (unsigned i = 0; i < around->n_ladder; i++)
		around->ladder[i] = (struct asking){
			.fd = -1,
			.dst = a->remote,
			.probe = {.proto = a->proto, .port = a->remote_port, .ttl = (uint8_t)(i + 1)}};
	climb(around);
	for (unsigned i = 1; i < around->n_side; i++)
		asking_start(&around->side[i], &facts->asked);
}

void around_step(struct around *around)
{
	for (unsigned i = 0; i < around->n_asked; i++)
		asking_check(&around->ladder[i]);
	climb(around);
	for (unsigned i = 0; i < around->n_side; i++)
		asking_check(&around->side[i]);
}

unsigned around_fds(const struct around *around, struct pollfd *fds)
{
	unsigned n = 0;

	for (unsigned i = 0; i < around->n_asked + around->n_side; i++) {
		const struct asking *asking = i < around->n_asked
						      ? &around->ladder[i]
						      : &around->side[i - around->n_asked];
		if (!asking->done && asking->fd >= 0)
			fds[n++] = (struct pollfd){
				.fd = asking->fd,
				.events = asking->probe.proto == SOCK_PROTO_TCP ? POLLOUT : POLLIN};
	}
	return n;
}

/* All that can still come has come: the ladder up to the target, and the side probes. */
static bool is_complete(const struct around *around)
{
	unsigned target = 0;

	for (unsigned i = 0; i < around->n_ladder && !target; i++) {
		if (!around->ladder[i].done)
			return false;
		if (from_target(&around->ladder[i]) || around->ladder[i].probe.answer != PROBE_ICMP)
			target = i + 1;
	}
	for (unsigned i = 0; i < around->n_side; i++)
		if (!around->side[i].done)
			return false;
	return blocking_is_done(&around->blocking);
}

static void store(const struct around *around, struct case_facts *facts, const struct attempt *a)
{
	struct probes *probes = &facts->probes;

	for (unsigned i = 0; i < around->n_asked && i < N_LADDER; i++) {
		probes->ladder[probes->n_ladder++] = around->ladder[i].probe;
		if (from_target(&around->ladder[i])) {
			probes->host_hops = (uint8_t)(i + 1);
			break;
		}
	}
	for (unsigned i = 0; i < around->n_side && i < N_SIDE_PROBES; i++) {
		const struct asking *side = &around->side[i];
		const bool same_port = side->probe.proto == a->proto &&
				       side->probe.port == a->remote_port;
		if (side->probe.proto == SOCK_PROTO_ICMP && side->probe.answer == PROBE_NOT_SENT)
			continue; /* not allowed to us: that says nothing */
		probes->side[probes->n_side++] = side->probe;
		if (!same_port && from_target(side))
			probes->host_alive = true;
	}
}

/* The blocking look is one more handshake for rules that count those that work. */
static void store_blocking(struct case_facts *facts, const struct attempt *a)
{
	const struct blocking_seen *seen = &a->blocking;
	struct probes *probes = &facts->probes;

	if (seen->made && !seen->waits && !seen->error && probes->n_side < N_SIDE_PROBES)
		probes->side[probes->n_side++] = (struct probe){.proto = a->proto,
								.port = a->remote_port,
								.tries = 1,
								.answer = PROBE_SYN_ACK,
								.seconds = seen->seconds};
}

/*
 * A program's own socket mostly does not collect ICMP errors: what the same question brought us
 * with the same errno is what it met.
 */
static void lend_icmp(const struct around *around, struct attempt *a)
{
	for (unsigned i = 0; i < around->n_side && !a->n_icmps; i++) {
		const struct probe *p = &around->side[i].probe;
		if (a->by_program && p->proto == a->proto && p->port == a->remote_port &&
		    p->answer == PROBE_ICMP && p->icmp.error == a->error)
			a->icmps[a->n_icmps++] = p->icmp;
	}
}

static void measure_resets(const struct around *around, struct case_facts *facts,
			   const struct attempt *a, uint64_t until_ns)
{
	struct probes *probes = &facts->probes;

	if (a->proto != SOCK_PROTO_TCP || addr_is_loopback(&a->remote) ||
	    a->error != ECONNREFUSED || a->n_icmps)
		return;
	probes->reset_ttl = reset_distance(&facts->asked, &a->remote, a->remote_port,
					   a->seconds, until_ns);
	for (unsigned i = 0; i < around->n_side && !probes->host_ttl; i++)
		if (around->side[i].probe.answer == PROBE_RESET &&
		    around->side[i].probe.proto == SOCK_PROTO_TCP &&
		    around->side[i].probe.port != a->remote_port)
			probes->host_ttl =
				reset_distance(&facts->asked, &a->remote,
					       around->side[i].probe.port, a->seconds, until_ns);
}

void around_finish(struct around *around, struct case_facts *facts, struct attempt *a,
		   uint64_t until_ns)
{
	/* Where the asked port answers at once, silence of the rest is no longer worth waiting for. */
	const bool answered = !a->timed_out && a->error != ETIMEDOUT && a->seconds < 0.2;
	/* Did the program only lose patience? */
	const bool impatient = a->by_program && a->timed_out && a->seconds < 3;
	uint64_t wait_ms = impatient ? LATE_WAIT_MS : LADDER_WAIT_MS;
	uint64_t end_ns = around->started_ns + wait_ms * MS;

	if (!around->started)
		return;
	if (end_ns > until_ns)
		end_ns = until_ns;
	around_step(around);
	while (!is_complete(around) && monotonic_ns() < end_ns) {
		/* The repetition must end: hosts limit how many ICMP errors they send a second. */
		const uint64_t rest_ms = answered ? ANSWERED_WAIT_MS : LADDER_WAIT_MS;
		if ((answered || impatient) && around->side[0].done &&
		    monotonic_ns() > around->started_ns + rest_ms * MS)
			break;
		struct pollfd fds[AROUND_MAX_FDS];
		unsigned n = around_fds(around, fds);
		poll(fds, n, 20);
		case_doing(facts, "asking around it");
		around_step(around);
	}
	asking_stop(around->ladder, around->n_asked);
	asking_stop(around->side, around->n_side);
	blocking_finish(&around->blocking, &a->blocking);
	for (unsigned i = 0; i < around->n_side; i++)
		if (around->side[i].probe.proto == a->proto &&
		    around->side[i].probe.port == a->remote_port)
			tap_add_port(around->tap, around->side[i].local_port);
	tap_finish(around->tap, facts, a);
	store(around, facts, a);
	store_blocking(facts, a);
	lend_icmp(around, a);
	measure_resets(around, facts, a, until_ns);
}

void around_release(struct around *around)
{
	struct blocking_seen nobody_asks;

	asking_stop(around->ladder, around->n_asked);
	asking_stop(around->side, around->n_side);
	blocking_finish(&around->blocking, &nobody_asks);
	tap_free(around->tap);
	around->tap = NULL;
}
