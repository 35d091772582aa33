/* SPDX-License-Identifier: MIT */
/* Orders the attempts and the probes around them in time. */
#include "probe/investigate.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/around.h"
#include "probe/attempting.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static const uint64_t MS = 1000000;

/* An answer that comes at all mostly comes within this; only then is it worth asking around. */
static const uint64_t PATIENCE_MS = 400;

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void wait_a_little(const struct attempting *at, const struct around *around)
{
	struct pollfd fds[AROUND_MAX_FDS + 1];
	nfds_t n = 0;

	if (at->fd >= 0 && !at->done)
		fds[n++] = (struct pollfd){
			.fd = at->fd,
			.events = at->attempt.proto == SOCK_PROTO_TCP ? POLLOUT : POLLIN};
	if (around)
		n += around_fds(around, fds + n);
	poll(fds, n, 50);
}

static void run_attempt(struct case_facts *facts, struct attempting *at, uint64_t until_ns,
			struct around *around)
{
	const uint64_t ask_around_ns = at->attempt.started_ns + PATIENCE_MS * MS;
	bool asking_around = false;

	while (!at->done && monotonic_ns() < until_ns) {
		wait_a_little(at, asking_around ? around : NULL);
		case_doing(facts, asking_around ? "no answer yet, asking around it" : "connecting");
		attempting_check(at);
		if (around && !asking_around && !at->done && monotonic_ns() >= ask_around_ns) {
			around_start(around, facts, &at->attempt);
			asking_around = true;
		}
		if (asking_around)
			around_step(around);
	}
	attempting_stop(at);
}

static uint64_t attempt_limit_ms(const struct case_facts *facts, size_t n_addrs)
{
	const uint64_t now = monotonic_ns();
	const uint64_t all = facts->until_ns > now ? (facts->until_ns - now) / MS : 0;

	if (facts->asked.proto == SOCK_PROTO_UDP)
		return min_u64(all, 1800);
	return n_addrs > 1 ? all / (n_addrs + 1) : all * 7 / 10;
}

int investigate_connect(struct case_facts *facts, const struct addr *addrs, size_t n_addrs)
{
	const uint64_t end_ns = facts->until_ns, limit_ms = attempt_limit_ms(facts, n_addrs);
	AUTO(around_release) struct around around = {};
	bool failed = false;

	for (size_t i = 0; i < n_addrs; i++) {
		struct attempting at;
		uint64_t now = monotonic_ns();
		if (now >= end_ns)
			break;
		attempting_connect(&at, &facts->asked, &addrs[i]);
		run_attempt(facts, &at, min_u64(end_ns, now + limit_ms * MS),
			    failed ? NULL : &around);
		struct attempt *attempt = case_add_attempt(facts);
		if (!attempt)
			return -ENOMEM;
		*attempt = at.attempt;
		if (attempt->ok)
			break;
		failed = true;
	}
	struct attempt *subject = NULL;
	for (size_t i = 0; i < facts->n_attempts && !subject; i++)
		if (!facts->attempts[i].ok)
			subject = &facts->attempts[i];
	if (failed && subject) {
		around_start(&around, facts, subject); /* if it failed too fast for that */
		around_finish(&around, facts, subject, min_u64(end_ns, monotonic_ns() + 2500 * MS));
	}
	return 0;
}

void investigate_around(struct case_facts *facts, struct attempt *failed, uint64_t until_ns)
{
	AUTO(around_release) struct around around = {};

	around_start(&around, facts, failed);
	around_finish(&around, facts, failed, until_ns);
}

void investigate_others(struct case_facts *facts, const struct attempt *failed,
			const struct addr *addrs, size_t n_addrs)
{
	const struct addr tried = failed->remote; /* adding attempts may move @failed */

	for (size_t i = 0; i < n_addrs; i++) {
		struct attempting at;
		if (addr_equal(&addrs[i], &tried))
			continue;
		attempting_connect(&at, &facts->asked, &addrs[i]);
		run_attempt(facts, &at, monotonic_ns() + 1000 * MS, NULL);
		struct attempt *attempt = case_add_attempt(facts);
		if (!attempt)
			return;
		*attempt = at.attempt;
		attempt->is_retry = true;
	}
}
