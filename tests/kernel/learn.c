/* SPDX-License-Identifier: MIT */
/* Behaviour is probed, as stable branches take changes that their version number does not tell. */
#include "learn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/hash.h"
#include "compare.h"
#include "probe/behaviour.h"

struct learner {
	struct lab lab;
	struct execution run;
	struct model_behaviour behaviour;
	uint32_t tried; /* bits that berth found out by trying */
	unsigned votes[N_BEHAVIOURS]; /* disagreements that each switch would have cured */
};

/* Does the library differ on @scenario, and which single switches would cure it? */
static bool find_cures(struct learner *l, const struct scenario *scenario, bool *ret_cures)
{
	struct model_behaviour tries[N_BEHAVIOURS + 1];
	bool differs[N_BEHAVIOURS + 1], found = false;

	tries[N_BEHAVIOURS] = l->behaviour;
	for (size_t i = 0; i < N_BEHAVIOURS; i++) {
		tries[i] = l->behaviour;
		*model_behaviour_bit(&tries[i], i) = !*model_behaviour_bit(&tries[i], i);
	}
	if (!compare_tries(&l->run, &l->lab, scenario, tries, N_BEHAVIOURS + 1, differs)) {
		compare_new_lab(&l->lab);
		return false;
	}
	for (size_t i = 0; i < N_BEHAVIOURS; i++) {
		ret_cures[i] = differs[N_BEHAVIOURS] && !differs[i];
		found |= ret_cures[i];
	}
	return found;
}

/* Turn the switch that has cured most, if it cures this one again and again. */
static void turn_one(struct learner *l, const struct scenario *scenario)
{
	bool cures[N_BEHAVIOURS];
	size_t best = 0;

	for (size_t i = 1; i < N_BEHAVIOURS; i++)
		if (l->votes[i] > l->votes[best])
			best = i;
	for (int again = 0; again < 3; again++)
		if (!find_cures(l, scenario, cures) || !cures[best])
			return;
	*model_behaviour_bit(&l->behaviour, best) = !*model_behaviour_bit(&l->behaviour, best);
	printf("# %s: %s, other than %s\n", model_behaviour_row(best)->name,
	       *model_behaviour_bit(&l->behaviour, best) ? "yes" : "no",
	       l->tried >> best & 1 ? "WAS TRIED" : "the version says");
	memset(l->votes, 0, sizeof(l->votes));
}

static int learn(unsigned scenarios, uint64_t seed, uint32_t tried,
		 struct model_behaviour *behaviour)
{
	struct learner l = {.lab = {.diag_fd = -1, .sockstat_fd = -1}, .run = {.nonce = 1},
			    .behaviour = *behaviour, .tried = tried};
	int r = compare_new_lab(&l.lab);

	for (unsigned number = 0; !r && number < scenarios; number++) {
		struct scenario scenario;
		bool cures[N_BEHAVIOURS];
		generate(hash_u64(seed ^ 0x6c6561726eull) + number, GENERATE_ANY, &scenario);
		if (!find_cures(&l, &scenario, cures))
			continue;
		for (size_t i = 0; i < N_BEHAVIOURS; i++)
			l.votes[i] += cures[i];
		turn_one(&l, &scenario);
	}
	*behaviour = l.behaviour;
	lab_release(&l.lab);
	return r;
}

int learn_behaviour(unsigned scenarios, uint64_t seed, struct model_behaviour *ret)
{
	struct kernel_behaviour tried;
	unsigned major, minor;
	int pipe_fds[2], status, r = 0;
	pid_t child;

	behaviour_version(&major, &minor);
	*ret = model_behaviour_of(major, minor);
	behaviour_probe(&tried);
	model_behaviour_apply(ret, &tried);
	if (pipe(pipe_fds) < 0)
		return -errno;
	fflush(NULL);
	child = fork(); /* the namespace shall be the child's alone */
	if (!child) {
		struct model_behaviour behaviour = *ret;
		r = learn(scenarios, seed, tried.known, &behaviour);
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
