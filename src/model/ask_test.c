/* SPDX-License-Identifier: MIT */
/* Spaces loaded from a machine: what would bind() say, who stands in the way, what is unknown. */
#include "model/ask.h"
#include "base/auto.h"
#include "model/deliver.h"
#include "model/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

static struct model_space *new_space(void)
{
	struct model_space *space = model_space_new(&model_behaviour_latest);
	struct addr own = addr_ipv4(0x0a000001);

	assert_non_null(space);
	assert_int_equal(model_space_add_address(space, &own, 24, 2), 0);
	return space;
}

static uint32_t load(struct model_space *space, struct model_existing existing)
{
	uint32_t id = 0;

	existing.proto = existing.proto ? existing.proto : SOCK_PROTO_TCP;
	assert_int_equal(model_load(space, &existing, &id), 0);
	assert_int_not_equal(id, 0);
	return id;
}

static struct model_question question_of(uint16_t port)
{
	return (struct model_question){
		.proto = SOCK_PROTO_TCP,
		.addr = addr_any(ADDR_IPV4),
		.port = port,
	};
}

static void holders_are_named_with_their_way(void **state)
{
	static const struct {
		enum sock_state state;
		bool accepted, ephemeral;
		enum model_way way;
		enum model_rule rule;
	} rows[] = {
		{SOCK_STATE_LISTEN, false, false, MODEL_WAY_LISTENING, MODEL_RULE_PORT_IN_USE},
		{SOCK_STATE_CLOSE, false, false, MODEL_WAY_BOUND, MODEL_RULE_PORT_IN_USE},
		{SOCK_STATE_BOUND_INACTIVE, false, false, MODEL_WAY_BOUND, MODEL_RULE_PORT_IN_USE},
		{SOCK_STATE_ESTABLISHED, true, false, MODEL_WAY_ACCEPTED,
		 MODEL_RULE_CONNECTION_HOLDS},
		{SOCK_STATE_CLOSE_WAIT, false, true, MODEL_WAY_EPHEMERAL,
		 MODEL_RULE_CONNECTION_HOLDS},
		{SOCK_STATE_SYN_SENT, false, false, MODEL_WAY_CONNECTION,
		 MODEL_RULE_CONNECTION_HOLDS},
		{SOCK_STATE_TIME_WAIT, false, false, MODEL_WAY_TIME_WAIT,
		 MODEL_RULE_TIME_WAIT_HOLDS},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct model_space *space = new_space();
		uint32_t id = load(space, (struct model_existing){
						  .local = addr_ipv4(0x0a000001),
						  .remote = addr_ipv4(0x0a000002),
						  .local_port = 80,
						  .remote_port = 5000,
						  .state = (uint8_t)rows[i].state,
						  .accepted = rows[i].accepted,
						  .ephemeral = rows[i].ephemeral,
					  });
		struct model_question question = question_of(80);
		struct model_verdict verdict = {0};
		struct model_list list = {0};
		assert_int_equal(model_ask_bind(space, &question, &verdict), 0);
		assert_int_equal(verdict.outcome.error, EADDRINUSE);
		assert_int_equal(verdict.outcome.holder, id);
		assert_int_equal(verdict.outcome.way, rows[i].way);
		assert_int_equal(verdict.outcome.rule, rows[i].rule);
		assert_int_equal(verdict.outcome.overlap, MODEL_RULE_WILDCARD);
		model_ask_holders(space, &question, 10, &list);
		assert_int_equal(list.n, 1);
		assert_int_equal(model_space_count(space), 1);
		model_list_release(&list);
		model_space_free(space);
	}
}

static void unknown_options_give_both_branches(void **state)
{
	struct model_space *space = new_space();
	uint32_t id = load(space, (struct model_existing){
					  .local = addr_any(ADDR_IPV4),
					  .local_port = 80,
					  .uid = 7,
					  .state = SOCK_STATE_LISTEN,
					  .unknown = MODEL_FACT_REUSEPORT | MODEL_FACT_REUSEADDR,
				  });
	struct model_question question = question_of(80);
	struct model_verdict verdict = {0};

	/* Without options of the asker's own nothing can be shared: no need to know. */
	assert_int_equal(model_ask_bind(space, &question, &verdict), 0);
	assert_false(verdict.depends);
	assert_int_equal(verdict.outcome.error, EADDRINUSE);
	/* Nor does SO_REUSEADDR help against a listener. */
	question.reuseaddr = true;
	assert_int_equal(model_ask_bind(space, &question, &verdict), 0);
	assert_false(verdict.depends);
	assert_int_equal(verdict.outcome.error, EADDRINUSE);
	question.reuseport = true;
	question.uid = 7;
	assert_int_equal(model_ask_bind(space, &question, &verdict), 0);
	assert_true(verdict.depends);
	assert_int_equal(verdict.on, id);
	assert_int_equal(verdict.fact, MODEL_FACT_REUSEPORT);
	assert_int_equal(verdict.if_set.error, 0);
	assert_int_equal(verdict.if_clear.error, EADDRINUSE);
	/* Another user is refused either way. */
	question.uid = 8;
	assert_int_equal(model_ask_bind(space, &question, &verdict), 0);
	assert_false(verdict.depends);
	assert_int_equal(verdict.outcome.error, EADDRINUSE);
	model_space_free(space);
}

static void exhaustion_counts_what_may_be(void **state)
{
	struct model_space *space = new_space();
	struct model_sysctls *sysctls = model_space_sysctls(space);
	struct model_question question = question_of(443);
	struct model_verdict verdict = {0};
	struct model_ports *maybe = calloc(1, sizeof(*maybe));

	sysctls->range_low = 40000;
	sysctls->range_high = 40001;
	question.addr = addr_ipv4(0x0a000009);
	load(space, (struct model_existing){
			    .local = addr_ipv4(0x0a000001),
			    .local_port = 40000,
			    .state = SOCK_STATE_LISTEN,
		    });
	load(space, (struct model_existing){
			    .local = addr_ipv4(0x0a000001),
			    .remote = addr_ipv4(0x0a000008),
			    .local_port = 40001,
			    .remote_port = 443,
			    .state = SOCK_STATE_ESTABLISHED,
			    .unknown = MODEL_FACT_EPHEMERAL,
		    });
	assert_int_equal(model_ask_connect(space, &question, &verdict, maybe), 0);
	assert_int_equal(verdict.outcome.error, EADDRNOTAVAIL);
	assert_true(verdict.depends);
	assert_int_equal(maybe->count, 1);
	assert_true(model_ports_has(maybe, 40001));
	free(maybe);
	model_space_free(space);
}

static void deliveries_of_loaded_listeners_that_tie(void **state)
{
	struct model_space *space = new_space();
	struct model_packet packet = {
		.proto = SOCK_PROTO_UDP,
		.from = addr_ipv4(0x0a000002),
		.from_port = 5000,
		.to = addr_ipv4(0x0a000001),
		.to_port = 53,
		.cpu = -1,
	};
	struct model_existing existing = {
		.local = addr_ipv4(0x0a000001),
		.local_port = 53,
		.proto = SOCK_PROTO_UDP,
		.state = SOCK_STATE_CLOSE,
		.reuseaddr = true,
	};
	struct model_delivery delivery = {0};

	load(space, existing);
	model_deliver(space, &packet, &delivery);
	assert_int_equal(delivery.reach, MODEL_REACH_ONE);
	assert_false(delivery.depends);
	load(space, existing);
	model_deliver(space, &packet, &delivery);
	assert_true(delivery.depends);
	assert_int_equal(delivery.fact, MODEL_FACT_ORDER);
	model_space_free(space);
}

static void a_million_are_loaded_and_freed(void **state)
{
	enum { N = 1000000, BATCH = 1000 };
	struct model_space *space = new_space();
	struct model_existing *batch = calloc(BATCH, sizeof(*batch));

	for (uint32_t i = 0; i < N; i += BATCH) {
		for (uint32_t k = 0; k < BATCH; k++) {
			batch[k] = (struct model_existing){
				.local = addr_ipv4(0x0a000001),
				.remote = addr_ipv4(0x0b000000 + (i + k) / 50),
				.local_port = 443,
				.remote_port = (uint16_t)(1024 + (i + k) % 50),
				.proto = SOCK_PROTO_TCP,
				.state = SOCK_STATE_ESTABLISHED,
			};
		}
		assert_int_equal(model_load_many(space, batch, BATCH, NULL), 0);
	}
	assert_int_equal(model_space_count(space), N);
	assert_true(model_space_bytes(space) <= 128ull * N);
	struct model_packet packet = {
		.proto = SOCK_PROTO_TCP,
		.from = addr_ipv4(0x0b000000 + 777),
		.from_port = 1024 + 7,
		.to = addr_ipv4(0x0a000001),
		.to_port = 443,
	};
	struct model_delivery delivery = {0};
	model_deliver(space, &packet, &delivery);
	assert_int_equal(delivery.socket, 777 * 50 + 7 + 1);
	free(batch);
	model_space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holders_are_named_with_their_way),
		cmocka_unit_test(unknown_options_give_both_branches),
		cmocka_unit_test(exhaustion_counts_what_may_be),
		cmocka_unit_test(deliveries_of_loaded_listeners_that_tie),
		cmocka_unit_test(a_million_are_loaded_and_freed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
