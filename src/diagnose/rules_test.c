/* SPDX-License-Identifier: MIT */
/* Rules on hand-made facts: what one failed attempt and its probes must lead to. */
#include "base/auto.h"
#include "diagnose/rule.h"
#include "core/sock.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <netdb.h>
#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint32_t TARGET = 0x0a010202, CLIENT = 0x0a010102, ROUTER = 0x0a010101;

static struct case_facts *begin(enum attempt_phase phase, int error)
{
	struct case_facts *facts = case_new();
	struct place *own = case_add_place(facts);
	struct attempt *a = case_add_attempt(facts);

	own->is_self = true;
	own->known = PLACE_LINKS;
	host_set_defaults(&own->host);
	own->host.known = true;
	facts->asked.addr = addr_ipv4(TARGET);
	facts->asked.port = 8080;
	*a = (struct attempt){.remote = addr_ipv4(TARGET), .remote_port = 8080,
			      .local = addr_ipv4(CLIENT), .local_port = 40000,
			      .phase = phase, .error = error, .seconds = 0.1};
	return facts;
}

static void add_icmp(struct case_facts *facts, uint32_t from, uint8_t type, uint8_t code)
{
	struct attempt *a = &facts->attempts[0];

	a->icmps[a->n_icmps++] = (struct icmp_seen){
		.from = addr_ipv4(from), .family = ADDR_IPV4, .type = type, .code = code, .error = a->error};
}

static void add_rung(struct case_facts *facts, enum probe_answer answer, uint32_t from)
{
	struct probe *p = &facts->probes.ladder[facts->probes.n_ladder++];

	*p = (struct probe){.port = 8080, .ttl = (uint8_t)facts->probes.n_ladder, .answer = answer};
	if (from)
		p->icmp = (struct icmp_seen){.from = addr_ipv4(from), .family = ADDR_IPV4,
					     .type = ICMP_TIME_EXCEEDED};
	if (answer == PROBE_RESET || answer == PROBE_SYN_ACK)
		facts->probes.host_hops = p->ttl;
}

/* The answer must be @cause, and "certain" exactly if @certain. Frees @facts. */
static void expect(struct case_facts *facts, enum cause cause, bool certain)
{
	struct findings findings;

	findings_init(&findings);
	diagnose(facts, &findings);
	if (!findings.n)
		fail_msg("nothing found, not %s", cause_rows[cause].id);
	if (findings.all[0]->cause != cause)
		fail_msg("said %s, not %s", cause_rows[findings.all[0]->cause].id, cause_rows[cause].id);
	assert_int_equal(findings.all[0]->proof >= PROOF_SEEN, certain);
	assert_non_null(findings.all[0]->says);
	findings_release(&findings);
	case_free(facts);
}

static void expect_nothing(struct case_facts *facts)
{
	struct findings findings;

	findings_init(&findings);
	diagnose(facts, &findings);
	assert_int_equal(findings.n, 0);
	findings_release(&findings);
	case_free(facts);
}

static void test_works(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_CONNECT, 0);
	facts->attempts[0].ok = true;
	facts->probes.retrans_fail = 9; /* whatever else is seen */
	expect_nothing(facts);
}

static void test_self_connect(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_CONNECT, 0);
	facts->attempts[0].ok = true;
	facts->attempts[0].local = addr_ipv4(TARGET);
	facts->attempts[0].local_port = 8080;
	expect(facts, CAUSE_SELF_CONNECT, true);
}

static void test_refused(void **state)
{
	(void)state;
	expect(begin(PHASE_CONNECT, ECONNREFUSED), CAUSE_REFUSED, true);

	struct case_facts *facts = begin(PHASE_CONNECT, ECONNREFUSED);
	add_rung(facts, PROBE_ICMP, ROUTER);
	add_rung(facts, PROBE_RESET, 0);
	facts->probes.reset_ttl = facts->probes.host_ttl = 63;
	expect(facts, CAUSE_REFUSED_BY_TARGET, true);

	facts = begin(PHASE_CONNECT, ECONNREFUSED);
	add_rung(facts, PROBE_ICMP, ROUTER);
	add_rung(facts, PROBE_RESET, 0);
	facts->probes.reset_ttl = 64;
	facts->probes.host_ttl = 63;
	expect(facts, CAUSE_REFUSED_BY_MIDDLEBOX, true);
}

static void test_silence(void **state)
{
	(void)state;
	expect(begin(PHASE_CONNECT, ETIMEDOUT), CAUSE_NO_ANSWER, true);

	struct case_facts *facts = begin(PHASE_CONNECT, ETIMEDOUT);
	add_rung(facts, PROBE_ICMP, ROUTER);
	add_rung(facts, PROBE_SILENT, 0);
	expect(facts, CAUSE_SILENT_DROP_AFTER_HOP, true);

	facts = begin(PHASE_CONNECT, ETIMEDOUT);
	add_rung(facts, PROBE_ICMP, ROUTER);
	facts->probes.host_alive = true;
	expect(facts, CAUSE_PORT_SILENT_HOST_ALIVE, true);

	facts = begin(PHASE_CONNECT, ETIMEDOUT);
	facts->probes.retrans_fail = 2;
	expect(facts, CAUSE_DROPPED_LOCALLY, true);
}

static void test_icmp(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_CONNECT, ECONNREFUSED);
	add_icmp(facts, ROUTER, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	expect(facts, CAUSE_ICMP_PORT_UNREACHABLE, true);

	facts = begin(PHASE_CONNECT, ECONNREFUSED);
	add_icmp(facts, CLIENT, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	expect(facts, CAUSE_REFUSED_LOCALLY, true);

	facts = begin(PHASE_CONNECT, EHOSTUNREACH);
	add_icmp(facts, ROUTER, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED);
	expect(facts, CAUSE_ICMP_PROHIBITED, true);

	facts = begin(PHASE_CONNECT, EHOSTUNREACH);
	add_icmp(facts, ROUTER, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
	expect(facts, CAUSE_ICMP_UNREACHABLE, true);

	facts = begin(PHASE_CONNECT, EHOSTUNREACH);
	add_icmp(facts, CLIENT, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
	expect(facts, CAUSE_NEIGHBOUR_UNRESOLVED, true);

	facts = begin(PHASE_RECV, ECONNREFUSED);
	facts->asked.proto = facts->attempts[0].proto = SOCK_PROTO_UDP;
	add_icmp(facts, TARGET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	expect(facts, CAUSE_REFUSED_BY_TARGET, true);
}

static void test_ttl(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_CONNECT, EHOSTUNREACH);
	add_icmp(facts, ROUTER, ICMP_TIME_EXCEEDED, 0);
	add_rung(facts, PROBE_ICMP, ROUTER);
	add_rung(facts, PROBE_ICMP, ROUTER + 1);
	add_rung(facts, PROBE_ICMP, ROUTER);
	add_rung(facts, PROBE_ICMP, ROUTER + 1);
	expect(facts, CAUSE_ROUTING_LOOP, true);

	facts = begin(PHASE_CONNECT, EHOSTUNREACH);
	facts->asked.ttl = 1;
	add_icmp(facts, ROUTER, ICMP_TIME_EXCEEDED, 0);
	add_rung(facts, PROBE_ICMP, ROUTER);
	add_rung(facts, PROBE_SYN_ACK, 0);
	expect(facts, CAUSE_TTL_TOO_SMALL, true);
}

static void test_call(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_CONNECT, ECONNREFUSED);
	facts->attempts[0].remote_port = 0;
	expect(facts, CAUSE_PORT_ZERO, true);

	facts = begin(PHASE_CONNECT, ECONNREFUSED);
	facts->attempts[0].remote = addr_any(ADDR_IPV4);
	expect(facts, CAUSE_UNSPECIFIED_IS_SELF, true);

	facts = begin(PHASE_CONNECT, ENETUNREACH);
	facts->attempts[0].remote = addr_ipv4(0xe0000001);
	expect(facts, CAUSE_DESTINATION_NOT_UNICAST, true);

	facts = begin(PHASE_SOCKET, EMFILE);
	expect(facts, CAUSE_OUT_OF_FDS, true);

	facts = begin(PHASE_SOCKET, ENODEV);
	facts->asked.device = "eth9";
	expect(facts, CAUSE_NO_SUCH_DEVICE, true);

	facts = begin(PHASE_SEND, EMSGSIZE);
	facts->asked.proto = facts->attempts[0].proto = SOCK_PROTO_UDP;
	expect(facts, CAUSE_DATAGRAM_TOO_BIG, true);

	facts = begin(PHASE_CONNECT, EPERM);
	expect(facts, CAUSE_DENIED_BY_LOCAL_POLICY, true);

	facts = begin(PHASE_CONNECT, EPERM);
	facts->attempts[0].by_program = true;
	facts->attempts[0].seconds = 0;
	facts->caller.seccomp = 2;
	expect(facts, CAUSE_SECCOMP_DENIED, false);

	facts = begin(PHASE_CONNECT, EACCES);
	facts->caller.landlocked = true;
	expect(facts, CAUSE_LANDLOCK_DENIED, false);
}

static void test_after(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_RECV, 0);
	facts->attempts[0].connected = facts->attempts[0].closed = true;
	expect(facts, CAUSE_CLOSED_AFTER_CONNECT, true);

	facts = begin(PHASE_RECV, ECONNRESET);
	facts->attempts[0].connected = true;
	expect(facts, CAUSE_RESET_AFTER_CONNECT, true);

	facts = begin(PHASE_RECV, 0);
	facts->attempts[0].connected = facts->attempts[0].timed_out = true;
	expect(facts, CAUSE_CONNECTED_NO_REPLY, true);

	facts = begin(PHASE_RECV, 0);
	facts->attempts[0].connected = facts->attempts[0].timed_out = true;
	facts->attempts[0].tcp = (struct tcp_seen){.known = true, .unacked = 3, .retransmits = 2};
	expect(facts, CAUSE_DATA_NOT_ACKNOWLEDGED, true);

	facts = begin(PHASE_SEND, 0);
	facts->attempts[0].connected = facts->attempts[0].timed_out = true;
	facts->attempts[0].tcp = (struct tcp_seen){.known = true, .zero_window = true,
						     .bytes_acked = 1000};
	expect(facts, CAUSE_APP_NOT_READING, true);

	facts = begin(PHASE_RECV, 0);
	facts->attempts[0].connected = facts->attempts[0].timed_out = true;
	facts->probes.path_mtu = 1280;
	expect(facts, CAUSE_PATH_MTU_BLACKHOLE, true);

	facts = begin(PHASE_RECV, 0);
	facts->attempts[0].connected = facts->attempts[0].closed = true;
	memcpy(facts->attempts[0].first_sent, "GET ", 4);
	facts->attempts[0].n_first_sent = 4;
	facts->probes.speaks_tls = PROBE_TLS_YES;
	expect(facts, CAUSE_WRONG_PROTOCOL, true);
}

static void test_names(void **state)
{
	static const struct {
		enum resolve_result result;
		enum cause cause;
	} rows[] = {
		{RESOLVE_NO_NAME, CAUSE_NAME_NOT_FOUND},   {RESOLVE_SERVFAIL, CAUSE_DNS_SERVER_FAILS},
		{RESOLVE_REFUSED, CAUSE_DNS_SERVER_FAILS}, {RESOLVE_CLOSED, CAUSE_DNS_SERVER_CLOSED},
		{RESOLVE_SILENT, CAUSE_DNS_SERVER_SILENT},
	};

	(void)state;
	for (size_t i = 0; i <= N_ELEMENTS(rows); i++) {
		const bool last = i == N_ELEMENTS(rows);
		struct case_facts *facts = begin(PHASE_NONE, 0);
		struct resolve_step step = {.source = RESOLVE_DNS, .server = addr_ipv4(TARGET),
					    .result = last ? RESOLVE_CLOSED : rows[i].result};
		facts->n_attempts = 0;
		facts->resolving = (struct resolving){.asked = true, .name = "example.org",
						      .gai_error = EAI_AGAIN, .steps = &step, .n_steps = 1,
						      .has_nameserver = !last, .nss_asks_dns = true};
		expect(facts, last ? CAUSE_DNS_NOT_ASKED : rows[i].cause, true);
	}
}

static void test_several(void **state)
{
	(void)state;
	struct case_facts *facts = begin(PHASE_CONNECT, ECONNREFUSED);
	struct attempt *b = case_add_attempt(facts);
	*b = facts->attempts[0];
	b->ok = true;
	b->error = 0;
	expect(facts, CAUSE_INTERMITTENT, true);

	facts = begin(PHASE_CONNECT, 0);
	facts->attempts[0].timed_out = facts->attempts[0].by_program = true;
	facts->attempts[0].seconds = 0.8;
	facts->probes.side[facts->probes.n_side++] =
		(struct probe){.port = 8080, .answer = PROBE_SYN_ACK, .seconds = 1.8};
	expect(facts, CAUSE_SLOW_HANDSHAKE, true);
}

/* A tc filter without BPF is no program; what it only could take proves nothing. */
static void test_tc_filter(void **state)
{
	static struct bpf_attachment filters[2] = {
		{.name = "flower", .where = "tc/ingress", .target = "eth0", .filter = "ingress pref 1",
		 .takes = true, .in_the_way = true},
		{.name = "u32", .where = "tc/ingress", .target = "eth0", .filter = "ingress pref 2",
		 .in_the_way = true},
	};

	(void)state;
	for (int seen = 0; seen < 2; seen++) {
		struct case_facts *facts = begin(PHASE_CONNECT, 0);
		facts->attempts[0].timed_out = true;
		facts->places[0].netns = 7;
		facts->places[0].programs = filters;
		facts->places[0].n_programs = 2;
		facts->events_watched = true;
		if (seen)
			*case_add_event(facts) = (struct kernel_event){
				.kind = KERNEL_EVENT_DROP, .netns = 7, .reason = "TC_INGRESS",
				.location = "__netif_receive_skb_core", .count = 1};
		expect(facts, seen ? CAUSE_TC_FILTER_DROP : CAUSE_NO_ANSWER, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_works),	cmocka_unit_test(test_self_connect),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_silence),
		cmocka_unit_test(test_icmp),	cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_call),	cmocka_unit_test(test_after),
		cmocka_unit_test(test_names),	cmocka_unit_test(test_several),
		cmocka_unit_test(test_tc_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
