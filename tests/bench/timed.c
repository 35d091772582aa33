/* SPDX-License-Identifier: MIT */
/*
 * Times a whole command over several runs, its output thrown away:
 *	timed RUNS LIMIT_SECONDS COMMAND ARG...
 * Prints "min median kilobytes status cpu": seconds of wall time, the peak memory of the largest run,
 * the least CPU time; a run that passes the limit is killed and reported as that limit with status 124.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double cpu_seconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static pid_t running;

static void expire(int sig __attribute__((unused)))
{
	kill(running, SIGKILL);
}

int main(int argc, char **argv)
{
	const int runs = argc > 3 ? atoi(argv[1]) : 0;
	const double limit = argc > 3 ? atof(argv[2]) : 0;
	double times[1000], cpu = 1e9;
	long kilobytes = 0;
	int status = 0, n = 0;
	posix_spawn_file_actions_t quiet;

	if (runs < 1 || runs > 1000 || limit <= 0)
		return 2;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	signal(SIGALRM, expire);
	while (n < runs) {
		struct rusage usage;
		double start = now();
		if (posix_spawnp(&running, argv[3], &quiet, NULL, argv + 3, environ))
			return 1;
		alarm((unsigned)limit);
		while (wait4(running, &status, 0, &usage) < 0 && errno == EINTR)
			;
		alarm(0);
		times[n++] = now() - start;
		if (cpu_seconds(&usage) < cpu)
			cpu = cpu_seconds(&usage);
		if (usage.ru_maxrss > kilobytes)
			kilobytes = usage.ru_maxrss;
		if (WIFSIGNALED(status))
			break;
	}
	qsort(times, (size_t)n, sizeof(times[0]), compare);
	printf("%.6f %.6f %ld %d %.6f\n", times[0], times[n / 2], kilobytes,
	       WIFSIGNALED(status) ? 124 : WEXITSTATUS(status), cpu);
	return 0;
}
