/* SPDX-License-Identifier: MIT */
/*
 * The port rules used as a library, without the rest of berth:
 *
 *     cc -Isrc docs/example-model.c build/libberth-pure.a
 *
 * A web server runs, as root, on [::]:80. May another program have 10.0.0.1:80? Who would get a
 * packet? Prints three lines.
 */
#include "model/ask.h"
#include "model/deliver.h"
#include "model/load.h"
#include "model/space.h"

#include <stdio.h>
#include <string.h>

static int ask(const struct model_space *space, const char *who, bool reuseport, uint32_t uid)
{
	struct model_question question = {
		.proto = SOCK_PROTO_TCP,
		.addr = addr_ipv4(0x0a000001),
		.port = 80,
		.uid = uid,
		.reuseport = reuseport,
		.listens = true,
	};
	struct model_verdict verdict = {0};

	if (model_ask_bind(space, &question, &verdict))
		return 1;
	if (verdict.depends)
		printf("%s: depends on the %s of socket %u: if set %s, if not %s\n", who,
		       model_fact_name(verdict.fact), verdict.on,
		       verdict.if_set.error ? "no" : "yes", verdict.if_clear.error ? "no" : "yes");
	else
		printf("%s: %s (%s)\n", who, verdict.outcome.error ? "no" : "yes",
		       model_rule_id(verdict.outcome.rule));
	return 0;
}

int main(void)
{
	struct model_space *space = model_space_new(&model_behaviour_latest);
	struct addr own = addr_ipv4(0x0a000001);
	/* What was seen of it; whether it has SO_REUSEPORT was not. */
	struct model_existing server = {
		.local = addr_any(ADDR_IPV6),
		.local_port = 80,
		.proto = SOCK_PROTO_TCP,
		.state = SOCK_STATE_LISTEN,
		.v6 = true,
		.unknown = MODEL_FACT_REUSEPORT,
	};
	struct model_packet packet = {
		.proto = SOCK_PROTO_TCP,
		.from = addr_ipv4(0xc0000207),
		.from_port = 50000,
		.to = own,
		.to_port = 80,
		.cpu = -1,
	};
	struct model_delivery delivery = {0};
	uint32_t id;

	if (!space || model_space_add_address(space, &own, 24, 2) ||
	    model_load(space, &server, &id) || ask(space, "plain", false, 0) ||
	    ask(space, "with SO_REUSEPORT, as root", true, 0))
		return 1;
	model_deliver(space, &packet, &delivery);
	printf("the packet goes to socket %u (%s)\n", delivery.socket,
	       model_rule_id(delivery.rule));
	model_space_free(space);
	return 0;
}
