/* SPDX-License-Identifier: MIT */
/* `berth port` for people: a block for a port, a table for several. */
#include "commands/port.h"
#include "commands/output.h"
#include "commands/who_explain.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/service.h"
#include "core/snapshot.h"
#include "render/table.h"

#include <string.h>

enum { LABEL_WIDTH = 8, MAX_SHOWN = 4 };

const char *port_host_range(const struct host *host, uint16_t port)
{
	if (host_port_is_reserved(host, port))
		return "reserved";
	return host_port_is_ephemeral(host, port) ? "ephemeral" : "neither";
}

/* "http-alt (IANA), usually ...", or nothing. */
static void port_add_names(const struct port_answer *answer, struct strbuf *text)
{
	AUTO(strbuf_release) struct strbuf raw = STRBUF_INIT;

	/* /etc/services may hold anything. */
	service_describe(answer->proto, answer->port, answer->file_name, &raw);
	escape_add(text, raw.text, raw.len);
}

static void add_owners(const struct snapshot *snap, const struct sock *sock, struct strbuf *text)
{
	uint32_t last = UINT32_MAX, shown = 0;

	for (uint32_t nth = 0; nth < sock->n_owners; nth++) {
		const struct owner *owner = sock_owner(snap, sock, nth);
		const struct proc *proc = owner_proc(snap, owner);
		if (owner->proc == last)
			continue;
		last = owner->proc;
		if (shown++ == MAX_SHOWN) {
			strbuf_add_text(text, ", ...");
			return;
		}
		strbuf_add_text(text, shown > 1 ? ", " : " by ");
		escape_add(text, proc->comm, strlen(proc->comm));
		strbuf_printf(text, "[%u]", proc->pid);
	}
}

/* "LISTEN 0.0.0.0:80 by nginx[10], nginx[11]" for the holder @sock. */
static void port_add_holder(const struct snapshot *snap, const struct sock *sock,
			    struct strbuf *text)
{
	char place[ADDR_TEXT_SIZE + 8];

	strbuf_printf(text, "%s %s", sock_state_name(sock->state),
		      addr_format_port(&sock->local, sock->local_port, place));
	add_owners(snap, sock, text);
	if (sock->netns && sock->netns < snap->n_namespaces) {
		const char *name = snap->namespaces[sock->netns].name;
		strbuf_add_text(text, " in netns ");
		escape_add(text, name, strlen(name));
	}
}

static void put_line(struct output *output, const char *label, struct strbuf *text)
{
	struct out *out = &output->out;

	if (!text->len)
		return;
	out_add_text(out, "  ");
	if (output->color)
		out_add_text(out, color_start(STYLE_QUIET));
	out_add_text(out, label);
	if (output->color)
		out_add_text(out, color_stop());
	out_add_spaces(out, LABEL_WIDTH - strlen(label));
	out_add(out, text->text, text->len);
	out_add_char(out, '\n');
	strbuf_clear(text);
}

static void add_range(const struct port_answers *answers, uint16_t port, struct strbuf *text)
{
	const struct host *host = answers->host;
	const char *here = port_host_range(host, port);

	strbuf_printf(text, "%s by IANA; ", service_range_name(service_range(port)));
	if (!strcmp(here, "neither"))
		strbuf_printf(text, "not among the ephemeral ports of this host (%u-%u)",
			      host->ephemeral.low, host->ephemeral.high);
	else if (*here == 'e')
		strbuf_printf(text, "ephemeral here (%u-%u): a client may be given it at any time",
			      host->ephemeral.low, host->ephemeral.high);
	else
		strbuf_add_text(text, "kept from clients here (net.ipv4.ip_local_reserved_ports)");
}

/* The first sockets that differ, and how many read like each: members of a SO_REUSEPORT group do. */
struct told {
	struct strbuf texts[MAX_SHOWN];
	uint32_t counts[MAX_SHOWN], n, rest;
};

static void told_release(struct told *told)
{
	for (uint32_t i = 0; i < told->n; i++)
		strbuf_release(&told->texts[i]);
}

static void tell(struct told *told, const struct strbuf *text)
{
	for (uint32_t i = 0; i < told->n; i++)
		if (!strcmp(told->texts[i].text, text->text)) {
			told->counts[i]++;
			return;
		}
	if (told->n == MAX_SHOWN) {
		told->rest++;
		return;
	}
	told->texts[told->n] = STRBUF_INIT;
	strbuf_add(&told->texts[told->n], text->text, text->len);
	told->counts[told->n++] = 1;
}

static void put_sockets(const struct port_answers *answers, const struct port_answer *answer,
			struct output *output, struct strbuf *text)
{
	AUTO(told_release) struct told told = {};

	for (uint32_t i = 0; i < answer->n_socks; i++) {
		const struct sock *sock = &answers->snap->socks[answer->socks[i]];
		port_add_holder(answers->snap, sock, text);
		if (!sock->n_owners) {
			strbuf_add_text(text, ", ");
			ownerless_explain(answers->snap, sock, text);
		}
		if (text->len)
			tell(&told, text);
		strbuf_clear(text);
	}
	for (uint32_t i = 0; i < told.n; i++) {
		if (told.counts[i] > 1)
			strbuf_printf(text, "%u x ", told.counts[i]);
		strbuf_add(text, told.texts[i].text, told.texts[i].len);
		put_line(output, i ? "" : "now", text);
	}
	if (told.rest)
		strbuf_printf(text, "and %u more socket%s", told.rest, told.rest > 1 ? "s" : "");
	put_line(output, "", text);
}

static void put_now(const struct port_answers *answers, const struct port_answer *answer,
		    struct output *output, struct strbuf *text)
{
	const char *label = answer->n_socks ? "" : "now";

	put_sockets(answers, answer, output, text);
	const uint32_t n = answer->n_connections, past = answer->n_time_wait;
	if (n)
		strbuf_printf(text, answer->n_socks ? "%u connection%s through it"
						    : "nobody listens; used by %u connection%s",
			      n, n == 1 ? "" : "s");
	else if (!answer->n_socks)
		strbuf_add_text(text, past ? "nobody listens" : "free");
	if (past)
		strbuf_printf(text, "%s%u closed %s in TIME_WAIT", text->len ? "; " : "", past,
			      past == 1 ? "connection" : "connections");
	put_line(output, label, text);
}

static void add_right(const struct port_answers *answers, const struct port_answer *answer,
		      struct strbuf *text)
{
	const unsigned start = answers->host->unprivileged_start;

	switch (answer->may_bind) {
	case PORT_RIGHT_YES:
		if (answer->port >= start)
			strbuf_printf(text, "anybody may (unprivileged ports start at %u)", start);
		else
			strbuf_printf(text, "you may, by CAP_NET_BIND_SERVICE (needed below %u)",
				      start);
		return;
	case PORT_RIGHT_NO:
		strbuf_printf(text, "you may not: below %u it takes CAP_NET_BIND_SERVICE", start);
		return;
	case PORT_RIGHT_UNKNOWN:
		strbuf_printf(text, "takes CAP_NET_BIND_SERVICE (below %u)", start);
		return;
	}
}

static void put_block(const struct port_answers *answers, const struct port_answer *answer,
		      struct output *output)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct service_usual *usual = service_usual(answer->proto, answer->port);
	const struct service_advice *advice = service_advice(answer->proto, answer->port);
	const char *about = NULL;

	if (output->color)
		out_add_text(&output->out, color_start(STYLE_STRONG));
	out_add_u64(&output->out, answer->port);
	out_add_char(&output->out, '/');
	out_add_text(&output->out, sock_proto_name(answer->proto));
	if (output->color)
		out_add_text(&output->out, color_stop());
	out_add_char(&output->out, '\n');
	port_add_names(answer, &text);
	if (!text.len)
		strbuf_add_text(&text, "none known");
	put_line(output, "name", &text);
	if (service_iana(answer->proto, answer->port, &about) && *about)
		strbuf_printf(&text, "IANA: %s", about);
	if (usual)
		strbuf_printf(&text, "%susual by %s", text.len ? "; " : "", usual->source);
	put_line(output, "source", &text);
	add_range(answers, answer->port, &text);
	put_line(output, "range", &text);
	put_now(answers, answer, output, &text);
	add_right(answers, answer, &text);
	put_line(output, "bind", &text);
	if (advice)
		strbuf_add_text(&text, advice->text);
	put_line(output, "advice", &text);
}

/* Is there no more to say of it than its name? As of the UDP side of most TCP ports. */
static bool is_bare(const struct port_answer *answer)
{
	return !answer->n_socks && !answer->n_connections && !answer->n_time_wait &&
	       !service_usual(answer->proto, answer->port) &&
	       !service_advice(answer->proto, answer->port);
}

static void put_bare(const struct port_answer *answer, struct output *output)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;

	port_add_names(answer, &text);
	strbuf_printf(&text, "%sfree", text.len ? "; " : "");
	out_add_u64(&output->out, answer->port);
	out_add_char(&output->out, '/');
	out_add_text(&output->out, sock_proto_name(answer->proto));
	out_add_text(&output->out, "  ");
	out_add(&output->out, text.text, text.len);
	out_add_char(&output->out, '\n');
}

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	const struct port_answers *answers = data;
	const struct port_answer *answer = &answers->items[row];

	switch (column) {
	case 0:
		strbuf_printf(text, "%u/%s", answer->port, sock_proto_name(answer->proto));
		*style = STYLE_STRONG;
		return;
	case 1:
		if (answer->n_socks)
			port_add_holder(answers->snap, &answers->snap->socks[answer->socks[0]], text);
		if (answer->n_socks > 1)
			strbuf_printf(text, " and %u more", answer->n_socks - 1);
		if (!answer->n_socks && answer->n_connections)
			strbuf_printf(text, "%u connection%s", answer->n_connections,
				      answer->n_connections == 1 ? "" : "s");
		else if (!answer->n_socks && answer->n_time_wait)
			strbuf_printf(text, "%u in TIME_WAIT", answer->n_time_wait);
		if (!text->len) {
			strbuf_add_text(text, "free");
			*style = STYLE_QUIET;
		}
		return;
	default:
		port_add_names(answer, text);
		if (!text->len)
			strbuf_add_char(text, '-');
		return;
	}
}

int port_print_text(const struct port_answers *answers, struct output *output)
{
	static const struct table_column columns[] = {
		{"Port", false, false}, {"Now", false, true}, {"Name", false, true}};
	const struct table table = {
		.columns = columns,
		.n_columns = N_ELEMENTS(columns),
		.n_rows = answers->n,
		.headings = output->headings,
		.color = output->color,
		.screen = output->screen,
		.cell = cell,
		.data = answers,
	};

	if (answers->brief) {
		output_page(output, answers->n + 1);
		return table_write(&table, &output->out);
	}
	for (size_t i = 0; i < answers->n; i++) {
		/* The second protocol of the same port. */
		if (i && is_bare(&answers->items[i])) {
			put_bare(&answers->items[i], output);
			continue;
		}
		if (i)
			out_add_char(&output->out, '\n');
		put_block(answers, &answers->items[i], output);
	}
	return output->out.error;
}
