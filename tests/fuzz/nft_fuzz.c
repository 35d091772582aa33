/* SPDX-License-Identifier: MIT */
/* Any bytes as a ruleset: JSON, its text, a packet through it, and what it forwards. */
#include <netinet/in.h>
#include <stdint.h>

#include "base/auto.h"
#include "core/case.h"
#include "core/forward.h"
#include "core/nft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take_forward(const struct forward *forward, void *data)
{
	return forward->by ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct place *place = facts ? case_add_place(facts) : NULL;
	const char *text = place ? arena_dup(&facts->arena, data, size) : NULL;
	struct nft_ruleset ruleset;

	if (!text)
		return 0;
	const struct json_value *json = json_read(&facts->arena, text);
	if (!json || !nft_ruleset_init(&ruleset, &facts->arena, json, text))
		return 0;
	struct nft_passage passage = {.ruleset = &ruleset, .place = place};
	struct packet p = {.src = addr_ipv4(0x0a010102), .dst = addr_ipv4(0x0a010202),
			   .ip_proto = IPPROTO_TCP, .src_port = 40000, .dst_port = 80,
			   .tcp_flags = TCP_FLAG_SYN, .ct_state = CT_STATE_NEW, .uid = 0};
	static const char *const hooks[] = {"prerouting", "input", "output", "egress"};
	for (size_t i = 0; i < N_ELEMENTS(hooks); i++)
		nft_walk(&passage, hooks[i], &p);
	forward_from_nft(&ruleset, take_forward, NULL);
	return 0;
}
