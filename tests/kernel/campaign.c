/* SPDX-License-Identifier: MIT */
/* Workers are processes, each with a namespace of its own; counters are memory they share. */
#include "campaign.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/hash.h"
#include "tight.h"

enum { SCENARIOS_A_LAB = 2000, MAX_WORKERS = 16 };

struct shared {
	struct campaign_result result;
	uint64_t next;
};

static void count(uint64_t *counter, uint64_t more)
{
	__atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

struct worker {
	const struct campaign *campaign;
	struct shared *shared;
	struct lab lab;
	struct execution run;
	struct comparison result;
};

/* Again in a fresh namespace: what differs every now and then only is noted, not printed. */
static bool comes_again(struct worker *w, const struct scenario *scenario)
{
	for (int tries = 0; tries < 5; tries++) {
		if (compare_new_lab(&w->lab))
			return false;
		compare(&w->run, &w->lab, scenario, &w->campaign->terms, &w->result);
		if (w->result.verdict == LINES_DIFFER)
			return true;
	}
	return false;
}

static void report(struct worker *w, uint64_t number, struct scenario *scenario)
{
	const struct campaign *campaign = w->campaign;
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t lines;

	if (campaign->quiet)
		return;
	shrink(&w->run, &w->lab, &campaign->terms, scenario);
	w->result.wants_script = true;
	for (int tries = 0; tries < 5; tries++) {
		if (w->result.dirty)
			compare_new_lab(&w->lab);
		compare(&w->run, &w->lab, scenario, &campaign->terms, &w->result);
		if (w->result.verdict == LINES_DIFFER)
			break;
	}
	w->result.wants_script = false;
	lines = scenario->n;
	strbuf_printf(&text, "# disagreement: --seed %llu --first %llu (%zu lines)\n",
		      (unsigned long long)campaign->seed, (unsigned long long)number, lines);
	strbuf_add_text(&text, w->result.script.text);
	strbuf_add_char(&text, '\n');
	if (write(STDOUT_FILENO, text.text, text.len) < 0)
		perror("write");
}

static void roll_often(struct worker *w, uint64_t number, const struct scenario *scenario)
{
	struct campaign_result *sum = &w->shared->result;
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	enum tight said = tight(&w->run, &w->lab, scenario, &text);

	count(&sum->scenarios, 1);
	count(&sum->rolled, said != TIGHT_NOTHING);
	count(&sum->failures, said == TIGHT_NO);
	if (said == TIGHT_NO)
		printf("# too many candidates: --tight --seed %llu --first %llu\n%s\n",
		       (unsigned long long)w->campaign->seed, (unsigned long long)number, text.text);
	fflush(stdout);
}

static void one_scenario(struct worker *w, uint64_t number)
{
	struct campaign_result *sum = &w->shared->result;
	struct scenario scenario;

	generate(hash_u64(w->campaign->seed) + number, w->campaign->theme, &scenario);
	if (w->campaign->tight) {
		roll_often(w, number, &scenario);
		return;
	}
	compare(&w->run, &w->lab, &scenario, &w->campaign->terms, &w->result);
	count(&sum->scenarios, 1);
	count(&sum->lines, w->result.lines);
	count(&sum->dice, w->result.dice);
	count(&sum->deliveries, w->result.deliveries);
	count(&sum->oracle_asked, w->result.oracle_asked);
	count(&sum->untried, w->result.untried);
	count(&sum->unsaid, w->result.verdict == LINES_UNSAID);
	count(&sum->no_lab, w->result.verdict == LINES_NO_LAB);
	if (w->result.verdict != LINES_DIFFER)
		return;
	if (!comes_again(w, &scenario)) {
		count(&sum->flaky, 1);
		printf("# not repeatable: --seed %llu --first %llu --count 1\n",
		       (unsigned long long)w->campaign->seed, (unsigned long long)number);
		fflush(stdout);
		return;
	}
	if (!__atomic_load_n(&sum->failures, __ATOMIC_RELAXED))
		sum->first_failure = sum->scenarios;
	count(&sum->failures, 1);
	report(w, number, &scenario);
}

/* A socket that got a packet prefers the CPU it came on: stay on one, so that this is no dice. */
static void stay_on_cpu(unsigned number)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static int work(struct worker *w)
{
	const struct campaign *campaign = w->campaign;
	double end = campaign->seconds ? now() + campaign->seconds : 0;
	unsigned in_lab = 0;
	int r = compare_new_lab(&w->lab);

	while (!r) {
		uint64_t number = __atomic_fetch_add(&w->shared->next, 1, __ATOMIC_RELAXED);
		if (number - campaign->first >= campaign->scenarios || (end > 0 && now() > end) ||
		    __atomic_load_n(&w->shared->result.failures, __ATOMIC_RELAXED) >=
			    campaign->failures)
			return 0;
		one_scenario(w, number);
		if (w->result.dirty || ++in_lab >= SCENARIOS_A_LAB) {
			r = compare_new_lab(&w->lab);
			in_lab = 0;
		}
	}
	return r;
}

int campaign_run(const struct campaign *campaign, struct campaign_result *ret)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[MAX_WORKERS];
	unsigned n = campaign->workers < MAX_WORKERS ? campaign->workers : MAX_WORKERS;
	int r = 0, status;

	if (shared == MAP_FAILED)
		return -errno;
	shared->next = campaign->first;
	fflush(NULL);
	for (unsigned i = 0; i < n; i++) {
		children[i] = fork();
		if (!children[i]) {
			struct worker w = {.campaign = campaign, .shared = shared,
					   .lab = {.diag_fd = -1, .sockstat_fd = -1},
					   .run = {.nonce = 1}};
			w.result.script = STRBUF_INIT;
			stay_on_cpu(i);
			_exit(-work(&w) & 0x7f);
		}
	}
	for (unsigned i = 0; i < n; i++) {
		if (children[i] < 0 || waitpid(children[i], &status, 0) < 0)
			r = -errno;
		else if (!WIFEXITED(status))
			r = -EPIPE; /* a worker died: a sanitizer, or a crash of the library */
		else if (WEXITSTATUS(status))
			r = -WEXITSTATUS(status);
	}
	*ret = shared->result;
	munmap(shared, sizeof(*shared));
	return r;
}
