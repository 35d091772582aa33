/* SPDX-License-Identifier: MIT */
/* From the rungs of the TTL ladder, and from who it was that said no. */
#include "render/why_drawing.h"
#include "base/strbuf.h"
#include "core/case.h"
#include "render/prose.h"
#include "render/width.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_PARTS = N_LADDER + 4, INDENT = 2 };

struct part {
	char text[ADDR_TEXT_SIZE + 8];
	enum style style;
};

struct drawing {
	struct part parts[MAX_PARTS];
	unsigned n;
	const struct prose_look *look;
};

static void add(struct drawing *d, enum style style, const char *text)
{
	struct part *part = d->n < MAX_PARTS ? &d->parts[d->n++] : NULL;

	if (!part)
		return;
	part->style = style;
	snprintf(part->text, sizeof(part->text), "%s", text);
}

static void add_cross(struct drawing *d)
{
	add(d, STYLE_BAD, d->look->unicode ? "\xe2\x9c\x97" : "x");
}

static bool same_host(const struct addr *a, const struct addr *b)
{
	struct addr one = addr_unmapped(a), other = addr_unmapped(b);

	one.scope = other.scope = 0;
	return addr_equal(&one, &other);
}

/* The routers that told of themselves; a silent one between them is a question mark. */
static void add_hops(struct drawing *d, const struct probes *probes, const struct addr *target)
{
	char text[ADDR_TEXT_SIZE];
	const struct addr *before = NULL;
	unsigned silent = 0;

	for (unsigned i = 0; i < probes->n_ladder; i++) {
		const struct probe *p = &probes->ladder[i];
		if (p->answer == PROBE_SILENT) {
			silent++;
			continue;
		}
		if (p->answer != PROBE_ICMP || p->icmp.is_local || same_host(&p->icmp.from, target))
			return;
		if (before && addr_equal(before, &p->icmp.from))
			return; /* it answers for what is behind it: no further hop */
		for (; silent; silent--)
			add(d, STYLE_QUIET, "?");
		add(d, STYLE_PLAIN, addr_format(&p->icmp.from, text));
		before = &p->icmp.from;
	}
}

/* Did the target itself say no, so that the way to it is whole? */
static bool target_refuses(const struct case_facts *facts, const struct attempt *a)
{
	const struct probes *probes = &facts->probes;

	if (a->connected)
		return true;
	if (a->n_icmps && !a->icmps[0].is_local)
		return same_host(&a->icmps[0].from, &a->remote);
	if (a->error != ECONNREFUSED)
		return false;
	/* A reset from nearer by than the host's other answers is not the host's (RFC 9293 3.5.2). */
	return !probes->reset_ttl || !probes->host_ttl || probes->reset_ttl == probes->host_ttl;
}

static void print(struct strbuf *sb, const struct drawing *d)
{
	const char *line = d->look->unicode ? " \xe2\x94\x80\xe2\x94\x80 " : " -- ";
	size_t column = INDENT;

	strbuf_add_text(sb, "  ");
	for (unsigned i = 0; i < d->n; i++) {
		const struct part *part = &d->parts[i];
		const size_t width = width_of(part->text, strlen(part->text));
		if (i && d->look->screen && column + 4 + width > d->look->screen) {
			strbuf_add_text(sb, "\n    ");
			column = INDENT + 2;
		}
		strbuf_add_text(sb, i ? line : "");
		strbuf_add_text(sb, d->look->color ? color_start(part->style) : "");
		strbuf_add_text(sb, part->text);
		strbuf_add_text(sb, d->look->color && part->style != STYLE_PLAIN ? color_stop() : "");
		column += width + (i ? 4 : 0);
	}
	strbuf_add_char(sb, '\n');
}

void why_drawing(struct strbuf *sb, const struct case_facts *facts, const struct prose_look *look)
{
	const struct attempt *a = case_subject(facts);
	struct drawing d = {.look = look};
	char text[ADDR_TEXT_SIZE + 8];

	if (!a || a->ok || !a->remote.family || facts->asked.op == CASE_BIND ||
	    addr_is_loopback(&a->remote))
		return;
	const bool refuses = target_refuses(facts, a);
	add(&d, STYLE_STRONG, "you");
	add_hops(&d, &facts->probes, &a->remote);
	if (!refuses)
		add_cross(&d);
	add(&d, refuses ? STYLE_PLAIN : STYLE_QUIET, addr_format(&a->remote, text));
	if (refuses)
		add_cross(&d);
	snprintf(text, sizeof(text), "port %u", a->remote_port);
	add(&d, STYLE_QUIET, text);
	print(sb, &d);
}
