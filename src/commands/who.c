/* SPDX-License-Identifier: MIT */
/* berth who: every holder of a port, an address, a connection, or whatever else was pointed at. */
#include "commands/who.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/forwards.h"
#include "commands/names.h"
#include "commands/output.h"
#include "commands/who_explain.h"
#include "base/auto.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/names.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct whats {
	struct what **items;
	size_t n;
};

static void whats_release(struct whats *whats)
{
	for (size_t i = 0; i < whats->n; i++)
		what_free(whats->items[i]);
	free(whats->items);
}

static int parse_one(const struct invocation *inv, const char *text, struct whats *whats)
{
	struct parse_error error = {};
	int result = what_parse(text, names_for(inv), &whats->items[whats->n], &error);

	if (result == -EINVAL)
		return usage_error(inv, "'%s': %s", text, error.text);
	if (result)
		return failure(inv, "%s", strerror(-result));
	whats->n++;
	return 0;
}

/* "tcp A:P > B:Q" typed as words of their own is one WHAT. */
static bool is_connection(const struct invocation *inv)
{
	for (int i = 0; i < inv->n_operands; i++)
		if (!strcmp(inv->operands[i], ">") || !strcmp(inv->operands[i], "->"))
			return true;
	return false;
}

static int parse_whats(const struct invocation *inv, struct whats *whats)
{
	whats->items = calloc((size_t)inv->n_operands + 1, sizeof(struct what *));
	if (!whats->items)
		return failure(inv, "out of memory");
	if (is_connection(inv)) {
		AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
		for (int i = 0; i < inv->n_operands; i++) {
			strbuf_add_text(&text, i ? " " : "");
			strbuf_add_text(&text, inv->operands[i]);
		}
		return parse_one(inv, text.text, whats);
	}
	for (int i = 0; i < inv->n_operands; i++) {
		int code = parse_one(inv, inv->operands[i], whats);
		if (code)
			return code;
	}
	return 0;
}

static void make_request(const struct whats *whats, struct request *request)
{
	*request = (struct request){
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_CONTAINERS |
			 FACT_NAT | FACT_NOTES | FACT_UNHELD,
		.protos = PROTOS_ALL,
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
	};
	/* Of several, each may mean other sockets: then nothing is left out beforehand. */
	if (whats->n == 1)
		what_narrow(whats->items[0], request);
}

static int choose_socks(const struct snapshot *snap, const struct whats *whats, uint32_t **ret_socks,
			size_t *ret_n)
{
	AUTO(freep) uint32_t *socks = malloc((snap->n_socks + 1) * sizeof(*socks));
	size_t n = 0;

	if (!socks)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		bool meant = false;
		if (!collect_wants(snap, &snap->socks[i]))
			continue;
		for (size_t k = 0; k < whats->n && !meant; k++)
			meant = what_matches(whats->items[k], snap, &snap->socks[i]);
		if (meant)
			socks[n++] = (uint32_t)i;
	}
	*ret_socks = take(socks);
	*ret_n = n;
	return 0;
}

static int compare_pids(const void *left, const void *right)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* The holders' pids, one a line, ascending, once each. */
static int who_print_pids(const struct who *who, struct output *output)
{
	const struct snapshot *snap = who->snap;
	size_t n = 0;

	AUTO(freep) uint32_t *pids = calloc(snap->n_owners + 1, sizeof(*pids));
	if (!pids)
		return -ENOMEM;
	for (size_t i = 0; i < who->n_socks; i++) {
		const struct sock *sock = &snap->socks[who->socks[i]];
		for (uint32_t nth = 0; nth < sock->n_owners; nth++)
			pids[n++] = owner_proc(snap, sock_owner(snap, sock, nth))->pid;
	}
	qsort(pids, n, sizeof(*pids), compare_pids);
	for (size_t i = 0; i < n; i++) {
		if (i && pids[i] == pids[i - 1])
			continue;
		out_add_u64(&output->out, pids[i]);
		out_add_char(&output->out, '\n');
	}
	return output->out.error;
}

/* Could a socket of @what be among what was not seen? */
static bool may_be_hidden(const struct snapshot *snap, const struct what *what)
{
	const bool by_owner = what->kind == WHAT_NAME || what->kind == WHAT_FIELD;

	for (size_t i = 0; i < snap->n_coverages; i++) {
		const struct coverage *coverage = &snap->coverages[i];
		const bool is_gap = coverage->level == COVERAGE_PARTIAL ||
				    coverage->level == COVERAGE_NONE;
		/* Namespaces out of reach were not asked about; NAT rules hold no socket. */
		if (!is_gap || !strcmp(coverage->source, "netns") ||
		    !strcmp(coverage->source, "forwards"))
			continue;
		if (strcmp(coverage->source, "owners") != 0 &&
		    strcmp(coverage->source, "processes") != 0)
			return true;
		if (by_owner)
			return true;
	}
	return false;
}

/* Nothing was found: say so in one line for each WHAT. The exit code. */
static int report_absence(const struct invocation *inv, const struct snapshot *snap,
			  const struct whats *whats)
{
	int code = EXIT_NO;

	for (size_t i = 0; i < whats->n; i++) {
		const char *text = whats->items[i]->text;
		if (may_be_hidden(snap, whats->items[i]))
			code = failure(inv, "nothing seen of %s, but not all could be seen", text);
		else
			failure(inv, "nobody holds %s", text);
	}
	return code;
}

static bool forwarded(const struct snapshot *snap, const struct whats *whats)
{
	for (size_t i = 0; i < snap->n_forwards; i++)
		for (size_t k = 0; k < whats->n; k++)
			if (forward_is_meant(&snap->forwards[i], whats->items[k]))
				return true;
	return false;
}

static int print(const struct invocation *inv, const struct who *who, struct output *output)
{
	if (option_given(inv, "pids"))
		return who_print_pids(who, output);
	if (output->json || output->ndjson)
		return who_print_json(who, output);
	return who_print_text(who, output);
}

/* A script that was given no pid must not take that for an answer. */
static int explain_no_pids(const struct invocation *inv, const struct who *who)
{
	bool hidden = false;

	for (size_t i = 0; i < who->n_socks; i++) {
		const struct sock *sock = &who->snap->socks[who->socks[i]];
		if (sock->n_owners)
			return EXIT_YES;
		hidden |= ownerless_kind(who->snap, sock) == OWNERLESS_NOT_READABLE;
	}
	if (hidden)
		return failure(inv, "held, but the processes may not be looked into");
	failure(inv, "held by the kernel, by no process: 'berth who' without -t says why");
	return EXIT_NO;
}

static int answer(const struct invocation *inv, const struct whats *whats, struct snapshot *snap,
		  struct output *output)
{
	AUTO(freep) uint32_t *socks = NULL;
	struct who who = {.snap = snap, .whats = whats->items, .n_whats = whats->n};
	int error = choose_socks(snap, whats, &socks, &who.n_socks);

	who.socks = socks;
	if (!error)
		error = print(inv, &who, output);
	if (error && error != output->out.error)
		return failure(inv, "%s", strerror(-error));
	if (!output->json && !output->ndjson && !option_given(inv, "pids"))
		forwards_print_text(snap, whats->items, whats->n, output);
	if (who.n_socks && option_given(inv, "pids"))
		return explain_no_pids(inv, &who);
	if (who.n_socks || forwarded(snap, whats))
		return EXIT_YES;
	return report_absence(inv, snap, whats);
}

static int who_run(const struct invocation *inv)
{
	AUTO(whats_release) struct whats whats = {};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct request request;
	struct output output;

	if (!inv->n_operands)
		return usage_error(inv, "say what to look for: a port, an address, pid:N, a name");
	int code = parse_whats(inv, &whats);
	if (code)
		return code;
	code = output_open(&output, inv);
	if (!code) {
		make_request(&whats, &request);
		code = collect(inv, &request, &snap);
	}
	if (!code) {
		if (!option_given(inv, "pids"))
			collect_user_names(inv, snap);
		code = answer(inv, &whats, snap, &output);
	}
	return answer_close(inv, &output, snap, code);
}

static const struct option_row options[] = {
	{"pids", 't', NULL, false, "print only the pids of the holders", NULL},
	{},
};

const struct command command_who = {
	.name = "who",
	.args = "WHAT...",
	.summary = "Show who holds a port, an address, a connection or a UNIX socket",
	.help = "WHAT is a port (8080, udp/53, 8000-8100), an address (10.0.0.5:80, [::1]:80), a\n"
		"connection (A:P>B:Q), a program (nginx), a UNIX socket (/run/x.sock), or WORD:VALUE, as\n"
		"in pid:4242, unit:nginx.service, user:www-data, container:ID.\n"
		"Exit code: 0 somebody or something holds it, 1 nobody does, 3 not all could be seen.\n"
		"With -t 0 means that at least one pid was printed.\n",
	.examples = "berth who 8080\tWho has port 8080, TCP or UDP\n"
		    "berth who nginx\tEverything nginx holds\n"
		    "kill $(berth who -t 8080/tcp)\tEnd the holders\n"
		    "berth who 10.0.0.5:40000 '>' 10.0.0.9:5432\tWhose connection this is\n",
	.options = options,
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.operands = "@what",
	.run = who_run,
};
