/* SPDX-License-Identifier: MIT */
/* berth lsof: who has internet and UNIX sockets open, in the columns and words of lsof(8). */
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/names.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/filter.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "render/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

enum { MAX_SELECTIONS = 32 };

/* -i ADDRESS, -p, -u, -c */
struct selection {
	struct what *what; /* NULL: every socket of .protos */
	uint32_t protos;
};

struct lsof {
	const struct invocation *inv;
	struct selection selections[MAX_SELECTIONS]; /* any of them, or with -a all */
	size_t n_selections;
	bool inet, unix_sockets, all_of_them, port_names;
	enum addr_family family; /* -i4, -i6; ADDR_NONE: both */
	uint32_t states; /* -sTCP:...; 0: any */
	const struct snapshot *snap;
	const struct owner **rows;
	size_t n_rows;
};

static void lsof_release(struct lsof *lsof)
{
	for (size_t i = 0; i < lsof->n_selections; i++)
		what_free(lsof->selections[i].what);
	free(lsof->rows);
}

/* @prefix: "" for addresses, "pid:" ... for the rest; @text may be a list with commas. */
static int select_by(struct lsof *lsof, const char *prefix, const char *text)
{
	AUTO(strbuf_release) struct strbuf what = STRBUF_INIT;
	struct parse_error error = {};

	if (lsof->n_selections == MAX_SELECTIONS)
		return usage_error(lsof->inv, "more than %d selections", MAX_SELECTIONS);
	if (*text == '^')
		return usage_error(lsof->inv, "exclusions (^) are not supported; see 'berth list'");
	strbuf_add_text(&what, prefix);
	strbuf_add_text(&what, text);
	struct selection *selection = &lsof->selections[lsof->n_selections];
	selection->protos = PROTOS_ALL;
	int err = what_parse(what.text, &machine_names, &selection->what, &error);
	if (err)
		return usage_error(lsof->inv, "'%s': %s", text, err == -ENOMEM ? "out of memory" : error.text);
	lsof->n_selections++;
	return 0;
}

/* [46][PROTO][@HOST][:PORTS]: what follows the family is a WHAT, but for a mere protocol. */
static int select_address(struct lsof *lsof, const char *text)
{
	static const struct {
		const char *word;
		enum sock_proto proto;
	} protos[] = {{"tcp", SOCK_PROTO_TCP}, {"udp", SOCK_PROTO_UDP}, {"udplite", SOCK_PROTO_UDPLITE}};

	if (*text == '4' || *text == '6')
		lsof->family = (enum addr_family)(*text++ - '0');
	if (!*text)
		return 0;
	for (size_t i = 0; i < N_ELEMENTS(protos); i++) {
		if (strcasecmp(text, protos[i].word) != 0)
			continue;
		if (lsof->n_selections == MAX_SELECTIONS)
			return usage_error(lsof->inv, "more than %d selections", MAX_SELECTIONS);
		lsof->selections[lsof->n_selections++].protos = PROTO_BIT(protos[i].proto);
		return 0;
	}
	return select_by(lsof, "", text);
}

/* "TCP:LISTEN,ESTABLISHED" */
static int parse_states(struct lsof *lsof, const char *text)
{
	if (strncasecmp(text, "tcp:", 4) != 0)
		return usage_error(lsof->inv, "-s wants TCP:STATE,..., not '%s'", text);
	for (text += 4; *text;) {
		char word[24];
		enum sock_state state;
		const size_t len = strcspn(text, ",");
		if (len < sizeof(word)) {
			memcpy(word, text, len);
			word[len] = '\0';
			for (char *c = word; *c; c++)
				*c = *c == '_' ? '-' : *c;
		}
		if (len >= sizeof(word) ||
		    (!sock_state_parse(word, &state) &&
		     !(!strcasecmp(word, "FIN-WAIT1") && (state = SOCK_STATE_FIN_WAIT1)) &&
		     !(!strcasecmp(word, "FIN-WAIT2") && (state = SOCK_STATE_FIN_WAIT2))))
			return usage_error(lsof->inv, "no TCP state '%.*s'", (int)len, text);
		lsof->states |= STATE_BIT(state);
		text += len + (text[len] == ',');
	}
	return 0;
}

/* lsof's -i takes the next word as its address, whether it touches the letter or not. */
static int parse(struct lsof *lsof)
{
	const struct invocation *inv = lsof->inv;
	int code = 0, used = 0;

	for (size_t i = 0; i < inv->n_seen && !code; i++) {
		const char *name = inv->seen[i].row->name, *value = inv->seen[i].value;
		if (!strcmp(name, "inet")) {
			lsof->inet = true;
			if (!value && used < inv->n_operands)
				value = inv->operands[used++];
			if (value)
				code = select_address(lsof, value);
		} else if (!strcmp(name, "pid")) {
			code = select_by(lsof, "pid:", value);
		} else if (!strcmp(name, "user")) {
			code = select_by(lsof, "user:", value);
		} else if (!strcmp(name, "command")) {
			code = select_by(lsof, "comm:", value);
		} else if (!strcmp(name, "state")) {
			code = parse_states(lsof, value);
		}
	}
	if (!code && used < inv->n_operands)
		code = usage_error(inv, "'%s': files are not looked at, only sockets (-i, -U)",
				   inv->operands[used]);
	lsof->unix_sockets = option_given(inv, "unix");
	lsof->all_of_them = option_given(inv, "and");
	lsof->port_names = !option_given(inv, "no-port-names");
	if (!code && !lsof->inet && !lsof->unix_sockets)
		code = usage_error(inv, "say -i or -U: only sockets are looked at");
	return code;
}

/* For lsof a port is that of either end. */
static bool selected(const struct lsof *lsof, const struct selection *selection,
		     const struct sock *sock)
{
	const struct what *what = selection->what;

	if (!(selection->protos & PROTO_BIT(sock->proto)))
		return false;
	if (!what || what_matches(what, lsof->snap, sock))
		return true;
	return what->kind == WHAT_PORT && what->protos & PROTO_BIT(sock->proto) &&
	       sock->remote_port >= what->ports.low && sock->remote_port <= what->ports.high &&
	       sock->remote_port;
}

static bool wanted(const struct lsof *lsof, const struct sock *sock)
{
	const bool is_unix = sock->proto == SOCK_PROTO_UNIX;
	size_t hits = 0;

	if (!sock->n_owners || !(is_unix ? lsof->unix_sockets : lsof->inet && sock_is_inet(sock)))
		return false;
	if (lsof->states &&
	    (sock->proto != SOCK_PROTO_TCP || !(lsof->states & STATE_BIT(sock->state))))
		return false;
	if (is_unix && !lsof->all_of_them)
		return true;
	if (lsof->family && sock->local.family != lsof->family)
		return false;
	for (size_t i = 0; i < lsof->n_selections; i++)
		hits += selected(lsof, &lsof->selections[i], sock);
	return lsof->all_of_them ? hits == lsof->n_selections : !lsof->n_selections || hits;
}

static int by_process(const void *a, const void *b, void *data)
{
	const struct owner *x = *(const struct owner *const *)a, *y = *(const struct owner *const *)b;
	const struct snapshot *snap = data;
	const uint32_t p = owner_proc(snap, x)->pid, q = owner_proc(snap, y)->pid;

	return p != q ? (p > q) - (p < q) : (x->fd > y->fd) - (x->fd < y->fd);
}

static int choose_rows(struct lsof *lsof)
{
	const struct snapshot *snap = lsof->snap;

	lsof->rows = calloc(snap->n_owners + 1, sizeof(*lsof->rows));
	if (!lsof->rows)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++)
		for (uint32_t nth = 0; nth < snap->socks[i].n_owners; nth++)
			if (wanted(lsof, &snap->socks[i]) &&
			    sock_owner(snap, &snap->socks[i], nth)->fd >= 0)
				lsof->rows[lsof->n_rows++] =
					sock_owner(snap, &snap->socks[i], nth);
	qsort_r(lsof->rows, lsof->n_rows, sizeof(*lsof->rows), by_process, (void *)snap);
	return 0;
}

static const char *state_word(const struct sock *sock)
{
	static const char *const words[N_SOCK_STATES] = {
		[SOCK_STATE_ESTABLISHED] = "ESTABLISHED", [SOCK_STATE_SYN_SENT] = "SYN_SENT",
		[SOCK_STATE_SYN_RECV] = "SYN_RECV",	  [SOCK_STATE_FIN_WAIT1] = "FIN_WAIT1",
		[SOCK_STATE_FIN_WAIT2] = "FIN_WAIT2",	  [SOCK_STATE_TIME_WAIT] = "TIME_WAIT",
		[SOCK_STATE_CLOSE] = "CLOSE",		  [SOCK_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
		[SOCK_STATE_LAST_ACK] = "LAST_ACK",	  [SOCK_STATE_LISTEN] = "LISTEN",
		[SOCK_STATE_CLOSING] = "CLOSING",	  [SOCK_STATE_BOUND_INACTIVE] = "BOUND",
	};

	return words[sock->state] ? words[sock->state] : "UNKNOWN";
}

static void add_end(const struct lsof *lsof, const struct sock *sock, const struct addr *addr,
		    uint16_t port, struct strbuf *text)
{
	char plain[ADDR_TEXT_SIZE];
	const struct servent *service = NULL;

	if (addr_is_any(addr))
		strbuf_add_char(text, '*');
	else
		strbuf_printf(text, addr->family == ADDR_IPV6 ? "[%s]" : "%s",
			      addr_format(addr, plain));
	if (lsof->port_names && port)
		service = getservbyport(htons(port), sock_proto_name(sock->proto));
	strbuf_add_char(text, ':');
	if (service)
		escape_add(text, service->s_name, strlen(service->s_name));
	else if (port)
		strbuf_add_u64(text, port);
	else
		strbuf_add_char(text, '*');
}

static void add_name(const struct lsof *lsof, const struct sock *sock, struct strbuf *text)
{
	if (sock->proto == SOCK_PROTO_UNIX) {
		size_t len;
		const char *name = snapshot_text(lsof->snap, sock->name, &len);
		if (len && !*name) {
			strbuf_add_char(text, '@');
			escape_add(text, name + 1, len - 1);
		} else {
			escape_add(text, name, len);
		}
		strbuf_printf(text, "%stype=%s", len ? " " : "",
			      sock->type == 1 ? "STREAM" : sock->type == 2 ? "DGRAM" : "SEQPACKET");
		return;
	}
	add_end(lsof, sock, &sock->local, sock->local_port, text);
	if (sock->remote_port) {
		strbuf_add_text(text, "->");
		add_end(lsof, sock, &sock->remote, sock->remote_port, text);
	}
	if (sock->proto == SOCK_PROTO_TCP)
		strbuf_printf(text, " (%s)", state_word(sock));
}

enum { COMMAND, PID, USER, FD, TYPE, DEVICE, SIZE_OFF, NODE, NAME };

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	const struct lsof *lsof = data;
	const struct owner *owner = lsof->rows[row];
	const struct proc *proc = owner_proc(lsof->snap, owner);
	const struct sock *sock = &lsof->snap->socks[owner->sock];
	const char *user = snapshot_user_name(lsof->snap, proc->uid);

	switch (column) {
	case COMMAND:
		escape_add(text, proc->comm, strnlen(proc->comm, 9)); /* lsof's own width */
		break;
	case PID:
		strbuf_add_u64(text, proc->pid);
		break;
	case USER:
		if (user)
			escape_add(text, user, strlen(user));
		else
			strbuf_add_u64(text, proc->uid);
		break;
	case FD:
		strbuf_printf(text, "%du", owner->fd);
		break;
	case TYPE:
		strbuf_add_text(text, sock->proto == SOCK_PROTO_UNIX   ? "unix"
				      : sock->local.family == ADDR_IPV6 ? "IPv6"
									: "IPv4");
		break;
	case DEVICE:
		strbuf_add_u64(text, sock->inode);
		break;
	case SIZE_OFF:
		strbuf_add_text(text, "0t0");
		break;
	case NODE:
		if (sock->proto == SOCK_PROTO_UNIX)
			strbuf_add_u64(text, sock->inode);
		else
			strbuf_add_text(text, sock->proto == SOCK_PROTO_TCP   ? "TCP"
					      : sock->proto == SOCK_PROTO_UDP ? "UDP"
									      : "RAW");
		break;
	default:
		add_name(lsof, sock, text);
	}
}

static int print(const struct lsof *lsof, struct output *output)
{
	static const struct table_column columns[] = {
		{"COMMAND"}, {"PID", .right = true}, {"USER"},
		{"FD", .right = true}, {"TYPE"}, {"DEVICE", .right = true},
		{"SIZE/OFF", .right = true}, {"NODE"}, {"NAME"},
	};
	const struct table table = {
		.columns = columns,
		.n_columns = N_ELEMENTS(columns),
		.n_rows = lsof->n_rows,
		.headings = output->headings,
		.cell = cell,
		.data = lsof,
	};

	if (!option_given(lsof->inv, "terse"))
		return lsof->n_rows ? table_write(&table, &output->out) : 0;
	for (size_t i = 0; i < lsof->n_rows; i++) {
		const uint32_t pid = owner_proc(lsof->snap, lsof->rows[i])->pid;
		if (i && owner_proc(lsof->snap, lsof->rows[i - 1])->pid == pid)
			continue;
		out_add_u64(&output->out, pid);
		out_add_char(&output->out, '\n');
	}
	return output->out.error;
}

static int run_lsof(const struct invocation *inv)
{
	AUTO(lsof_release) struct lsof lsof = {.inv = inv};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct output output;
	int code = parse(&lsof);

	if (code)
		return code;
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS,
		.protos = (lsof.inet ? PROTOS_INET : 0) |
			  (lsof.unix_sockets ? PROTO_BIT(SOCK_PROTO_UNIX) : 0),
		.states = STATES_ALL,
		.ipv4 = lsof.family != ADDR_IPV6,
		.ipv6 = lsof.family != ADDR_IPV4,
		.netns_choice = NETNS_SELF,
	};
	code = output_open(&output, inv);
	if (!code)
		code = collect(inv, &request, &snap);
	if (!code) {
		lsof.snap = snap;
		collect_user_names(inv, snap);
		int err = choose_rows(&lsof);
		if (!err)
			err = print(&lsof, &output);
		code = err && err != output.out.error ? failure(inv, "%s", strerror(-err))
		       : lsof.n_rows		      ? EXIT_YES
						      : EXIT_NO;
	}
	return output_close(&output, inv, code);
}

static const struct option_row lsof_options[] = {
	{"inet", 'i', "ADDRESS", true, "internet sockets: [46][PROTO][@HOST][:PORTS]", NULL},
	{"unix", 'U', NULL, false, "UNIX sockets", NULL},
	{"and", 'a', NULL, false, "all selections must fit, not any", NULL},
	{"state", 's', "TCP:STATES", false, "only these TCP states", NULL},
	{"pid", 'p', "PIDS", false, "only these processes", NULL},
	{"user", 'u', "USERS", false, "only these users", NULL},
	{"command", 'c', "NAME", false, "only processes of this name", NULL},
	{"terse", 't', NULL, false, "process numbers only", NULL},
	{"no-host-names", 'n', NULL, false, "addresses as numbers (what is done anyway)", NULL},
	{"no-port-names", 'P', NULL, false, "ports as numbers", NULL},
	{},
};

const struct command command_lsof = {
	.name = "lsof",
	.args = "-i[ADDRESS] [-a] [-n] [-P] [-t] [-sTCP:STATE] ...",
	.summary = "Sockets and their processes in the columns of lsof -i",
	.help = "For scripts and habits. Only sockets are looked at, of one network namespace unless\n"
		"--netns says otherwise. As in lsof selections are ORed unless -a is given.\n",
	.examples = "berth lsof -nP -iTCP -sTCP:LISTEN\tlisteners\n"
		    "berth lsof -t -i :8080\tprocess numbers of port 8080\n",
	.options = lsof_options,
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.run = run_lsof,
};
