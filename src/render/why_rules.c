/* SPDX-License-Identifier: MIT */
/* JSON through the common writer; the text says only what helps. */
#include "render/why_rules.h"
#include "base/duration.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/bind_rules.h"

#include <string.h>

static void put_branch(struct json *json, const char *key, const struct bind_branch *branch)
{
	json_key(json, key);
	json_open(json, '{');
	json_put_bool(json, "ok", !branch->error);
	json_put_text(json, "errno", branch->error ? strerrorname_np(branch->error) : NULL);
	json_put_text(json, "rule", branch->rule);
	json_put_text(json, "says", branch->says);
	json_close(json, '}');
}

void why_rules_json(struct json *json, const struct bind_rules *rules)
{
	json_open(json, '{');
	json_put_bool(json, "ok", !rules->answer.error);
	json_put_text(json, "errno",
		      rules->answer.error ? strerrorname_np(rules->answer.error) : NULL);
	json_put_text(json, "rule", rules->answer.rule);
	json_put_text(json, "says", rules->answer.says);
	json_put_text(json, "kernel", rules->kernel);
	json_put_text(json, "holder", rules->holder);
	json_put_text(json, "way", rules->way);
	json_put_text(json, "meets", rules->meets);
	json_put_text(json, "shared", rules->shared);
	if (rules->backlog_cut)
		json_put_u64(json, "backlog_cut_to", rules->backlog_cut);
	if (rules->wait_ms)
		json_put_u64(json, "wait_ms", rules->wait_ms);
	if (rules->depends_on) {
		json_put_text(json, "depends_on", rules->depends_on);
		put_branch(json, "if_set", &rules->if_set);
		put_branch(json, "if_clear", &rules->if_clear);
	}
	json_key(json, "would_pass_with");
	json_open(json, '[');
	for (size_t i = 0; i < rules->n_would_pass; i++)
		json_text(json, rules->would_pass[i]);
	json_close(json, ']');
	if (rules->assumed)
		json_put_text(json, "assumed", rules->assumed);
	if (rules->free_port)
		json_put_u64(json, "free_port", rules->free_port);
	json_put_bool(json, "agrees", rules->agrees);
	json_close(json, '}');
}

static const char *result(int error)
{
	return error ? strerrorname_np(error) : "allowed";
}

void why_rules_text(struct strbuf *sb, const struct bind_rules *rules)
{
	char wait[DURATION_TEXT_SIZE];

	if (rules->depends_on)
		strbuf_printf(sb, "  rule        depends on %s of the holder, which could not be seen: "
				  "%s if set (%s), %s if not (%s)\n",
			      rules->depends_on, result(rules->if_set.error), rules->if_set.rule,
			      result(rules->if_clear.error), rules->if_clear.rule);
	else
		strbuf_printf(sb, "  rule        %s: %s\n", rules->answer.rule, rules->answer.says);
	if (rules->assumed)
		strbuf_printf(sb, "  assumed     %s\n", rules->assumed);
	if (rules->backlog_cut)
		strbuf_printf(sb, "  backlog     is cut to %u by net.core.somaxconn\n",
			      rules->backlog_cut);
	if (!rules->answer.error)
		return;
	if (rules->meets)
		strbuf_printf(sb, "  meets by    %s: %s\n", rules->meets, rules->meets_says);
	if (rules->holder) {
		strbuf_add_text(sb, "  holder      ");
		escape_add(sb, rules->holder, strlen(rules->holder));
		strbuf_add_char(sb, '\n');
	}
	if (rules->way)
		strbuf_printf(sb, "  holds by    %s\n", rules->way);
	if (rules->shared)
		strbuf_printf(sb, "  shared      %s\n", rules->shared);
	for (size_t i = 0; i < rules->n_would_pass; i++)
		strbuf_printf(sb, "%s%s", i ? ", or " : "Would pass: with ", rules->would_pass[i]);
	if (rules->n_would_pass)
		strbuf_add_char(sb, '\n');
	if (rules->wait_ms)
		strbuf_printf(sb, "Or wait: TIME_WAIT ends in %s\n",
			      format_duration_ms(rules->wait_ms, wait));
	if (rules->free_port)
		strbuf_printf(sb, "Free nearby: port %u (bound and let go to be sure)\n",
			      rules->free_port);
}
