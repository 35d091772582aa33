/* SPDX-License-Identifier: MIT */
/* Any bytes as the kernel's entries of a legacy iptables table. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "core/case.h"
#include "core/forward_iptables.h"
#include "core/iptables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static int take_forward(const struct forward *forward, void *data)
{
	return forward->by ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct place *place = facts ? case_add_place(facts) : NULL;

	if (!place || size < 2)
		return 0;
	const struct nft_ruleset bare = {.arena = &facts->arena};
	struct nft_passage passage = {.ruleset = &bare, .place = place};
	const bool v6 = data[0] & 1;
	struct packet p = {.src = v6 ? addr_any(ADDR_IPV6) : addr_ipv4(1), .dst = addr_any(v6 ? ADDR_IPV6 : ADDR_IPV4),
			   .ip_proto = IPPROTO_TCP, .dst_port = 80, .ct_state = CT_STATE_NEW};
	struct iptables_table t = {.name = "filter", .v6 = v6, .valid_hooks = 0x1f, .size = size - 1};
	uint8_t *entries = arena_alloc(&facts->arena, size);
	if (!entries)
		return 0;
	memcpy(entries, data + 1, size - 1);
	t.entries = entries;
	for (int i = 0; i < N_IPTABLES_HOOKS; i++) {
		t.hook_entry[i] = 0;
		t.underflow[i] = data[1];
	}
	iptables_table_walk(&t, &passage, "input", &p);
	forward_from_iptables(&facts->arena, &t, take_forward, NULL);
	char *text = arena_dup(&facts->arena, data, size);
	if (text)
		forward_from_ipvs(text, take_forward, NULL);
	return 0;
}
