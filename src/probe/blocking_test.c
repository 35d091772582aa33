/* SPDX-License-Identifier: MIT */
/* How long connect() lasts against silence; a blocking look at ports of this host. */
#include "probe/blocking.h"
#include "base/clock.h"
#include "core/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void test_seconds(void **state)
{
	(void)state;
	/* Documentation/networking/ip-sysctl.rst, tcp_syn_retries: 131 s, and 127 s before 6.5 */
	assert_int_equal((int)syn_seconds(6, 4, 1, 120), 131);
	assert_int_equal((int)syn_seconds(6, 0, 1, 120), 127);
	assert_int_equal((int)syn_seconds(1, 0, 1, 120), 3);
	assert_int_equal((int)syn_seconds(0, 0, 1, 120), 1);
	assert_int_equal((int)syn_seconds(8, 0, 1, 120), 127 + 120 + 120);
	assert_int_equal((int)(10 * syn_seconds(1, 1, 0.2, 120)), 8);
}

/* A listener on 127.0.0.1, or with @backlog -1 a port that is refused. */
static int local_port(int backlog, struct attempt *ret)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(bind(fd, (struct sockaddr *)&in, len), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&in, &len), errno);
	if (backlog >= 0)
		assert_return_code(listen(fd, backlog), errno);
	*ret = (struct attempt){.remote = addr_ipv4(INADDR_LOOPBACK),
				.remote_port = ntohs(in.sin_port),
				.proto = SOCK_PROTO_TCP};
	return fd;
}

static struct blocking_seen look(const struct attempt *attempt, unsigned ms)
{
	const struct asked asked = {.uid = -1, .proto = SOCK_PROTO_TCP};
	const uint64_t until = monotonic_ns() + ms * 1000000ull;
	struct blocking_seen seen = {};
	struct blocking blocking = {};

	assert_true(blocking_is_done(&blocking));
	blocking_finish(&blocking, &seen); /* never started: nothing happens */
	assert_false(seen.made);
	blocking_start(&blocking, &asked, attempt, until + 5000000000ull);
	assert_true(blocking.started);
	while (!blocking_is_done(&blocking) && monotonic_ns() < until)
		usleep(1000);
	blocking_finish(&blocking, &seen);
	assert_true(seen.made);
	return seen;
}

static void test_answers(void **state)
{
	struct attempt attempt;
	int fd = local_port(8, &attempt);

	(void)state;
	struct blocking_seen seen = look(&attempt, 2000);
	assert_false(seen.waits);
	assert_int_equal(seen.error, 0);
	close(fd);
	fd = local_port(-1, &attempt);
	seen = look(&attempt, 2000);
	assert_false(seen.waits);
	assert_int_equal(seen.error, ECONNREFUSED);
	close(fd);
}

/* A full accept queue takes no SYN: the look is ended from outside. */
static void test_silence(void **state)
{
	struct attempt attempt;
	const int fd = local_port(0, &attempt);
	const struct blocking_seen first = look(&attempt, 2000);
	const uint64_t started = monotonic_ns();

	(void)state;
	assert_int_equal(first.error, 0);
	const struct blocking_seen seen = look(&attempt, 150);
	assert_true(seen.waits);
	assert_int_equal(seen.error, 0);
	assert_true(seen.seconds > 0.1 && seen.seconds < 2);
	assert_true(monotonic_ns() - started < 3000000000ull);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_seconds), cmocka_unit_test(test_answers),
					   cmocka_unit_test(test_silence)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
