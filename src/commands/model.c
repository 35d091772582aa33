/* SPDX-License-Identifier: MIT */
/* berth model: the port rules on paper. */
#include "commands/command.h"
#include "commands/this_kernel.h"
#include "model/script.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct printer {
	struct strbuf sb;
	bool ndjson, explain;
};

static void add_string(struct strbuf *sb, const char *key, const char *text)
{
	strbuf_printf(sb, ",\"%s\":", key);
	if (!text) {
		strbuf_add_text(sb, "null");
		return;
	}
	strbuf_add_char(sb, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_add_char(sb, '\\');
		if (*text == '\n')
			strbuf_add_text(sb, "\\n");
		else
			strbuf_add_char(sb, *text);
	}
	strbuf_add_char(sb, '"');
}

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

static void add_verdict(struct strbuf *sb, const struct script_answer *answer)
{
	const struct model_verdict *verdict = answer->verdict;
	int error = verdict->outcome.error;

	if (verdict->depends) {
		strbuf_add_text(sb, ",\"ok\":null,\"errno\":null");
		add_string(sb, "depends", model_fact_name(verdict->fact));
	} else {
		strbuf_printf(sb, ",\"ok\":%s", error ? "false" : "true");
		add_string(sb, "errno", error ? strerrorname_np(error) : NULL);
	}
	if (verdict->port && !error)
		strbuf_printf(sb, ",\"port\":%u", verdict->port);
	if (verdict->chosen)
		strbuf_printf(sb, ",\"low\":%u,\"high\":%u,\"candidates\":%u,\"may_fail\":%s",
			      answer->low, answer->high, verdict->n_ports,
			      verdict->may_fail ? "true" : "false");
	add_string(sb, "rule", rule_name(verdict->outcome.rule));
	add_string(sb, "overlap", rule_name(verdict->outcome.overlap));
	add_string(sb, "holder", answer->holder);
	add_string(sb, "way", answer->holder ? way_name(verdict->outcome.way) : NULL);
}

static void add_delivery(struct strbuf *sb, const struct script_answer *answer)
{
	static const char *const reaches[] = {"none", "one", "one-of", "each"};
	static const char *const replies[] = {NULL, "rst", "port-unreachable", "drop", "ack"};

	add_string(sb, "reach", reaches[answer->delivery->reach]);
	add_string(sb, "reply", replies[answer->delivery->reply]);
	add_string(sb, "rule", rule_name(answer->delivery->rule));
	strbuf_add_text(sb, ",\"sockets\":[");
	for (uint32_t i = 0; i < answer->n_sockets; i++)
		strbuf_printf(sb, "%s\"%s\"", i ? "," : "", answer->sockets[i]);
	strbuf_add_char(sb, ']');
}

static void print_answer(const struct script_answer *answer, void *data)
{
	struct printer *printer = data;
	struct strbuf *sb = &printer->sb;

	if (!printer->ndjson) {
		printf("%s\n%s", answer->text, printer->explain ? answer->reason : "");
		return;
	}
	strbuf_clear(sb);
	strbuf_printf(sb, "{\"schema\":\"berth.model/1\",\"line\":%u", answer->line);
	add_string(sb, "op", answer->op);
	add_string(sb, "socket", answer->socket);
	add_string(sb, "answer", answer->text);
	if (answer->kind == SCRIPT_VERDICT)
		add_verdict(sb, answer);
	else if (answer->kind == SCRIPT_DELIVERY)
		add_delivery(sb, answer);
	else
		strbuf_add_text(sb, ",\"ok\":true");
	if (printer->explain)
		add_string(sb, "explain", answer->reason);
	strbuf_add_text(sb, "}\n");
	fwrite(sb->text, 1, sb->len, stdout);
}

/* Each line is answered at once. At a terminal a mistake is told and the next line may follow. */
static int run_lines(const struct invocation *inv, FILE *from, const char *name,
		     struct script *script)
{
	const bool typed = isatty(fileno(from));
	AUTO(freep) char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, from)) >= 0) {
		struct script_error error = {0};
		if (len && line[len - 1] == '\n')
			len--;
		int r = model_script_line(script, line, (size_t)len, &error);
		fflush(stdout);
		if (r && r != -EINVAL)
			return failure(inv, "%s", strerror(-r));
		int code = r ? usage_error(inv, "%s: line %u, column %u: %s", name, error.line,
					   error.column, error.text)
			     : 0;
		if (code && !typed)
			return code;
	}
	return ferror(from) ? usage_error(inv, "%s: cannot be read", name) : EXIT_YES;
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

static int run(const struct invocation *inv)
{
	AUTO(fclosep) FILE *opened = NULL;
	struct printer printer = {
		.sb = STRBUF_INIT,
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
	AUTO(script_freep) struct script *script =
		model_script_new(&options, print_answer, &printer);
	if (!script)
		return failure(inv, "%s", strerror(ENOMEM));
	code = run_lines(inv, opened ? opened : stdin, name, script);
	strbuf_release(&printer.sb);
	return code;
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
