/* SPDX-License-Identifier: MIT */
/* Real children, ended by pidfd. */
#include "act/stop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static uint32_t child(bool stubborn)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (!pid) {
		if (stubborn)
			signal(SIGTERM, SIG_IGN);
		(void)!write(ready[1], "r", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return (uint32_t)pid;
}

static void test_term(void **state)
{
	struct stop stop = {.pid = child(false)};

	assert_int_equal(stop_open(&stop), 0);
	assert_int_equal(stop_wait(&stop, 1, 0), 1);
	assert_int_equal(stop_signal(&stop, 1, SIGTERM), 1);
	assert_int_equal(stop_wait(&stop, 1, 5000), 0);
	assert_true(stop.ended && !stop.killed);
	waitpid((pid_t)stop.pid, NULL, 0);
	stop_release(&stop);
}

static void test_kill(void **state)
{
	struct stop stop = {.pid = child(true)};

	assert_int_equal(stop_open(&stop), 0);
	stop_signal(&stop, 1, SIGTERM);
	assert_int_equal(stop_wait(&stop, 1, 100), 1);
	stop_signal(&stop, 1, SIGKILL);
	assert_int_equal(stop_wait(&stop, 1, 5000), 0);
	assert_true(stop.killed);
	waitpid((pid_t)stop.pid, NULL, 0);
}

static void test_other_process(void **state)
{
	/* the number is taken, but by somebody who started at another time */
	struct stop stop = {.pid = (uint32_t)getpid(), .start_ticks = 1};

	assert_int_equal(stop_open(&stop), 0);
	assert_true(stop.ended);
	assert_int_equal(stop_signal(&stop, 1, SIGKILL), 0);
}

static void test_gone(void **state)
{
	struct stop stop = {.pid = child(false)};

	kill((pid_t)stop.pid, SIGKILL);
	waitpid((pid_t)stop.pid, NULL, 0);
	assert_int_equal(stop_open(&stop), 0);
	assert_true(stop.ended);
}

static void test_forefathers(void **state)
{
	uint32_t pids[64];
	size_t n = stop_forefathers(pids, 64);

	assert_true(n >= 2);
	assert_int_equal(pids[0], getpid());
	assert_int_equal(pids[1], getppid());
	assert_int_equal(stop_forefathers(pids, 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_term), cmocka_unit_test(test_kill),
					   cmocka_unit_test(test_other_process),
					   cmocka_unit_test(test_gone),
					   cmocka_unit_test(test_forefathers)};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
