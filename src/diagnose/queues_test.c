/* SPDX-License-Identifier: MIT */
/* States of the far end that are hard to make on purpose, as hand-made facts. */
#include "core/sock.h"
#include "diagnose/rule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint32_t CLIENT = 0x0a010102, TARGET = 0x0a010202, OLD = 0x0a010203;

/* A silent attempt at a target that can be seen and has a listener; its place is returned. */
static struct place *begin(struct case_facts **ret)
{
	struct case_facts *facts = *ret = case_new();
	struct place *target;
	struct attempt *a = case_add_attempt(facts);

	case_add_place(facts);
	target = case_add_place(facts);
	struct place *own = &facts->places[0];
	own->is_self = true;
	host_set_defaults(&own->host);
	target->netns = 99;
	target->known = PLACE_SOCKETS;
	facts->asked = (struct asked){.proto = SOCK_PROTO_TCP, .addr = addr_ipv4(TARGET),
				      .port = 8080, .uid = -1, .all_netns = true};
	*a = (struct attempt){.proto = SOCK_PROTO_TCP, .remote = addr_ipv4(TARGET),
			      .remote_port = 8080, .local = addr_ipv4(CLIENT), .local_port = 40000,
			      .phase = PHASE_CONNECT, .error = ETIMEDOUT, .timed_out = true};
	facts->forward.n = 2;
	facts->forward.hops[0] = (struct path_hop){.src = addr_ipv4(CLIENT), .dst = addr_ipv4(TARGET),
						   .other_place = UINT32_MAX};
	facts->forward.hops[1] = (struct path_hop){
		.place = 1, .src = addr_ipv4(CLIENT), .dst = addr_ipv4(TARGET), .src_port = 40000,
		.dst_port = 8080, .end = PATH_DELIVERED, .other_place = UINT32_MAX};
	struct place_socket *s = arena_push(&facts->arena, &target->sockets, &target->n_sockets,
					    &target->room_sockets, sizeof(*s));
	*s = (struct place_socket){.proto = SOCK_PROTO_TCP, .state = SOCK_STATE_LISTEN,
				   .local = addr_any(ADDR_IPV4), .local_port = 8080, .netns = 99,
				   .send_queue = 4};
	return target;
}

static void add_counter(struct case_facts *facts, struct place *place, const char *name)
{
	struct counter *c = arena_push(&facts->arena, &place->counters, &place->n_counters,
				       &place->room_counters, sizeof(*c));
	*c = (struct counter){.name = name, .rose = 3};
}

static void add_setting(struct case_facts *facts, struct place *place, const char *name,
			const char *value)
{
	struct setting *s = arena_push(&facts->arena, &place->settings, &place->n_settings,
				       &place->room_settings, sizeof(*s));
	*s = (struct setting){name, value};
}

static void add_peer(struct case_facts *facts, struct place *place, uint8_t state, uint16_t port)
{
	struct place_socket *s = arena_push(&facts->arena, &place->sockets, &place->n_sockets,
					    &place->room_sockets, sizeof(*s));
	*s = (struct place_socket){.proto = SOCK_PROTO_TCP, .state = state, .netns = 99,
				   .local = addr_ipv4(TARGET), .local_port = 8080,
				   .remote = addr_ipv4(CLIENT), .remote_port = port,
				   .is_flow = port == 40000};
}

static void add_drop(struct case_facts *facts, const char *reason, const char *location)
{
	*case_add_event(facts) = (struct kernel_event){
		.kind = KERNEL_EVENT_DROP, .netns = 99, .src = addr_ipv4(CLIENT),
		.dst = addr_ipv4(TARGET), .src_port = 40000, .dst_port = 8080, .reason = reason,
		.location = location, .count = 1};
}

/* The answer must be @cause, certain exactly if @certain. Frees @facts. */
static void expect(struct case_facts *facts, enum cause cause, bool certain)
{
	struct findings findings;

	findings_init(&findings);
	diagnose(facts, &findings);
	assert_true(findings.n > 0);
	assert_string_equal(cause_rows[findings.all[0]->cause].id, cause_rows[cause].id);
	assert_int_equal(finding_is_certain(findings.all[0]), certain);
	findings_release(&findings);
	case_free(facts);
}

static void syn_queue(void **state)
{
	for (int full = 0; full < 2; full++) {
		struct case_facts *facts;
		struct place *target = begin(&facts);
		add_counter(facts, target, "TcpExt.ListenDrops");
		add_setting(facts, target, "net.ipv4.tcp_syncookies", "0");
		for (int i = 0; i < (full ? 4 : 2); i++)
			add_peer(facts, target, SOCK_STATE_SYN_RECV, (uint16_t)(50000 + i));
		expect(facts, CAUSE_SYN_QUEUE_FULL, full);
	}
}

static void memory(void **state)
{
	for (int seen = 0; seen < 2; seen++) {
		struct case_facts *facts;
		struct place *target = begin(&facts);
		add_counter(facts, target, "TcpExt.TCPRcvQDrop");
		if (seen)
			add_drop(facts, "PROTO_MEM", "tcp_data_queue");
		expect(facts, CAUSE_SOCKET_MEMORY_LIMIT, seen);
	}
}

static void old_pair(void **state)
{
	struct case_facts *facts;
	struct place *target = begin(&facts);

	add_peer(facts, target, SOCK_STATE_TIME_WAIT, 40000);
	expect(facts, CAUSE_TIME_WAIT_REUSE, false);
}

static void tracking_table(void **state)
{
	for (int seen = 0; seen < 2; seen++) {
		struct case_facts *facts;
		struct place *target = begin(&facts);
		target->conntrack.count = 1000;
		target->conntrack.max = 1000;
		if (seen)
			add_drop(facts, "NETFILTER_DROP", "nf_hook_slow");
		expect(facts, CAUSE_CONNTRACK_TABLE_FULL, seen);
	}
}

static void old_entry(void **state)
{
	struct case_facts *facts;
	struct place *target = begin(&facts);
	struct firewall_verdict *v = arena_push(&facts->arena, &target->verdicts, &target->n_verdicts,
						&target->room_verdicts, sizeof(*v));
	*v = (struct firewall_verdict){.verdict = VERDICT_DNAT, .certainty = VERDICT_EVALUATED,
				       .family = "ip", .table = "nat", .chain = "pre", .handle = 2,
				       .hook = "prerouting", .to = addr_ipv4(TARGET), .to_port = 80};
	struct conntrack_entry *e = arena_push(&facts->arena, &target->conntrack.entries,
					       &target->conntrack.n_entries,
					       &target->conntrack.room_entries, sizeof(*e));
	*e = (struct conntrack_entry){.src = addr_ipv4(CLIENT), .src_port = 40000,
				      .dst = addr_ipv4(TARGET), .dst_port = 8080,
				      .reply_src = addr_ipv4(OLD), .reply_src_port = 80,
				      .existed_before = true, .differs = true};
	expect(facts, CAUSE_STALE_CONNTRACK, true);
}

static void nobody_to_name(void **state)
{
	struct case_facts *facts;

	begin(&facts);
	facts->asked.op = CASE_BIND;
	facts->attempts[0].phase = PHASE_BIND;
	facts->attempts[0].error = EADDRINUSE;
	facts->attempts[0].timed_out = false;
	facts->attempts[0].local_port = 8080;
	expect(facts, CAUSE_ADDRESS_IN_USE, true);
}

/* The queue is full now, but our own connection found room. */
static void not_the_queue(void **state)
{
	struct case_facts *facts;
	struct place *target = begin(&facts);

	add_counter(facts, target, "TcpExt.ListenOverflows");
	target->sockets[0].recv_queue = 5;
	add_peer(facts, target, SOCK_STATE_ESTABLISHED, 40000);
	facts->attempts[0].connected = true;
	facts->attempts[0].phase = PHASE_RECV;
	facts->attempts[0].error = 0;
	expect(facts, CAUSE_APP_NOT_ACCEPTING, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_queue),	  cmocka_unit_test(memory),
		cmocka_unit_test(old_pair),	  cmocka_unit_test(tracking_table),
		cmocka_unit_test(old_entry),	  cmocka_unit_test(nobody_to_name),
		cmocka_unit_test(not_the_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
