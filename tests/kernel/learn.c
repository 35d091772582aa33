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
};
enum { N_SWITCHES = sizeof(switches) / sizeof(switches[0]), VOTES = 3 };

static bool *switch_of(struct model_behaviour *behaviour, size_t i)
{
	return (bool *)((char *)behaviour + switches[i].offset);
}

/* Turn the switch that has cured most disagreements, once it has cured a few. */
static void turn_one(struct model_behaviour *behaviour, unsigned votes[N_SWITCHES])
{
	size_t best = 0;

	for (size_t i = 1; i < N_SWITCHES; i++)
		if (votes[i] > votes[best])
			best = i;
	if (votes[best] < VOTES)
		return;
	*switch_of(behaviour, best) = !*switch_of(behaviour, best);
	printf("# %s: %s, other than the version says\n", switches[best].name,
	       *switch_of(behaviour, best) ? "yes" : "no");
	memset(votes, 0, N_SWITCHES * sizeof(*votes));
}

static int learn(unsigned scenarios, uint64_t seed, struct model_behaviour *behaviour)
{
	struct lab lab = {.diag_fd = -1, .sockstat_fd = -1};
	struct execution run = {.nonce = 1};
	unsigned votes[N_SWITCHES] = {0};
	int r = compare_new_lab(&lab);

	for (unsigned number = 0; !r && number < scenarios; number++) {
		struct model_behaviour tries[N_SWITCHES + 1];
		bool differs[N_SWITCHES + 1];
		struct scenario scenario;
		generate(hash_u64(seed ^ 0x6c6561726eull) + number, GENERATE_ANY, &scenario);
		tries[N_SWITCHES] = *behaviour;
		for (size_t i = 0; i < N_SWITCHES; i++) {
			tries[i] = *behaviour;
			*switch_of(&tries[i], i) = !*switch_of(&tries[i], i);
		}
		if (!compare_tries(&run, &lab, &scenario, tries, N_SWITCHES + 1, differs))
			r = compare_new_lab(&lab);
		else
			for (size_t i = 0; i < N_SWITCHES; i++)
				votes[i] += differs[N_SWITCHES] && !differs[i];
		turn_one(behaviour, votes);
	}
	lab_release(&lab);
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
