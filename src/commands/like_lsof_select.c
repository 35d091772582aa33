/* SPDX-License-Identifier: MIT */
/* Which sockets of which processes lsof's options select. */
#include "commands/like_lsof.h"
#include "commands/command.h"
#include "commands/names.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void lsof_release(struct lsof *lsof)
{
	for (size_t i = 0; i < lsof->n_addresses; i++)
		what_free(lsof->addresses[i].what);
	free(lsof->rows);
}

/* [46][PROTO][@HOST][:PORTS]: what follows the family is a WHAT, but for a mere protocol. */
static int select_address(struct lsof *lsof, const char *text)
{
	static const struct {
		const char *word;
		enum sock_proto proto;
	} protos[] = {{"tcp", SOCK_PROTO_TCP}, {"udp", SOCK_PROTO_UDP}, {"udplite", SOCK_PROTO_UDPLITE}};
	struct parse_error error = {};

	if (lsof->n_addresses == LSOF_MAX_ADDRESSES)
		return usage_error(lsof->inv, "more than %d addresses", LSOF_MAX_ADDRESSES);
	struct lsof_address *address = &lsof->addresses[lsof->n_addresses++];
	address->protos = PROTOS_INET;
	if (text && (*text == '4' || *text == '6'))
		address->family = (enum addr_family)(*text++ - '0');
	if (!text || !*text)
		return 0;
	for (size_t i = 0; i < N_ELEMENTS(protos); i++)
		if (!strcasecmp(text, protos[i].word)) {
			address->protos = PROTO_BIT(protos[i].proto);
			return 0;
		}
	int err = what_parse(text, &machine_names, &address->what, &error);
	return !err ? 0 : usage_error(lsof->inv, "'%s': %s", text, err == -ENOMEM ? "out of memory" : error.text);
}

/* A list with commas; ^ before a name excludes it. */
static int select_names(struct lsof *lsof, enum lsof_kind kind, const char *text)
{
	uint64_t pid;

	if (kind == LSOF_COMMAND && *text == '/')
		return usage_error(lsof->inv, "-c: no patterns, only how names begin");
	while (*text) {
		struct lsof_name name = {.kind = kind, .excludes = *text == '^'};
		name.text = text += name.excludes;
		/* -c takes one name, commas and all */
		name.len = kind == LSOF_COMMAND ? strlen(text) : strcspn(text, ",");
		text += name.len + (text[name.len] == ',');
		if (!name.len || lsof->n_names == LSOF_MAX_NAMES)
			return usage_error(lsof->inv, name.len ? "too many names" : "a name is missing");
		if (kind == LSOF_PID && !parse_u64_n(name.text, name.len, UINT32_MAX, &pid))
			return usage_error(lsof->inv, "-p: '%.*s' is no process number",
					   (int)name.len, name.text);
		lsof->given[kind] |= !name.excludes;
		lsof->names[lsof->n_names++] = name;
	}
	return 0;
}

/* "TCP:LISTEN,ESTABLISHED" */
static int parse_states(struct lsof *lsof, const char *text)
{
	if (strncasecmp(text, "tcp:", 4) != 0)
		return usage_error(lsof->inv, "-s wants TCP:STATE,..., not '%s'", text);
	for (text += 4; *text;) {
		char word[24];
		enum sock_state state;
		const bool not = *text == '^';
		text += not;
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
		*(not ? &lsof->not_states : &lsof->states) |= STATE_BIT(state);
		text += len + (text[len] == ',');
	}
	return 0;
}

/* +c WIDTH, the only option with a plus; @at is moved behind what was used. */
static int parse_plus(struct lsof *lsof, int *at)
{
	const struct invocation *inv = lsof->inv;
	const char *text = inv->operands[*at] + 2;
	uint64_t width;

	if (inv->operands[*at][1] != 'c')
		return usage_error(inv, "unknown option %s", inv->operands[*at]);
	if (!*text && *at + 1 < inv->n_operands)
		text = inv->operands[++*at];
	if (!parse_u64(text, 255, &width))
		return usage_error(inv, "+c: '%s' is no width", text);
	/* never narrower than its heading */
	lsof->comm_width = width && width < strlen("COMMAND") ? strlen("COMMAND") : (unsigned)width;
	++*at;
	return 0;
}

static int parse_option(struct lsof *lsof, const struct option_seen *seen, int *used)
{
	const struct invocation *inv = lsof->inv;
	const char *name = seen->row->name, *value = seen->value;

	if (!strcmp(name, "inet")) {
		lsof->given[LSOF_INET] = true;
		/* -i takes the next word as its address, whether it touches the letter or not */
		if (!value && *used < inv->n_operands && *inv->operands[*used] != '+')
			value = inv->operands[(*used)++];
		return select_address(lsof, value);
	}
	if (!strcmp(name, "pid"))
		return select_names(lsof, LSOF_PID, value);
	if (!strcmp(name, "user"))
		return select_names(lsof, LSOF_USER, value);
	if (!strcmp(name, "command"))
		return select_names(lsof, LSOF_COMMAND, value);
	if (!strcmp(name, "state"))
		return parse_states(lsof, value);
	if (!strcmp(name, "fields")) {
		lsof->fields = value ? value : "";
		const char *wrong = lsof_fields_wrong(lsof->fields);
		return wrong ? usage_error(inv, "-F: no field '%c' here", *wrong) : 0;
	}
	return 0;
}

int lsof_parse(struct lsof *lsof)
{
	const struct invocation *inv = lsof->inv;
	int code = 0, used = 0;

	lsof->comm_width = 9;
	for (size_t i = 0; i < inv->n_seen && !code; i++)
		code = parse_option(lsof, &inv->seen[i], &used);
	while (!code && used < inv->n_operands && *inv->operands[used] == '+')
		code = parse_plus(lsof, &used);
	if (!code && used < inv->n_operands)
		code = usage_error(inv, "'%s': files are not looked at, only sockets (-i, -U)",
				   inv->operands[used]);
	lsof->given[LSOF_UNIX] = option_given(inv, "unix");
	lsof->all_of_them = option_given(inv, "and");
	lsof->port_names = !option_given(inv, "no-port-names");
	lsof->login_names = !option_given(inv, "no-login-names");
	lsof->with_parent = option_given(inv, "parents");
	if (!code && !lsof->given[LSOF_INET] && !lsof->given[LSOF_UNIX])
		code = usage_error(inv, "say -i or -U: only sockets are looked at");
	if (!code && lsof->fields && option_given(inv, "terse"))
		code = usage_error(inv, "-F and -t exclude each other");
	return code;
}

static bool has_port(const struct what *what, uint16_t port)
{
	for (uint32_t i = 0; i < what->n_ranges; i++)
		if (port >= what->ranges[i].low && port <= what->ranges[i].high)
			return true;
	return false;
}

static bool is_network(const struct what *what)
{
	return strchr(what->text, '/');
}

/* Here the wildcard is no other address, as it is for berth's own words. */
static bool is_end(const struct what *what, const struct addr *addr, uint16_t port)
{
	return addr_equal(addr, &what->addr) && (!what->has_ports || has_port(what, port));
}

/* For lsof a port is that of either end. */
static bool fits(const struct lsof *lsof, const struct lsof_address *address,
		 const struct sock *sock)
{
	const struct what *what = address->what;

	if (!(address->protos & PROTO_BIT(sock->proto)) ||
	    (address->family && sock->local.family != address->family))
		return false;
	if (!what)
		return true;
	if (what->kind == WHAT_ADDRESS && what->addr.family && !is_network(what))
		return is_end(what, &sock->local, sock->local_port) ||
		       is_end(what, &sock->remote, sock->remote_port);
	if (what_matches(what, lsof->snap, sock))
		return true;
	if (what->kind != WHAT_PORT || !(what->protos & PROTO_BIT(sock->proto)) || !sock->remote_port)
		return false;
	return has_port(what, sock->remote_port);
}

static bool is_called(const struct lsof_name *name, const char *text)
{
	return text && strlen(text) == name->len && !strncmp(text, name->text, name->len);
}

static bool names_process(const struct lsof *lsof, const struct lsof_name *name,
			  const struct proc *proc)
{
	uint64_t number;

	switch (name->kind) {
	case LSOF_PID:
		return parse_u64_n(name->text, name->len, UINT32_MAX, &number) && number == proc->pid;
	case LSOF_USER:
		return is_called(name, snapshot_user_name(lsof->snap, proc->uid)) ||
		       (parse_u64_n(name->text, name->len, UINT32_MAX, &number) &&
			number == proc->uid);
	case LSOF_COMMAND: /* how it begins */
		return !strncmp(proc->comm, name->text, name->len);
	case LSOF_INET:
	case LSOF_UNIX:
	case N_LSOF_KINDS:
		break;
	}
	return false;
}

static bool state_fits(const struct lsof *lsof, const struct sock *sock)
{
	/* connected UDP sockets count as established: the kernel's number is the same */
	const uint32_t state = STATE_BIT(sock->state);

	return !(lsof->not_states & state) && (!lsof->states || lsof->states & state);
}

static bool wanted(const struct lsof *lsof, const struct sock *sock, const struct proc *proc)
{
	bool hit[N_LSOF_KINDS] = {[LSOF_UNIX] = sock->proto == SOCK_PROTO_UNIX};
	size_t n_given = 0, n_hit = 0;

	if ((!hit[LSOF_UNIX] && !sock_is_inet(sock)) || !state_fits(lsof, sock))
		return false;
	for (size_t i = 0; i < lsof->n_addresses; i++)
		hit[LSOF_INET] |= fits(lsof, &lsof->addresses[i], sock);
	for (size_t i = 0; i < lsof->n_names; i++) {
		const bool named = names_process(lsof, &lsof->names[i], proc);
		if (named && lsof->names[i].excludes)
			return false;
		hit[lsof->names[i].kind] |= named;
	}
	for (int kind = 0; kind < N_LSOF_KINDS; kind++) {
		n_given += lsof->given[kind];
		n_hit += lsof->given[kind] && hit[kind];
	}
	return lsof->all_of_them ? n_hit == n_given : n_hit > 0;
}

static int by_process(const void *a, const void *b, void *data)
{
	const struct owner *x = *(const struct owner *const *)a, *y = *(const struct owner *const *)b;
	const struct snapshot *snap = data;
	const uint32_t p = owner_proc(snap, x)->pid, q = owner_proc(snap, y)->pid;

	return p != q ? (p > q) - (p < q) : (x->fd > y->fd) - (x->fd < y->fd);
}

int lsof_choose_rows(struct lsof *lsof)
{
	const struct snapshot *snap = lsof->snap;

	lsof->rows = calloc(snap->n_owners + 1, sizeof(*lsof->rows));
	if (!lsof->rows)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++)
		for (uint32_t nth = 0; nth < snap->socks[i].n_owners; nth++) {
			const struct owner *owner = sock_owner(snap, &snap->socks[i], nth);
			if (owner->fd >= 0 && wanted(lsof, &snap->socks[i], owner_proc(snap, owner)))
				lsof->rows[lsof->n_rows++] = owner;
		}
	qsort_r(lsof->rows, lsof->n_rows, sizeof(*lsof->rows), by_process, (void *)snap);
	return 0;
}
