/* SPDX-License-Identifier: MIT */
/* berth gets: which socket would get this packet, by the kernel's word and by the rules. */
#include "commands/gets.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/forwards.h"
#include "commands/names.h"
#include "commands/output.h"
#include "commands/save.h"
#include "commands/this_kernel.h"
#include "base/auto.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "model/deliver.h"
#include "model/load.h"
#include "sources/inet_lookup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void rules_release(struct gets *gets)
{
	port_space_release(&gets->space);
	model_list_release(&gets->list);
}

static void gets_release(struct gets *gets)
{
	rules_release(gets);
	arena_release(&gets->arena);
	multicast_release(&gets->groups);
}

/* What the interfaces receive; without --device, the packet comes by one that receives it. */
static void look_at_groups(struct gets *gets)
{
	const struct namespace *netns = &gets->snap->namespaces[gets->netns];

	if (!addr_is_multicast(&gets->flow.destination) || option_value(gets->inv, "from"))
		return;
	gets->groups_known = !multicast_read(netns, &gets->groups);
	for (size_t i = 0; i < gets->groups.n && !gets->device; i++)
		if (addr_equal(&gets->groups.items[i].group, &gets->flow.destination))
			gets->device = gets->groups.items[i].device;
}

/* Not knowing the groups, the interface is taken to receive all. */
static int add_groups(struct gets *gets)
{
	int err = 0;

	if (!addr_is_multicast(&gets->flow.destination))
		return 0;
	if (!gets->groups_known)
		return model_load_membership(gets->space.space, &gets->flow.destination,
					     gets->device ? gets->device : 1);
	for (size_t i = 0; i < gets->groups.n && !err; i++)
		err = model_load_membership(gets->space.space, &gets->groups.items[i].group,
					    gets->groups.items[i].device);
	return err;
}

static int parse_flow(struct gets *gets)
{
	const struct invocation *inv = gets->inv;
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct parse_error error = {};

	if (!inv->n_operands)
		return usage_error(inv, "expected a FLOW such as 'tcp 1.2.3.4:50001 > 10.0.0.2:80'");
	for (int i = 0; i < inv->n_operands; i++) {
		if (i)
			strbuf_add_char(&text, ' ');
		strbuf_add_text(&text, inv->operands[i]);
	}
	if (flow_parse(text.text, &machine_names, &gets->flow, &error))
		return usage_error(inv, "'%s': %s", text.text, error.text);
	if (!gets->flow.destination_port)
		return usage_error(inv, "'%s': the destination needs a port", text.text);
	gets->shown = gets->flow;
	if (gets->flow.source.family == ADDR_NONE)
		gets->flow.source = addr_any(gets->flow.destination.family);
	return 0;
}

static const struct host *host_of(const struct gets *gets)
{
	return gets->netns ? &gets->snap->namespaces[gets->netns].host : &gets->snap->host;
}

static int parse_device(struct gets *gets)
{
	const char *name = option_value(gets->inv, "device");
	uint64_t index;

	if (!name)
		return 0;
	const struct interface *device = host_interface_by_name(host_of(gets), name);
	if (!device && parse_u64(name, UINT32_MAX, &index))
		device = host_interface(host_of(gets), (uint32_t)index);
	if (!device)
		return usage_error(gets->inv, "no device '%s' here", name);
	gets->device = device->index;
	return 0;
}

/* A mapped destination is an IPv4 packet. */
static void unmap(struct flow *flow)
{
	flow->source = addr_unmapped(&flow->source);
	flow->destination = addr_unmapped(&flow->destination);
}

/* A socket has a cookie only once somebody asked sock_diag for it: a snapshot by BPF may have none. */
static bool is_same(const struct sock *a, const struct sock *b)
{
	if (a->cookie && b->cookie)
		return a->cookie == b->cookie;
	if (a->inode || b->inode)
		return a->inode == b->inode;
	return a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       addr_equal(&a->local, &b->local) && addr_equal(&a->remote, &b->remote);
}

static const struct sock *same_socket(const struct gets *gets)
{
	for (size_t i = 0; i < gets->snap->n_socks; i++) {
		const struct sock *sock = &gets->snap->socks[i];
		if (sock->netns == gets->netns && sock->proto == gets->found.proto &&
		    is_same(sock, &gets->found))
			return sock;
	}
	return NULL;
}

/* What this host sends to itself counts as arriving by the interface that has the address. */
static uint32_t own_device(const struct gets *gets)
{
	const struct host *host = host_of(gets);
	const struct interface *lo = host_interface_by_name(host, "lo");

	for (size_t i = 0; i < host->n_addresses; i++)
		if (addr_equal(&host->addresses[i].addr, &gets->flow.destination))
			return host->addresses[i].interface;
	return addr_is_loopback(&gets->flow.destination) && lo ? lo->index : 0;
}

static void ask_kernel(struct gets *gets)
{
	const struct inet_packet packet = {
		.proto = gets->flow.proto,
		.local = gets->flow.destination,
		.remote = gets->flow.source,
		.local_port = gets->flow.destination_port,
		.remote_port = gets->flow.source_port,
		.device = gets->device ? gets->device : own_device(gets),
	};

	gets->error = -inet_lookup(&gets->snap->namespaces[gets->netns], &packet, &gets->found);
	gets->asked = true;
	if (!gets->error)
		gets->kernel = same_socket(gets);
}

static int ask_rules(struct gets *gets, const struct model_behaviour *behaviour)
{
	const struct model_packet packet = {
		.from = gets->flow.source,
		.to = gets->flow.destination,
		.from_port = gets->flow.source_port,
		.to_port = gets->flow.destination_port,
		.proto = gets->flow.proto,
		.cpu = -1,
		.device = gets->device,
	};
	int err = port_space_init(&gets->space, gets->snap, gets->netns,
				  gets->flow.destination_port, behaviour);

	err = err ?: add_groups(gets);
	if (err)
		return err;
	gets->is_local = model_space_is_local(gets->space.space, &gets->flow.destination) ||
			 addr_is_multicast(&gets->flow.destination) ||
			 addr_is_loopback(&gets->flow.destination);
	gets->rules.list = &gets->list;
	model_deliver(gets->space.space, &packet, &gets->rules);
	return 0;
}

/* The rules' answer on a kernel of @behaviour, as a number. */
static uint64_t judge(void *data, const struct model_behaviour *behaviour)
{
	AUTO(rules_release) struct gets own = *(const struct gets *)data;

	own.space = (struct port_space){};
	own.list = (struct model_list){};
	own.rules = (struct model_delivery){};
	if (ask_rules(&own, behaviour))
		return 0;
	uint64_t digest = hash_u64((uint64_t)own.rules.socket << 32 | own.rules.rule << 8 |
				   own.rules.reach << 4 | own.rules.reply);
	for (uint32_t i = 0; i < own.list.n; i++)
		digest = hash_u64(digest ^ own.list.ids[i]);
	return digest + own.rules.depends;
}

/* By the rules that this kernel has; a recording is of another. */
static int ask_own_rules(struct gets *gets)
{
	if (option_value(gets->inv, "from"))
		return ask_rules(gets, &model_behaviour_latest);
	const struct model_behaviour behaviour =
		this_kernel(judge, gets, &gets->arena, &gets->assumed);
	return ask_rules(gets, &behaviour);
}

static bool is_among(const struct gets *gets, const struct sock *sock)
{
	if (gets->rules.reach == MODEL_REACH_NONE)
		return false;
	if (port_space_sock(&gets->space, gets->rules.socket) == sock)
		return true;
	for (uint32_t i = 0; i < gets->list.n; i++)
		if (port_space_sock(&gets->space, gets->list.ids[i]) == sock)
			return true;
	return false;
}

bool gets_agree(const struct gets *gets)
{
	/* What BPF steers, the rules cannot know; what came or went meanwhile proves nothing. */
	if (!gets->asked || (gets->error && gets->error != ENOENT) || gets->rules.depends ||
	    !gets->is_local || addr_is_multicast(&gets->flow.destination))
		return true;
	if (gets->error == ENOENT)
		return gets->rules.reach == MODEL_REACH_NONE;
	return !gets->kernel || is_among(gets, gets->kernel);
}

bool gets_found(const struct gets *gets)
{
	if (!gets->is_local)
		return false;
	if (gets->asked && (!gets->error || gets->error == ENOENT) &&
	    !addr_is_multicast(&gets->flow.destination))
		return !gets->error;
	return gets->rules.reach != MODEL_REACH_NONE;
}

/* A disagreement is a mistake of ours or a steering that we do not see: keep the proof. */
static void report_disagreement(const struct gets *gets)
{
	const char *path = "berth-disagreement.ndjson";
	int err = save_snapshot(gets->snap, path);

	if (err)
		failure(gets->inv, "the kernel and berth's rules disagree; please report it");
	else
		failure(gets->inv, "the kernel and berth's rules disagree; please report it with %s",
			path);
}

static int find_namespace(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].wanted)
			return (int)i;
	return 0;
}

static int answer(struct gets *gets, struct output *output)
{
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_HOST | FACT_SOCKOPT |
			 FACT_REUSE | FACT_NAT,
		.protos = PROTO_BIT(gets->flow.proto),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = gets->flow.destination_port,
		.netns_choice = NETNS_SELF,
	};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	int code = collect(gets->inv, &request, &snap);

	if (code)
		return code;
	gets->snap = snap;
	gets->netns = (uint16_t)find_namespace(snap);
	unmap(&gets->flow);
	code = parse_device(gets);
	if (code)
		return code;
	look_at_groups(gets);
	gets->n_before = forwards_of_flow(snap, gets->netns, &gets->flow, gets->before, MAX_BEFORE);
	if (!option_value(gets->inv, "from"))
		ask_kernel(gets);
	int err = ask_own_rules(gets);
	if (err)
		return failure(gets->inv, "%s", strerror(-err));
	if (output->json || output->ndjson)
		gets_print_json(gets, output);
	else
		gets_print_text(gets, output);
	if (!gets_agree(gets))
		report_disagreement(gets);
	return gets_found(gets) ? EXIT_YES : EXIT_NO;
}

static int run_gets(const struct invocation *inv)
{
	AUTO(gets_release) struct gets gets = {.inv = inv};
	struct output output;
	int code = parse_flow(&gets);

	if (code)
		return code;
	code = output_open(&output, inv);
	if (!code)
		code = answer(&gets, &output);
	return output_close(&output, inv, code);
}

static const struct option_row gets_options[] = {
	{"device", 0, "NAME", false, "the packet arrives by this interface (default: from this host)",
	 NULL},
	{},
};

const struct command command_gets = {
	.name = "gets",
	.args = "[PROTO] [SOURCE:PORT >] DESTINATION:PORT",
	.summary = "Say which socket would get this packet",
	.help = "Asks the kernel's own look-up (which also picks the member of a SO_REUSEPORT group),\n"
		"and beside it the port rules, which say why. Nothing is sent. Without a source any new\n"
		"connection is meant. NAT, TPROXY and sk_lookup programs that act before are named where\n"
		"they can be read (as root); BPF at the interface is not part of the answer.\n",
	.examples = "berth gets 10.0.0.2:80\tWho would take a new connection\n"
		    "berth gets tcp 1.2.3.4:50001 '>' 10.0.0.2:80\tWho gets a packet of this flow\n"
		    "berth gets udp 1.2.3.4:53 '>' 10.0.0.2:53 --device eth0\tOne that arrives by eth0\n",
	.options = gets_options,
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.operands = "@endpoint",
	.run = run_gets,
};
