/* SPDX-License-Identifier: MIT */
/* The table of hops. The sentence is in trace_words.c. */
#include "render/trace_text.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "render/color.h"
#include "render/width.h"

#include <string.h>

enum { LEAST_LABEL = 15, NUMBERS = 46 };

static void add_label(struct strbuf *sb, const struct trace_hop *hop, const char *name)
{
	char text[ADDR_TEXT_SIZE];

	strbuf_add_text(sb, hop->from.family ? addr_format(&hop->from, text) : "*");
	if (!name)
		return;
	strbuf_add_text(sb, " (");
	escape_add(sb, name, strlen(name));
	strbuf_add_char(sb, ')');
}

static size_t label_width(const struct trace *trace, const struct trace_names *names,
			  unsigned screen)
{
	struct strbuf label = STRBUF_INIT;
	size_t widest = LEAST_LABEL;
	/* Narrow screens: names are cut, addresses are not. */
	const size_t room = screen > NUMBERS + LEAST_LABEL ? screen - NUMBERS : LEAST_LABEL;

	for (unsigned i = trace->first; i < trace->n; i++) {
		strbuf_clear(&label);
		add_label(&label, &trace->hops[i], names->of[i]);
		size_t width = width_of(label.text, label.len);
		if (width > widest)
			widest = width;
	}
	strbuf_release(&label);
	return screen && widest > room ? room : widest;
}

static void add_padded(struct strbuf *sb, const struct trace_hop *hop, const char *name,
		       size_t width)
{
	struct strbuf label = STRBUF_INIT;
	size_t used = 0, bytes;

	add_label(&label, hop, name);
	bytes = width_fit(label.text, label.len, width, &used);
	if (bytes < label.len) {
		strbuf_clear(&label);
		add_label(&label, hop, NULL);
		bytes = label.len;
		used = label.len;
	}
	strbuf_add(sb, label.text, bytes);
	for (; used < width; used++)
		strbuf_add_char(sb, ' ');
	strbuf_release(&label);
}

static void add_numbers(struct strbuf *sb, const struct trace_hop *hop)
{
	const unsigned lost = hop->n_sent - hop->n_answers;

	strbuf_printf(sb, " %4u%%", hop->n_sent ? (100 * lost + hop->n_sent / 2) / hop->n_sent : 0);
	if (hop->n_answers)
		strbuf_printf(sb, " %4u %8.2f %8.2f %8.2f", hop->n_sent, hop->best_s * 1000,
			      hop->sum_s * 1000 / hop->n_answers, hop->worst_s * 1000);
	else
		strbuf_printf(sb, " %4u", hop->n_sent);
}

static void add_remark(struct strbuf *sb, const char *before, const char *text)
{
	strbuf_add_text(sb, before);
	strbuf_add_text(sb, text);
}

static void add_remarks(struct strbuf *sb, const struct trace *trace, const struct trace_hop *hop,
			const struct trace_look *look)
{
	const char *word = trace_answer_word(hop);
	const bool good = hop->answer == PROBE_SYN_ACK || hop->answer == PROBE_REPLY;
	char text[ADDR_TEXT_SIZE];

	if (word) {
		strbuf_add_text(sb, "  ");
		strbuf_add_text(sb, look->color ? color_start(good ? STYLE_GOOD : STYLE_BAD) : "");
		strbuf_add_text(sb, word);
		strbuf_add_text(sb, look->color ? color_stop() : "");
	}
	if (hop->answer == PROBE_ICMP && hop->ends)
		strbuf_printf(sb, " (ICMP %u/%u)", hop->icmp.type, hop->icmp.code);
	if (hop->forwards)
		add_remark(sb, "  ", "passes it on");
	for (unsigned i = 0; i < hop->n_others; i++)
		add_remark(sb, i ? ", " : "  also ", addr_format(&hop->others[i], text));
	if (hop->other_flow.family)
		add_remark(sb, "  other flows: ", addr_format(&hop->other_flow, text));
	for (unsigned i = 1; i < trace->n_mtus; i++)
		if (trace->mtus[i].ttl == hop->ttl && !(trace->mtu_hole && i + 1 == trace->n_mtus))
			strbuf_printf(sb, "  MTU %u from here", trace->mtus[i].mtu);
}

void trace_table(struct strbuf *sb, const struct trace *trace, const struct trace_names *names,
		 const struct trace_look *look)
{
	const size_t width = label_width(trace, names, look->screen);

	if (look->headings) {
		strbuf_add_text(sb, look->color ? color_start(STYLE_HEADING) : "");
		strbuf_printf(sb, "Hop  %-*s  Loss Sent  Best ms  Mean ms Worst ms", (int)width,
			      "Address");
		strbuf_add_text(sb, look->color ? color_stop() : "");
		strbuf_add_char(sb, '\n');
	}
	for (unsigned i = trace->first; i < trace->n; i++) {
		const struct trace_hop *hop = &trace->hops[i];
		strbuf_printf(sb, "%3u  ", hop->ttl);
		add_padded(sb, hop, names->of[i], width);
		add_numbers(sb, hop);
		add_remarks(sb, trace, hop, look);
		strbuf_add_char(sb, '\n');
	}
}
