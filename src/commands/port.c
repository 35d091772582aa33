/* SPDX-License-Identifier: MIT */
/* berth port: what a port number means, here and in the world, and what runs there now. */
#include "commands/port.h"
#include "base/array.h"
#include "commands/port_plan.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/names.h"
#include "commands/output.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/service.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "probe/caller.h"
#include "sources/services.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

/* Of wider ranges only the ports that something holds are told. */
enum { MAX_NAMED_RANGE = 1024 };

/* Which ports were asked for, a bit each: TCP's and UDP's. */
struct wanted {
	uint8_t bits[1 << 16]; /* bit 1 << enum sock_proto, of TCP and UDP */
	size_t n;	       /* ports */
};

static void want(struct wanted *wanted, uint32_t protos, struct port_range range)
{
	for (uint32_t port = range.low; port <= range.high; port++) {
		wanted->n += !wanted->bits[port];
		wanted->bits[port] |= (uint8_t)(protos & (PROTO_BIT(SOCK_PROTO_TCP) |
							   PROTO_BIT(SOCK_PROTO_UDP)));
	}
}

static bool contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* A name that is no service of this machine: IANA's, or part of what usually runs somewhere. */
static bool want_name(struct wanted *wanted, const char *name)
{
	const uint32_t both = PROTO_BIT(SOCK_PROTO_TCP) | PROTO_BIT(SOCK_PROTO_UDP);
	uint16_t port;
	bool found = service_port(name, strlen(name), SOCK_PROTO_OTHER, &port);

	if (found)
		want(wanted, both, (struct port_range){port, port});
	for (size_t i = 0; strlen(name) > 2 && i < service_usual_count; i++) {
		const struct service_usual *row = &service_usual_rows[i];
		if (!contains(row->name, name))
			continue;
		for (unsigned proto = SOCK_PROTO_TCP; proto <= SOCK_PROTO_UDP; proto++)
			if (service_usual((enum sock_proto)proto, row->port) == row)
				want(wanted, PROTO_BIT(proto),
				     (struct port_range){row->port, row->port});
		found = true;
	}
	return found;
}

static int parse_one(const struct invocation *inv, const char *text, struct wanted *wanted)
{
	AUTO(what_freep) struct what *what = NULL;
	struct parse_error error = {};
	int result = what_parse(text, names_for(inv), &what, &error);

	if (result == -EINVAL)
		return usage_error(inv, "'%s': %s", text, error.text);
	if (result)
		return failure(inv, "%s", strerror(-result));
	if (what->kind != WHAT_PORT && what->kind != WHAT_NAME)
		return usage_error(inv, "'%s' is no port, range or service", text);
	if (what->kind == WHAT_NAME && want_name(wanted, text))
		return 0;
	if (!what->has_ports)
		return usage_error(inv, "no port, service or usual program is called '%s'", text);
	for (uint32_t i = 0; i < what->n_ranges; i++)
		want(wanted, what->protos ? what->protos : UINT32_MAX, what->ranges[i]);
	return 0;
}

static int parse_operands(const struct invocation *inv, struct wanted *wanted)
{
	if (!inv->n_operands)
		return usage_error(inv, "say which port, range or service");
	for (int i = 0; i < inv->n_operands; i++) {
		int code = parse_one(inv, inv->operands[i], wanted);
		if (code)
			return code;
	}
	wanted->bits[0] = 0;
	return 0;
}

/* A namespace that was asked for by name has its own ranges. */
static const struct host *host_of(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].wanted)
			return snap->namespaces[i].is_self || !snap->namespaces[i].host.known
				       ? &snap->host : &snap->namespaces[i].host;
	return &snap->host;
}

/* UDP-Lite's ports are UDP's neighbours: told with them. */
static bool is_of(const struct sock *sock, enum sock_proto proto)
{
	return sock->proto == proto ||
	       (proto == SOCK_PROTO_UDP && sock->proto == SOCK_PROTO_UDPLITE);
}

static bool is_holder(const struct sock *sock)
{
	if (sock->proto == SOCK_PROTO_TCP)
		return sock->state == SOCK_STATE_LISTEN || sock->state == SOCK_STATE_BOUND_INACTIVE;
	return !sock->remote_port;
}

/* May this process bind the port, as far as privilege goes? */
static enum port_right right_of(const struct case_facts *self, const struct host *host,
				uint16_t port)
{
	if (port >= host->unprivileged_start)
		return PORT_RIGHT_YES;
	if (!self || !self->caller.known)
		return PORT_RIGHT_UNKNOWN;
	const struct caller *caller = &self->caller;
	const bool foreign = caller->userns && caller->netns_owner &&
			     caller->userns != caller->netns_owner;
	return caller->capabilities >> CAP_NET_BIND_SERVICE & 1 && !foreign ? PORT_RIGHT_YES
									  : PORT_RIGHT_NO;
}

static struct port_answer *add_answer(struct port_answers *answers)
{
	if (!array_grow(&answers->items, answers->n, &answers->room, sizeof(*answers->items)))
		return NULL;
	struct port_answer *answer = &answers->items[answers->n++];
	*answer = (struct port_answer){};
	return answer;
}

/* Find @port's sockets by one walk; @socks has room for all. Returns how many hold it. */
static void find_socks(const struct snapshot *snap, struct port_answer *answer, uint32_t *socks)
{
	answer->socks = socks;
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (sock->local_port != answer->port || !sock_is_inet(sock) ||
		    !is_of(sock, answer->proto) || !collect_wants(snap, sock))
			continue;
		if (is_holder(sock))
			socks[answer->n_socks++] = (uint32_t)i;
		else if (sock->state == SOCK_STATE_TIME_WAIT)
			answer->n_time_wait++;
		else
			answer->n_connections++;
	}
}

/* Which of the wanted ports have sockets: so that others need no walk. */
static void mark_used(const struct snapshot *snap, uint8_t *used)
{
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (sock_is_inet(sock) && collect_wants(snap, sock))
			for (unsigned proto = SOCK_PROTO_TCP; proto <= SOCK_PROTO_UDP; proto++)
				if (is_of(sock, (enum sock_proto)proto))
					used[sock->local_port] |= (uint8_t)PROTO_BIT(proto);
	}
}

static bool is_named(const struct port_answer *answer)
{
	return answer->file_name || service_iana(answer->proto, answer->port, NULL) ||
	       service_usual(answer->proto, answer->port);
}

static int make_answer(struct port_answers *answers, const struct case_facts *self,
		       struct port_answer answer, bool used)
{
	uint32_t *socks = answers->socks;

	for (size_t i = 0; i < answers->n; i++)
		socks += answers->items[i].n_socks;
	answer.file_name = services_name(answers->services, answer.proto, answer.port);
	answer.may_bind = right_of(self, answers->host, answer.port);
	if (used)
		find_socks(answers->snap, &answer, socks);
	if (answers->brief && !used && !is_named(&answer))
		return 0;
	struct port_answer *added = add_answer(answers);
	if (!added)
		return -ENOMEM;
	*added = answer;
	return 0;
}

static int make_answers(struct port_answers *answers, const struct wanted *wanted,
			const struct case_facts *self)
{
	AUTO(freep) uint8_t *used = calloc(1 << 16, 1);
	int err = 0;

	answers->socks = calloc(answers->snap->n_socks + 1, sizeof(*answers->socks));
	if (!used || !answers->socks)
		return -ENOMEM;
	mark_used(answers->snap, used);
	for (uint32_t port = 1; port <= UINT16_MAX && !err; port++)
		for (unsigned proto = SOCK_PROTO_TCP; proto <= SOCK_PROTO_UDP && !err; proto++) {
			const bool is_used = used[port] & PROTO_BIT(proto);
			if (!(wanted->bits[port] & PROTO_BIT(proto)) ||
			    (wanted->n > MAX_NAMED_RANGE && !is_used))
				continue;
			const struct port_answer answer = {.port = (uint16_t)port,
							   .proto = (enum sock_proto)proto};
			err = make_answer(answers, self, answer, is_used);
		}
	return err;
}

static void answers_release(struct port_answers *answers)
{
	free(answers->items);
	free(answers->socks);
}

static int answer(const struct invocation *inv, const struct snapshot *snap,
		  const struct wanted *wanted, struct output *output)
{
	AUTO(services_release) struct services services;
	AUTO(case_freep) struct case_facts *self = case_new();
	AUTO(answers_release) struct port_answers answers = {
		.snap = snap,
		.host = host_of(snap),
		.services = &services,
		.brief = wanted->n > 1,
		.asked = (const char *const *)inv->operands,
	};
	/* A recording is of another machine; without the file there is one source of names less. */
	const bool recorded = option_given(inv, "from");
	services_read(&services, recorded ? "" : "/etc/services");
	if (!self)
		return failure(inv, "out of memory");
	/* A recording does not know who is asking, nor another namespace what I may do there. */
	const bool mine = !recorded && answers.host == &snap->host;
	if (mine)
		caller_read(self, 0);
	int err = make_answers(&answers, wanted, mine ? self : NULL);
	if (!err)
		err = output->json || output->ndjson ? port_print_json(&answers, output)
						     : port_print_text(&answers, output);
	if (err && err != output->out.error)
		return failure(inv, "%s", strerror(-err));
	return EXIT_YES;
}

static int port_tell(const struct invocation *inv)
{
	AUTO(freep) struct wanted *wanted = calloc(1, sizeof(*wanted));
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct output output;
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_HOST,
		.protos = PROTOS_WITH_PORTS,
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
	};

	if (!wanted)
		return failure(inv, "out of memory");
	int code = parse_operands(inv, wanted);
	if (code)
		return code;
	for (uint32_t port = 1; port <= UINT16_MAX && wanted->n == 1; port++)
		if (wanted->bits[port])
			request.local_port = (uint16_t)port;
	code = output_open(&output, inv);
	if (!code)
		code = collect(inv, &request, &snap);
	if (!code)
		code = answer(inv, snap, wanted, &output);
	return answer_close(inv, &output, snap, code);
}

static int port_run(const struct invocation *inv)
{
	if (option_given(inv, "free"))
		return port_free(inv);
	return option_given(inv, "reserve") ? port_reserve(inv) : port_tell(inv);
}

static const struct option_row port_options[] = {
	{"free", 0, NULL, false, "print a free port of RANGE (1024-49151) that nothing can take away",
	 NULL},
	{"count", 'n', "N", false, "with --free: N ports", NULL},
	{"reserve", 0, NULL, false, "show how to keep the ports out of what clients are given", NULL},
	{},
};

const struct command command_port = {
	.name = "port",
	.args = "PORT|RANGE|SERVICE...",
	.summary = "Tell what a port is: its names, its range, what runs there, may I bind it",
	.help = "Names come from IANA's registry, from /etc/services, and from a list of what usually\n"
		"runs there today; what runs there now is asked of the machine. Of several ports only\n"
		"those with a name or a holder are told; of more than 1024 only those with a holder.\n",
	.examples = "berth port 9090\tWhat is port 9090?\n"
		    "berth port --free 8000-8999\tA port for a new server\n"
		    "berth port --reserve 40080\tKeep clients off port 40080\n"
		    "berth port https\tWhat is the port of https?\n"
		    "berth port 8000-8100\tWhat runs there, and what are its free ports known for?\n"
		    "berth port prometheus\tWhich ports does Prometheus use?\n",
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.operands = "@what",
	.options = port_options,
	.run = port_run,
};
