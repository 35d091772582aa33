/* SPDX-License-Identifier: MIT */
/* NAT rules as nft prints them. */
#include "core/forward.h"
#include "core/nft.h"
#include "core/sock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char ruleset_json[] =
	"{\"nftables\":[{\"table\":{\"family\":\"ip\",\"name\":\"nat\",\"handle\":1}},"
	"{\"chain\":{\"family\":\"ip\",\"table\":\"nat\",\"name\":\"pre\",\"handle\":1,\"type\":\"nat\","
	"\"hook\":\"prerouting\",\"prio\":-100,\"policy\":\"accept\"}},"
	"{\"rule\":{\"family\":\"ip\",\"table\":\"nat\",\"chain\":\"pre\",\"handle\":2,\"expr\":["
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"daddr\"}},\"right\":\"10.0.0.5\"}},"
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":8081}},"
	"{\"dnat\":{\"addr\":\"172.17.0.2\",\"port\":80}}]}},"
	"{\"rule\":{\"family\":\"ip\",\"table\":\"nat\",\"chain\":\"pre\",\"handle\":4,\"expr\":["
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"udp\",\"field\":\"dport\"}},\"right\":{\"set\":[53,5353]}}},"
	"{\"redirect\":{\"port\":5300}}]}},"
	"{\"rule\":{\"family\":\"ip\",\"table\":\"nat\",\"chain\":\"pre\",\"handle\":5,\"expr\":["
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":{\"range\":[9000,9010]}}},"
	"{\"dnat\":{\"addr\":\"10.1.1.1\"}}]}},"
	"{\"rule\":{\"family\":\"ip\",\"table\":\"nat\",\"chain\":\"pre\",\"handle\":6,\"expr\":["
	"{\"match\":{\"op\":\"!=\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":1}},"
	"{\"dnat\":{\"addr\":\"10.1.1.2\"}}]}},"
	"{\"rule\":{\"family\":\"ip\",\"table\":\"nat\",\"chain\":\"pre\",\"handle\":7,\"expr\":[{\"accept\":null}]}}]}";

static struct forward found[16];
static size_t n_found;

static int add(const struct forward *forward, void *data)
{
	found[n_found++] = *forward;
	return 0;
}

static void test_rules(void **state)
{
	struct arena arena;
	struct nft_ruleset ruleset;
	char text[ADDR_TEXT_SIZE];

	arena_init(&arena);
	assert_true(nft_ruleset_init(&ruleset, &arena, json_read(&arena, ruleset_json), NULL));
	assert_int_equal(forward_from_nft(&ruleset, add, NULL), 0);
	assert_int_equal(n_found, 4); /* handle 6 has a condition that is not read: not claimed */
	assert_true(forward_takes(&found[0], SOCK_PROTO_TCP, 8081));
	assert_false(forward_takes(&found[0], SOCK_PROTO_UDP, 8081));
	assert_string_equal(addr_format(&found[0].address, text), "10.0.0.5");
	assert_string_equal(addr_format(&found[0].to, text), "172.17.0.2");
	assert_int_equal(found[0].to_ports.low, 80);
	assert_string_equal(found[0].by, "nft ip nat pre, handle 2");
	assert_true(forward_takes(&found[2], SOCK_PROTO_UDP, 5353));
	assert_int_equal(found[2].kind, FORWARD_REDIRECT);
	assert_true(forward_takes(&found[3], SOCK_PROTO_TCP, 9010));
	assert_false(forward_takes(&found[3], SOCK_PROTO_TCP, 9011));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules)};

	return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
