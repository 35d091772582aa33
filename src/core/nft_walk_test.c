/* SPDX-License-Identifier: MIT */
/* Rulesets as nft prints them, and what becomes of a SYN in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "base/auto.h"
#include "core/case.h"
#include "core/nft.h"

#define BASE(policy)                                                                               \
	"{\"nftables\":[{\"chain\":{\"family\":\"inet\",\"table\":\"fw\",\"name\":\"in\","          \
	"\"type\":\"filter\",\"hook\":\"input\",\"prio\":0,\"policy\":\"" policy "\"}},"
#define RULE(handle, expr)                                                                         \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"fw\",\"chain\":\"in\",\"handle\":" #handle      \
	",\"expr\":[" expr "]}}"
#define DPORT(port)                                                                                \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":"          \
	"\"dport\"}},\"right\":" port "}},"
#define END "]}"

static struct packet syn(uint16_t port)
{
	return (struct packet){.src = addr_ipv4(0x0a010102), .dst = addr_ipv4(0x0a010202),
			       .ip_proto = IPPROTO_TCP, .src_port = 40000, .dst_port = port,
			       .tcp_flags = TCP_FLAG_SYN, .ct_state = CT_STATE_NEW,
			       .tcp_options_known = true, .mark_known = true, .uid = -1,
			       .reverse_path = -1, .in_name = "eth0"};
}

static const struct {
	const char *json;
	uint16_t port;
	enum nft_fate fate;
	enum verdict_kind kind;
	enum verdict_certainty certainty;
	uint64_t handle;
	uint32_t because;
} cases[] = {
	{BASE("accept") RULE(7, DPORT("8080") "{\"drop\":null}") END, 8080, NFT_STOPS, VERDICT_DROP,
	 VERDICT_EVALUATED, 7, 0},
	{BASE("accept") RULE(7, DPORT("8080") "{\"drop\":null}") END, 81, NFT_PASSES, 0, 0, 0, 0},
	{BASE("drop") RULE(3, DPORT("{\"set\":[22,{\"range\":[80,90]}]}") "{\"accept\":null}") END,
	 85, NFT_PASSES, 0, 0, 0, 0},
	{BASE("drop") RULE(3, DPORT("{\"set\":[22,{\"range\":[80,90]}]}") "{\"accept\":null}") END,
	 91, NFT_STOPS, VERDICT_POLICY_DROP, VERDICT_EVALUATED, 0, 0},
	/* A limit can only be known by the kernel: what follows it is possible, for that reason. */
	{BASE("accept") RULE(3, DPORT("80") "{\"limit\":{\"rate\":1,\"per\":\"minute\"}},"
				"{\"accept\":null}") "," RULE(4, DPORT("80") "{\"drop\":null}") END,
	 80, NFT_MAY_STOP, VERDICT_DROP, VERDICT_POSSIBLE, 4, BECAUSE_LIMIT},
	{BASE("accept") RULE(5, "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\","
				"\"field\":\"saddr\"}},\"right\":{\"prefix\":{\"addr\":\"10.1.0.0\","
				"\"len\":16}}}},{\"reject\":{\"type\":\"tcp reset\"}}") END,
	 80, NFT_STOPS, VERDICT_REJECT_RST, VERDICT_EVALUATED, 5, 0},
	/* A field that the packet has not matches nothing, not even "!=". */
	{BASE("accept") RULE(6, "{\"match\":{\"op\":\"!=\",\"left\":{\"payload\":{\"protocol\":\"udp\","
				"\"field\":\"dport\"}},\"right\":53}},{\"drop\":null}") END,
	 80, NFT_PASSES, 0, 0, 0, 0},
	{BASE("accept") RULE(8, "{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"}},"
				"\"right\":[\"established\",\"related\"]}},{\"drop\":null}") END,
	 80, NFT_PASSES, 0, 0, 0, 0},
	{BASE("accept") RULE(9, DPORT("80") "{\"xt\":{\"type\":\"match\",\"name\":\"string\"}},"
				"{\"drop\":null}") END,
	 80, NFT_MAY_STOP, VERDICT_DROP, VERDICT_POSSIBLE, 9, 0},
	{"{\"nftables\":[" END, 80, NFT_PASSES, 0, 0, 0, 0},
};

static void walks(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		AUTO(case_freep) struct case_facts *facts = case_new();
		struct place *place = case_add_place(facts);
		struct nft_ruleset ruleset;
		const struct json_value *json = json_read(&facts->arena, cases[i].json);
		assert_true(nft_ruleset_init(&ruleset, &facts->arena, json, NULL));
		struct nft_passage passage = {.ruleset = &ruleset, .place = place};
		struct packet p = syn(cases[i].port);
		assert_int_equal(nft_walk(&passage, "input", &p), cases[i].fate);
		assert_int_equal(nft_walk(&passage, "forward", &p), NFT_PASSES);
		if (cases[i].fate == NFT_PASSES) {
			assert_int_equal(place->n_verdicts, 0);
			continue;
		}
		assert_int_equal(place->n_verdicts, 1);
		assert_int_equal(place->verdicts[0].verdict, cases[i].kind);
		assert_int_equal(place->verdicts[0].certainty, cases[i].certainty);
		assert_int_equal(place->verdicts[0].handle, cases[i].handle);
		assert_int_equal(place->verdicts[0].because, cases[i].because);
	}
}

static void names_rules(void **state)
{
	static const char text[] = "table inet fw {\n\tchain other {\n\t\ttcp dport 1 drop # handle 7\n"
				   "\t}\n\n\tchain in {\n\t\ttype filter hook input priority 0;\n"
				   "\t\ttcp dport 8080 drop # handle 7\n\t}\n}\n";
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct nft_ruleset ruleset;
	const struct json_value *json = json_read(&facts->arena, cases[0].json);

	assert_true(nft_ruleset_init(&ruleset, &facts->arena, json, text));
	assert_string_equal(nft_rule_text(&ruleset, &ruleset.chains[0], 7), "tcp dport 8080 drop");
	assert_null(nft_rule_text(&ruleset, &ruleset.chains[0], 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(walks), cmocka_unit_test(names_rules)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
