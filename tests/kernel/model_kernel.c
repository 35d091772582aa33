/* SPDX-License-Identifier: MIT */
/*
 * The port rules against the running kernel: run a `berth model` script on real sockets, or
 * compare scenarios, random or from a file, with the library.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "campaign.h"
#include "learn.h"
#include "model/rules.h"
#include "probe/behaviour.h"

static int usage(void)
{
	fputs("usage: model-kernel run [SCRIPT]       answers of the kernel\n"
	      "       model-kernel check [SCRIPT]     beside those of the library\n"
	      "       model-kernel behaviours         what trying tells of this kernel\n"
	      "       model-kernel rules              the ids that --without knows\n"
	      "       model-kernel random [--seed N] [--first N] [--count N] [--seconds N] [--workers N]\n"
	      "                    [--theme T] [--failures N] [--without RULE] [--learn N] [--tight] [--quiet]\n",
	      stderr);
	return 2;
}

static int read_script(FILE *in, struct scenario *ret)
{
	char line[512];
	int line_number = 0;

	ret->n = 0;
	while (fgets(line, sizeof(line), in)) {
		int r = op_parse(line, &ret->ops[ret->n]);
		line_number++;
		if (r < 0 || ret->n + 1 == MAX_OPS) {
			fprintf(stderr, "line %d: %s\n", line_number,
				r < 0 ? "not understood" : "too many lines");
			return 2;
		}
		ret->n += (size_t)r;
	}
	return 0;
}

static int run_script(const struct scenario *scenario)
{
	struct lab lab;
	struct execution run = {.nonce = 1};
	struct answer answer;
	int r = lab_open(&lab);

	execute_begin(&run, &lab);
	for (size_t i = 0; i < scenario->n && !r; i++) {
		AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT;
		r = execute_op(&run, &scenario->ops[i], &answer);
		answer_print(&answer, &sb);
		if (!r)
			fputs(sb.text, stdout);
	}
	if (r) {
		fprintf(stderr, "the laboratory failed: %s\n", strerror(-r));
		return 3;
	}
	if (!execute_end(&run))
		fputs("note: sockets stayed behind in the namespace\n", stderr);
	lab_release(&lab);
	return 0;
}

static int check_script(const struct scenario *scenario)
{
	struct lab lab;
	struct execution run = {.nonce = 1};
	struct comparison result = {.wants_script = true};
	int r = lab_open(&lab);

	if (r) {
		fprintf(stderr, "the laboratory failed: %s\n", strerror(-r));
		return 3;
	}
	strbuf_init(&result.script);
	compare(&run, &lab, scenario, &(struct terms){.behaviour = NULL}, &result);
	fputs(result.script.text, stdout);
	puts(result.verdict == LINES_AGREE ? "agreed" : "the last line differs");
	strbuf_release(&result.script);
	lab_release(&lab);
	return result.verdict == LINES_AGREE ? 0 : 1;
}

static int script_command(const char *verb, const char *file)
{
	AUTO(fclosep) FILE *in = file && strcmp(file, "-") != 0 ? fopen(file, "re") : NULL;
	struct scenario scenario;
	int r;

	if (file && strcmp(file, "-") != 0 && !in) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return 2;
	}
	r = read_script(in ? in : stdin, &scenario);
	if (r)
		return r;
	return !strcmp(verb, "run") ? run_script(&scenario) : check_script(&scenario);
}

static int parse_theme(const char *text, enum generate_theme *ret)
{
	for (int i = 0; i < N_GENERATE_THEMES; i++)
		if (!strcmp(text, generate_theme_name((enum generate_theme)i))) {
			*ret = (enum generate_theme)i;
			return 0;
		}
	return -EINVAL;
}

static void print_result(const struct campaign *c, const struct campaign_result *r, double seconds)
{
	printf("# seed %llu: %llu scenarios, %llu lines, %llu dice, %llu deliveries "
	       "(%llu asked of sock_diag), %llu disagreements, %llu not repeatable, "
	       "%llu cut short, %llu lines untried, %llu without a lab, %.0f s, %.0f scenarios/s\n",
	       (unsigned long long)c->seed, (unsigned long long)r->scenarios,
	       (unsigned long long)r->lines, (unsigned long long)r->dice,
	       (unsigned long long)r->deliveries, (unsigned long long)r->oracle_asked,
	       (unsigned long long)r->failures, (unsigned long long)r->flaky,
	       (unsigned long long)r->unsaid, (unsigned long long)r->untried,
	       (unsigned long long)r->no_lab, seconds, (double)r->scenarios / seconds);
	if (c->tight)
		printf("# dice rolled often in %llu scenarios\n", (unsigned long long)r->rolled);
	else if (r->failures)
		printf("# first disagreement after %llu scenarios\n",
		       (unsigned long long)r->first_failure);
}

static int random_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"learn", 1, NULL, 'l'},    {"seed", 1, NULL, 's'},	    {"first", 1, NULL, 'F'},
		    {"count", 1, NULL, 'c'},   {"seconds", 1, NULL, 't'},
		{"workers", 1, NULL, 'w'},  {"theme", 1, NULL, 'T'},   {"failures", 1, NULL, 'f'},
		{"without", 1, NULL, 'W'},  {"quiet", 0, NULL, 'q'},   {"tight", 0, NULL, 'i'},
		   {NULL, 0, NULL, 0}};
	struct campaign campaign = {.scenarios = 1000, .failures = 1,
				    .workers = (unsigned)sysconf(_SC_NPROCESSORS_ONLN)};
	struct campaign_result result;
	struct timespec start, end;
	struct model_behaviour behaviour;
	unsigned learn = 0;
	int option, r;

	clock_gettime(CLOCK_REALTIME, &start);
	campaign.seed = (uint64_t)start.tv_sec;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's': campaign.seed = strtoull(optarg, NULL, 10); break;
		case 'l': learn = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'F': campaign.first = strtoull(optarg, NULL, 10); break;
		case 'c': campaign.scenarios = strtoull(optarg, NULL, 10); break;
		case 't': campaign.seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'w': campaign.workers = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'f': campaign.failures = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'W': campaign.terms.without = optarg; break;
		case 'i': campaign.tight = true; break;
		case 'q': campaign.quiet = true; break;
		case 'T':
			if (!parse_theme(optarg, &campaign.theme))
				break;
			/* fall through */
		default: return usage();
		}
	}
	if (compare_check_rule(campaign.terms.without)) {
		fprintf(stderr, "no rule '%s'\n", campaign.terms.without);
		return 2;
	}
	if (learn) {
		r = learn_behaviour(learn, campaign.seed, &behaviour);
		if (r) {
			fprintf(stderr, "the laboratory failed: %s\n", strerror(-r));
			return 3;
		}
		campaign.terms.behaviour = &behaviour;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	r = campaign_run(&campaign, &result);
	clock_gettime(CLOCK_MONOTONIC, &end);
	print_result(&campaign, &result, (double)(end.tv_sec - start.tv_sec) +
						 (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	if (r) {
		fprintf(stderr, "a worker failed: %s\n", strerror(-r));
		return 3;
	}
	return result.failures ? 1 : 0;
}

static int print_behaviours(void)
{
	struct kernel_behaviour tried;
	struct model_behaviour by_version;
	unsigned major, minor, differ = 0;

	behaviour_version(&major, &minor);
	by_version = model_behaviour_of(major, minor);
	behaviour_probe(&tried);
	if (tried.error) {
		fprintf(stderr, "could not be tried: %s\n", strerror(tried.error));
		return 3;
	}
	for (unsigned i = 0; i < N_BEHAVIOURS; i++) {
		const bool expected = *model_behaviour_bit(&by_version, i);
		const bool known = tried.known >> i & 1, on = tried.on >> i & 1;
		differ += known && on != expected;
		printf("%-18s %-9s by version %s\n", model_behaviour_row(i)->name,
		       !known ? "not tried" : on ? "yes" : "no", expected ? "yes" : "no");
	}
	return differ != 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "rules")) {
		for (int i = 1; i < N_MODEL_RULES; i++)
			if (model_rule_is_switchable((enum model_rule)i))
				puts(model_rule_id((enum model_rule)i));
		return 0;
	}
	if (!strcmp(verb, "behaviours"))
		return print_behaviours();
	if (geteuid() != 0) {
		fputs("needs root: it makes network namespaces and sockets of other users\n", stderr);
		return 77;
	}
	if (!strcmp(verb, "run") || !strcmp(verb, "check"))
		return script_command(verb, argc > 2 ? argv[2] : NULL);
	if (!strcmp(verb, "random"))
		return random_command(argc - 1, argv + 1);
	return usage();
}
