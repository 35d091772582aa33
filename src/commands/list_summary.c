/* SPDX-License-Identifier: MIT */
/* list -s: how many of each kind. ss adds up /proc/net/sockstat; these are the sockets seen. */
#include "commands/list.h"
#include "commands/output.h"
#include "commands/collect.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/snapshot.h"
#include "render/table.h"

struct counts {
	uint64_t total, ipv4, ipv6;
};

struct summary {
	struct counts protos[N_SOCK_PROTOS];
	uint64_t states[N_SOCK_STATES]; /* of TCP */
	uint64_t total, orphans;
};

/* Closed by its program, kept by the kernel until the other side is done. */
static bool is_orphan(const struct sock *sock)
{
	switch ((enum sock_state)sock->state) {
	case SOCK_STATE_FIN_WAIT1:
	case SOCK_STATE_FIN_WAIT2:
	case SOCK_STATE_LAST_ACK:
	case SOCK_STATE_CLOSING:
		return !sock->inode;
	case SOCK_STATE_UNKNOWN:
	case SOCK_STATE_ESTABLISHED:
	case SOCK_STATE_SYN_SENT:
	case SOCK_STATE_SYN_RECV:
	case SOCK_STATE_TIME_WAIT:
	case SOCK_STATE_CLOSE:
	case SOCK_STATE_CLOSE_WAIT:
	case SOCK_STATE_LISTEN:
	case SOCK_STATE_NEW_SYN_RECV:
	case SOCK_STATE_BOUND_INACTIVE:
		return false;
	}
	return false;
}

static void count(const struct snapshot *snap, struct summary *summary)
{
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (!collect_wants(snap, sock))
			continue;
		struct counts *counts = &summary->protos[sock->proto];
		counts->total++;
		counts->ipv4 += sock->local.family == ADDR_IPV4;
		counts->ipv6 += sock->local.family == ADDR_IPV6;
		summary->total++;
		if (sock->proto != SOCK_PROTO_TCP)
			continue;
		summary->states[sock->state]++;
		summary->orphans += is_orphan(sock);
	}
}

static void print_json(const struct snapshot *snap, const struct summary *summary, struct out *out)
{
	AUTO(json_release) struct json json;

	json_init(&json, out);
	json_open(&json, '{');
	json_put_text(&json, "schema", "berth.summary/1");
	json_put_u64(&json, "total", summary->total);
	json_key(&json, "protocols");
	json_open(&json, '{');
	for (int i = 0; i < N_SOCK_PROTOS; i++) {
		const struct counts *counts = &summary->protos[i];
		json_key(&json, sock_proto_name(i));
		json_open(&json, '{');
		json_put_u64(&json, "total", counts->total);
		json_put_u64(&json, "ipv4", counts->ipv4);
		json_put_u64(&json, "ipv6", counts->ipv6);
		json_close(&json, '}');
	}
	json_close(&json, '}');
	json_key(&json, "tcp_states");
	json_open(&json, '{');
	for (int i = 1; i < N_SOCK_STATES; i++)
		json_put_u64(&json, sock_state_name(i), summary->states[i]);
	json_close(&json, '}');
	json_put_u64(&json, "tcp_orphans", summary->orphans);
	coverage_json(snap, &json);
	json_close(&json, '}');
	json_end(&json);
}

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	const struct summary *summary = data;
	const struct counts *counts = &summary->protos[row];
	const bool inet = counts->ipv4 + counts->ipv6 || row <= SOCK_PROTO_RAW;

	if (column == 0)
		strbuf_add_text(text, sock_proto_name((enum sock_proto)row));
	else if (column == 1)
		strbuf_add_u64(text, counts->total);
	else if (inet)
		strbuf_add_u64(text, column == 2 ? counts->ipv4 : counts->ipv6);
	else
		strbuf_add_char(text, '-');
}

static int print_table(const struct summary *summary, struct output *output)
{
	static const struct table_column columns[] = {
		{.title = "Kind"},
		{.title = "Total", .right = true},
		{.title = "IPv4", .right = true},
		{.title = "IPv6", .right = true},
	};
	const struct table table = {
		.columns = columns,
		.n_columns = N_ELEMENTS(columns),
		.n_rows = N_SOCK_PROTOS,
		.headings = output->headings,
		.color = output->color,
		.cell = cell,
		.data = summary,
	};
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *separator = "";

	strbuf_printf(&text, "Total: %llu\nTCP: ", (unsigned long long)summary->total);
	for (int i = 1; i < N_SOCK_STATES; i++)
		if (summary->states[i]) {
			strbuf_printf(&text, "%s%s %llu", separator, sock_state_name(i),
				      (unsigned long long)summary->states[i]);
			separator = ", ";
		}
	strbuf_printf(&text, "%s (orphaned %llu)\n\n", *separator ? "" : "none",
		      (unsigned long long)summary->orphans);
	out_add(&output->out, text.text, text.len);
	return table_write(&table, &output->out);
}

int list_print_summary(const struct snapshot *snap, struct output *output)
{
	struct summary summary = {};

	count(snap, &summary);
	if (!output->json && !output->ndjson)
		return print_table(&summary, output);
	print_json(snap, &summary, &output->out);
	return output->out.error;
}
