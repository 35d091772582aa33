/* SPDX-License-Identifier: MIT */
/* berth model: the port rules on paper. */
#include "commands/command.h"
#include "commands/output.h"
#include "commands/this_kernel.h"
#include "model/script.h"
#include "base/auto.h"
#include "base/line_in.h"
#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct printer {
	struct out out;
	struct json json;
	bool ndjson, explain;
};

static const char *way_name(enum model_way way)
{
	switch (way) {
	case MODEL_WAY_LISTENING:
		return "listening";
	case MODEL_WAY_BOUND:
		return "bound";
	case MODEL_WAY_CONNECTION:
		return "connection";
	case MODEL_WAY_EPHEMERAL:
		return "ephemeral";
	case MODEL_WAY_ACCEPTED:
		return "accepted";
	case MODEL_WAY_TIME_WAIT:
		return "time-wait";
	case MODEL_WAY_NONE:
		break;
	}
	return NULL;
}

static const char *rule_name(enum model_rule rule)
{
	return rule == MODEL_RULE_OK ? NULL : model_rule_id(rule);
}

static void print_verdict(struct json *json, const struct script_answer *answer)
{
	const struct model_verdict *verdict = answer->verdict;
	const int error = verdict->outcome.error;

	json_key(json, "ok");
	if (verdict->depends)
		json_null(json);
	else
		json_bool(json, !error);
	json_put_text(json, "errno", verdict->depends || !error ? NULL : strerrorname_np(error));
	if (verdict->depends)
		json_put_text(json, "depends", model_fact_name(verdict->fact));
	if (verdict->port && !error)
		json_put_u64(json, "port", verdict->port);
	if (verdict->chosen) {
		json_put_u64(json, "low", answer->low);
		json_put_u64(json, "high", answer->high);
		json_put_u64(json, "candidates", verdict->n_ports);
		json_put_bool(json, "may_fail", verdict->may_fail);
	}
	json_put_text(json, "rule", rule_name(verdict->outcome.rule));
	json_put_text(json, "overlap", rule_name(verdict->outcome.overlap));
	json_put_text(json, "holder", answer->holder);
	json_put_text(json, "way", answer->holder ? way_name(verdict->outcome.way) : NULL);
}

static void print_delivery(struct json *json, const struct script_answer *answer)
{
	static const char *const reaches[] = {"none", "one", "one-of", "each"};
	static const char *const replies[] = {NULL, "rst", "port-unreachable", "drop", "ack"};

	json_put_text(json, "reach", reaches[answer->delivery->reach]);
	json_put_text(json, "reply", replies[answer->delivery->reply]);
	json_put_text(json, "rule", rule_name(answer->delivery->rule));
	json_key(json, "sockets");
	json_open(json, '[');
	for (uint32_t i = 0; i < answer->n_sockets; i++)
		json_text(json, answer->sockets[i]);
	json_close(json, ']');
}

static void print_answer(const struct script_answer *answer, void *data)
{
	struct printer *printer = data;
	struct json *json = &printer->json;

	if (!printer->ndjson) {
		out_add_text(&printer->out, answer->text);
		out_add_char(&printer->out, '\n');
		out_add_text(&printer->out, printer->explain ? answer->reason : "");
		return;
	}
	json_open(json, '{');
	json_put_text(json, "schema", "berth.model/1");
	json_put_u64(json, "line", answer->line);
	json_put_text(json, "op", answer->op);
	json_put_text(json, "socket", answer->socket);
	json_put_text(json, "answer", answer->text);
	if (answer->kind == SCRIPT_VERDICT)
		print_verdict(json, answer);
	else if (answer->kind == SCRIPT_DELIVERY)
		print_delivery(json, answer);
	else
		json_put_bool(json, "ok", true);
	if (printer->explain) {
		json_key(json, "explain");
		json_lines(json, answer->reason);
	}
	json_close(json, '}');
	json_end(json);
}

enum { MAX_LINE = 1 << 20 };

/* Each line is answered at once. At a terminal a mistake is told and the next line may follow. */
static int run_lines(const struct invocation *inv, FILE *from, const char *name,
		     struct script *script, struct out *out)
{
	const bool typed = isatty(fileno(from));
	AUTO(freep) char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = line_in_read(from, &line, &room, MAX_LINE)) >= 0) {
		struct script_error error = {0};
		int r = model_script_line(script, line, (size_t)len, &error);
		const int unwritten = out_flush(out);
		if (unwritten)
			return failure(inv, "cannot write the answer: %s", strerror(-unwritten));
		if (r && r != -EINVAL)
			return failure(inv, "%s", strerror(-r));
		int code = r ? usage_error(inv, "%s: line %u, column %u: %s", name, error.line,
					   error.column, error.text)
			     : 0;
		if (code && !typed)
			return code;
	}
	return len == -ENODATA ? EXIT_YES
			       : usage_error(inv, "%s: cannot be read: %s", name,
					     len == -E2BIG ? "too long a line" : strerror(-(int)len));
}

/* Rules to live without, for tests of the tests. */
static int read_without(const struct invocation *inv, enum model_rule *ret, size_t *ret_n)
{
	for (size_t i = 0; i < inv->n_seen; i++) {
		if (strcmp(inv->seen[i].row->name, "without"))
			continue;
		int rule = model_rule_find(inv->seen[i].value);
		if (rule < 0)
			return usage_error(inv, "no rule '%s'", inv->seen[i].value);
		if (*ret_n < N_MODEL_RULES)
			ret[(*ret_n)++] = (enum model_rule)rule;
	}
	return 0;
}

static int list_rules(void)
{
	for (int i = 0; i < N_MODEL_RULES; i++)
		printf("%s\n", model_rule_id((enum model_rule)i));
	return EXIT_YES;
}

/* The rules that differ between kernels: since when, and with @here what this one does. */
static int list_versions(bool here)
{
	struct model_behaviour behaviour = here ? this_kernel(NULL, NULL, NULL, NULL)
						: model_behaviour_latest;

	for (int i = 0; i < N_BEHAVIOURS; i++) {
		const struct model_behaviour_row *row = model_behaviour_row((enum behaviour)i);
		const unsigned version = row->before ? row->before : row->since;
		const bool on = *model_behaviour_bit(&behaviour, (enum behaviour)i);
		printf("%-18s %-6s %u.%-3u %s%s\n", row->name, row->before ? "before" : "since",
		       version / 100, version % 100, here ? on ? "yes  " : "no   " : "", row->says);
	}
	return EXIT_YES;
}

static void script_freep(struct script **script)
{
	model_script_free(*script);
}

static void printer_release(struct printer *printer)
{
	json_release(&printer->json);
	out_release(&printer->out);
}

static int run(const struct invocation *inv)
{
	AUTO(fclosep) FILE *opened = NULL;
	AUTO(printer_release) struct printer printer = {
		.ndjson = option_given(inv, "ndjson"),
		.explain = option_given(inv, "explain"),
	};
	enum model_rule without[N_MODEL_RULES];
	struct script_options options = {.without = without};
	struct model_behaviour behaviour;
	const bool here = option_given(inv, "this-kernel");

	if (option_given(inv, "rules"))
		return list_rules();
	if (option_given(inv, "versions"))
		return list_versions(here);
	if (here) {
		behaviour = this_kernel(NULL, NULL, NULL, NULL);
		options.behaviour = &behaviour;
	}
	if (inv->n_operands > 1)
		return usage_error(inv, "one script at a time");
	const char *name = inv->n_operands ? inv->operands[0] : "-";
	int code = read_without(inv, without, &options.n_without);
	if (code)
		return code;
	if (strcmp(name, "-")) {
		opened = fopen(name, "re");
		if (!opened)
			return usage_error(inv, "%s: %s", name, strerror(errno));
	}
	int fd = STDOUT_FILENO;
	out_init(&printer.out, output_to_fd, &fd);
	json_init(&printer.json, &printer.out);
	AUTO(script_freep) struct script *script =
		model_script_new(&options, print_answer, &printer);
	if (!script)
		return failure(inv, "%s", strerror(ENOMEM));
	return run_lines(inv, opened ? opened : stdin, name, script, &printer.out);
}

static const struct option_row options[] = {
	{"explain", 0, NULL, false, "add the reason below each answer", NULL},
	{"ndjson", 0, NULL, false, "print one JSON record a line (schema berth.model/1)", NULL},
	{"rules", 0, NULL, false, "list the ids of the rules", NULL},
	{"this-kernel", 0, NULL, false, "by the rules of the running kernel, found out by trying it", NULL},
	{"versions", 0, NULL, false, "list the rules that differ between kernels", NULL},
	{"without", 0, "RULE", false, "live without a rule, to see what it is for", NULL},
	{},
};

const struct command command_model = {
	.name = "model",
	.args = "[FILE|-]",
	.summary = "The port rules on paper: sockets and packets in, verdicts out",
	.help = "Reads a script of sockets, calls and packets, one a line, and answers each line as\n"
		"Linux would: ok, or the errno with the socket in the way and the rule that decides;\n"
		"for a packet, which socket gets it. Nothing is done to this machine.\n"
		"The rules are those of a kernel 6.18, or with --this-kernel of the running one; each has\n"
		"a page in docs/rules.",
	.examples = "printf 'a = socket tcp inet\\nbind a 0.0.0.0:80\\nlisten a\\n' | berth model\t"
		    "Three calls and their answers\n"
		    "berth model --explain FILE\tThe reason below each answer\n",
	.options = options,
	.operands = "@file",
	.run = run,
};
