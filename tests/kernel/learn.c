/* SPDX-License-Identifier: MIT */
/* Behaviour is probed, as stable branches take changes that their version number does not tell. */
#include "learn.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/hash.h"
#include "compare.h"

#define SWITCH(name) {#name, offsetof(struct model_behaviour, name)}

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	SWITCH(device_scores),	 SWITCH(bind_by_address), SWITCH(reset_on_fail),
	SWITCH(cpu_in_group),	 SWITCH(udp_rescore),	  SWITCH(reuse_memory),
	SWITCH(range_by_ones),	 SWITCH(early_regroup),	  SWITCH(udp_tuple_table),
	SWITCH(udp_fallback),	 SWITCH(time_wait_delay), SWITCH(owner_stays),
	SWITCH(connect_returns), SWITCH(udp_wildcard_full),
	SWITCH(mapped_wildcard),
};
enum { N_SWITCHES = sizeof(switches) / sizeof(switches[0]) };

static bool *switch_of(struct model_behaviour *behaviour, size_t i)
{
	return (bool *)((char *)behaviour + switches[i].offset);
}

struct learner {
	struct lab lab;
	struct execution run;
	struct model_behaviour behaviour;
	unsigned votes[N_SWITCHES]; /* disagreements that each switch would have cured */
};

/* Does the library differ on @scenario, and which single switches would cure it? */
static bool find_cures(struct learner *l, const struct scenario *scenario, bool *ret_cures)
{
	struct model_behaviour tries[N_SWITCHES + 1];
	bool differs[N_SWITCHES + 1], found = false;

	tries[N_SWITCHES] = l->behaviour;
	for (size_t i = 0; i < N_SWITCHES; i++) {
		tries[i] = l->behaviour;
		*switch_of(&tries[i], i) = !*switch_of(&tries[i], i);
	}
	if (!compare_tries(&l->run, &l->lab, scenario, tries, N_SWITCHES + 1, differs)) {
		compare_new_lab(&l->lab);
		return false;
	}
	for (size_t i = 0; i < N_SWITCHES; i++) {
		ret_cures[i] = differs[N_SWITCHES] && !differs[i];
		found |= ret_cures[i];
	}
	return found;
}

/* Turn the switch that has cured most, if it cures this one again and again. */
static void turn_one(struct learner *l, const struct scenario *scenario)
{
	bool cures[N_SWITCHES];
	size_t best = 0;

	for (size_t i = 1; i < N_SWITCHES; i++)
		if (l->votes[i] > l->votes[best])
			best = i;
	for (int again = 0; again < 3; again++)
		if (!find_cures(l, scenario, cures) || !cures[best])
			return;
	*switch_of(&l->behaviour, best) = !*switch_of(&l->behaviour, best);
	printf("# %s: %s, other than the version says\n", switches[best].name,
	       *switch_of(&l->behaviour, best) ? "yes" : "no");
	memset(l->votes, 0, sizeof(l->votes));
}

static int learn(unsigned scenarios, uint64_t seed, struct model_behaviour *behaviour)
{
	struct learner l = {.lab = {.diag_fd = -1, .sockstat_fd = -1}, .run = {.nonce = 1},
			    .behaviour = *behaviour};
	int r = compare_new_lab(&l.lab);

	for (unsigned number = 0; !r && number < scenarios; number++) {
		struct scenario scenario;
		bool cures[N_SWITCHES];
		generate(hash_u64(seed ^ 0x6c6561726eull) + number, GENERATE_ANY, &scenario);
		if (!find_cures(&l, &scenario, cures))
			continue;
		for (size_t i = 0; i < N_SWITCHES; i++)
			l.votes[i] += cures[i];
		turn_one(&l, &scenario);
	}
	*behaviour = l.behaviour;
	lab_release(&l.lab);
	return r;
}

int learn_behaviour(unsigned scenarios, uint64_t seed, struct model_behaviour *ret)
{
	struct utsname name;
	unsigned major = 6, minor = 18;
	int pipe_fds[2], status, r = 0;
	pid_t child;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	*ret = model_behaviour_of(major, minor);
	if (pipe(pipe_fds) < 0)
		return -errno;
	fflush(NULL);
	child = fork(); /* the namespace shall be the child's alone */
	if (!child) {
		struct model_behaviour behaviour = *ret;
		r = learn(scenarios, seed, &behaviour);
		fflush(NULL);
		if (!r && write(pipe_fds[1], &behaviour, sizeof(behaviour)) != sizeof(behaviour))
			r = -EIO;
		_exit(-r & 0x7f);
	}
	close(pipe_fds[1]);
	if (child < 0 || read(pipe_fds[0], ret, sizeof(*ret)) != sizeof(*ret))
		r = -EIO;
	close(pipe_fds[0]);
	if (child > 0 && waitpid(child, &status, 0) < 0)
		r = -errno;
	return r;
}
