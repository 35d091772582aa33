/* SPDX-License-Identifier: MIT */
/* Follows landlock_create_ruleset(), landlock_add_rule() and landlock_restrict_self(). */
#include "probe/landlocked.h"

#include <sys/syscall.h>

/* uapi/linux/landlock.h of 6.7, newer than the headers we are built with */
enum { RULE_NET_PORT = 2, ACCESS_BIND_TCP = 1 << 0, ACCESS_CONNECT_TCP = 1 << 1 };

static struct landlock_set *find(struct landlocked *l, pid_t pid, uint64_t fd)
{
	for (unsigned i = l->n; i-- > 0;)
		if (l->sets[i].pid == pid && l->sets[i].fd == (int)fd && !l->sets[i].is_enforced)
			return &l->sets[i];
	return NULL;
}

static void created(struct landlocked *l, const struct traced_call *c)
{
	uint64_t handled[2] = {}; /* files, ports */
	const size_t size = c->args[1] < sizeof(handled) ? c->args[1] : sizeof(handled);

	if (!c->args[0] || l->n == N_LANDLOCK_SETS ||
	    tracer_read(c->tid, c->args[0], handled, size) != size)
		return; /* without attributes it only asks for the version */
	l->sets[l->n++] = (struct landlock_set){.pid = c->pid, .fd = (int)c->result,
						.handled = handled[1]};
}

static void ruled(struct landlocked *l, const struct traced_call *c)
{
	struct landlock_set *set = find(l, c->pid, c->args[0]);
	uint64_t rule[2]; /* allowed, port */

	if (!set || c->args[1] != RULE_NET_PORT)
		return;
	if (set->n_rules == N_LANDLOCK_RULES ||
	    tracer_read(c->tid, c->args[2], rule, sizeof(rule)) != sizeof(rule)) {
		set->is_cut = true;
		return;
	}
	set->rules[set->n_rules].allowed = rule[0];
	set->rules[set->n_rules++].port = rule[1];
}

void landlocked_call(struct landlocked *l, const struct traced_call *c)
{
	if (!c->is_exit || c->result < 0)
		return;
	if (c->number == __NR_landlock_create_ruleset) {
		created(l, c);
	} else if (c->number == __NR_landlock_add_rule) {
		ruled(l, c);
	} else if (c->number == __NR_landlock_restrict_self) {
		struct landlock_set *set = find(l, c->pid, c->args[0]);
		if (set)
			set->is_enforced = true;
	}
}

void landlocked_forked(struct landlocked *l, pid_t parent, pid_t child)
{
	const unsigned n = l->n;

	for (unsigned i = 0; i < n && l->n < N_LANDLOCK_SETS; i++)
		if (l->sets[i].pid == parent) {
			l->sets[l->n] = l->sets[i];
			l->sets[l->n++].pid = child;
		}
}

bool landlocked_denies(const struct landlocked *l, pid_t pid, bool is_bind, uint16_t port)
{
	const uint64_t access = is_bind ? ACCESS_BIND_TCP : ACCESS_CONNECT_TCP;

	for (unsigned i = 0; i < l->n; i++) {
		const struct landlock_set *set = &l->sets[i];
		bool allowed = !(set->handled & access) || set->is_cut;
		if (set->pid != pid || !set->is_enforced)
			continue;
		for (unsigned k = 0; k < set->n_rules; k++)
			allowed |= set->rules[k].port == port && set->rules[k].allowed & access;
		if (!allowed)
			return true;
	}
	return false;
}
