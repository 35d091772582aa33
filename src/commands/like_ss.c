/* SPDX-License-Identifier: MIT */
/* berth ss: `berth list` in the columns and words of ss(8), for fingers and scripts that know it. */
#include "commands/like_ss.h"
#include "commands/list.h"
#include "commands/list_details.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/filter.h"
#include "core/snapshot.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

static void add_port(struct strbuf *text, const struct sock *sock, uint16_t port, bool names)
{
	const struct servent *service = NULL;

	strbuf_add_char(text, ':');
	if (!port) {
		strbuf_add_char(text, '*');
		return;
	}
	if (names && (sock->proto == SOCK_PROTO_TCP || sock->proto == SOCK_PROTO_UDP))
		service = getservbyport(htons(port), sock_proto_name(sock->proto));
	if (service)
		escape_add(text, service->s_name, strlen(service->s_name));
	else
		strbuf_add_u64(text, port);
}

static const struct host *host_of(const struct snapshot *snap, const struct sock *sock)
{
	return sock->netns ? &snap->namespaces[sock->netns].host : &snap->host;
}

/* ss writes a dual-stack wildcard as "*", and the device behind the address. */
static void add_address(struct strbuf *text, const struct snapshot *snap, const struct sock *sock,
			const struct addr *addr)
{
	char plain[ADDR_TEXT_SIZE];
	const struct interface *device =
		sock->device ? host_interface(host_of(snap, sock), sock->device) : NULL;
	const bool six = addr->family == ADDR_IPV6;
	struct addr bare = *addr;

	bare.scope = 0;
	if (six && addr_is_any(addr) && !addr_is_mapped(addr) &&
	    !sock_option_is(sock, SOCK_OPTION_V6ONLY))
		strbuf_add_char(text, '*');
	else
		strbuf_printf(text, six ? "[%s]" : "%s", addr_format(&bare, plain));
	if (device && addr == &sock->local) {
		strbuf_add_char(text, '%');
		escape_add(text, device->name, strlen(device->name));
	}
}

static void add_unix_name(struct strbuf *text, const struct snapshot *snap, const struct sock *sock)
{
	size_t len = 0;
	const char *name = sock ? snapshot_text(snap, sock->name, &len) : "";

	if (len && !*name) { /* abstract: ss shows '@' for every NUL */
		for (size_t i = 0; i < len; i++)
			if (name[i])
				escape_add(text, name + i, 1);
			else
				strbuf_add_char(text, '@');
	} else if (len) {
		escape_add(text, name, len);
	} else {
		strbuf_add_char(text, '*');
	}
}

static void add_local(struct strbuf *text, const struct snapshot *snap, const struct sock *sock,
		      bool names)
{
	if (sock->proto == SOCK_PROTO_UNIX) {
		add_unix_name(text, snap, sock);
		strbuf_printf(text, " %u", sock->inode);
	} else if (sock_is_inet(sock)) {
		add_address(text, snap, sock, &sock->local);
		add_port(text, sock, sock->local_port, names);
	} else if (sock->proto == SOCK_PROTO_PACKET) {
		const struct interface *device = host_interface(host_of(snap, sock), sock->device);
		strbuf_printf(text, "[%u]:", sock->local_port);
		escape_add(text, device ? device->name : "*", device ? strlen(device->name) : 1);
	} else {
		size_t len;
		const char *name = snapshot_text(snap, sock->name, &len);
		escape_add(text, len ? name : "*", len ? len : 1);
	}
}

static void add_peer(struct strbuf *text, const struct snapshot *snap, const struct sock *sock,
		     bool names)
{
	if (sock->proto == SOCK_PROTO_UNIX) {
		strbuf_printf(text, "* %u", sock->peer); /* ss does not look the name up */
	} else if (sock_is_inet(sock)) {
		add_address(text, snap, sock, &sock->remote);
		add_port(text, sock, sock->remote_port, names);
	} else {
		strbuf_add_char(text, '*');
	}
}

static void add_local_names(struct strbuf *text, const struct snapshot *snap,
			    const struct sock *sock)
{
	add_local(text, snap, sock, true);
}

static void add_local_numbers(struct strbuf *text, const struct snapshot *snap,
			      const struct sock *sock)
{
	add_local(text, snap, sock, false);
}

static void add_peer_names(struct strbuf *text, const struct snapshot *snap,
			   const struct sock *sock)
{
	add_peer(text, snap, sock, true);
}

static void add_peer_numbers(struct strbuf *text, const struct snapshot *snap,
			     const struct sock *sock)
{
	add_peer(text, snap, sock, false);
}

static void add_users(struct strbuf *text, const struct snapshot *snap, const struct sock *sock)
{
	const struct owner *owner;
	bool any = false;

	for (uint32_t nth = 0; (owner = sock_owner(snap, sock, nth)); nth++) {
		const struct proc *proc = owner_proc(snap, owner);
		if (owner->fd < 0)
			continue; /* in flight: ss knows nothing of it */
		strbuf_add_text(text, any ? "," : "users:(");
		any = true;
		strbuf_add_text(text, "(\"");
		escape_add(text, proc->comm, strlen(proc->comm));
		strbuf_printf(text, "\",pid=%u,fd=%d)", proc->pid, owner->fd);
	}
	if (any)
		strbuf_add_char(text, ')');
}

static void add_nothing(struct strbuf *text, const struct snapshot *snap, const struct sock *sock)
{
}

static void drop_column(struct list *list, const char *name)
{
	struct list_columns *columns = &list->columns;

	for (size_t i = 0; i < columns->n; i++)
		if (columns->columns[i].field && !strcmp(columns->columns[i].field->name, name)) {
			memmove(&columns->columns[i], &columns->columns[i + 1],
				(columns->n - i - 1) * sizeof(columns->columns[i]));
			columns->n--;
			return;
		}
}

static bool is_one(uint32_t bits)
{
	return bits && !(bits & (bits - 1));
}

/* ss leaves out what would say the same in every row: the kind, the state. */
static void drop_constant_columns(struct list *list)
{
	struct request request = {.protos = PROTOS_ALL, .states = STATES_ALL};

	if (list->columns.chosen)
		return;
	list_select_narrow(&list->select, &request);
	if (list->filter)
		filter_narrow(list->filter, &request);
	if (is_one(list->select.kinds))
		drop_column(list, "netid");
	if (is_one(list->select.states & request.states) || is_one(request.states))
		drop_column(list, "state");
}

void like_ss_columns(struct list *list)
{
	const bool names = !option_given(list->inv, "numeric");

	if (list->details)
		list->details |= DETAIL_LIKE_SS;
	drop_constant_columns(list);
	/* ss has the title without -p too: the details stand under it. */
	if (!list->processes && !list->columns.chosen && list_columns_add(&list->columns, "process")) {
		struct list_column *column = &list->columns.columns[list->columns.n - 1];
		column->needs = 0;
		column->add = add_nothing;
	}
	for (size_t i = 0; i < list->columns.n; i++) {
		struct list_column *column = &list->columns.columns[i];
		const char *name = column->field ? column->field->name : "process";
		if (!strcmp(name, "local")) {
			column->title = "Local Address:Port";
			column->add = names ? add_local_names : add_local_numbers;
			column->needs |= FACT_SOCKOPT | FACT_HOST;
		} else if (!strcmp(name, "remote")) {
			column->title = "Peer Address:Port";
			column->add = names ? add_peer_names : add_peer_numbers;
		} else if (!strcmp(name, "process")) {
			column->add = column->needs ? add_users : add_nothing;
			column->absent = "";
		}
	}
}

const struct command command_ss = {
	.name = "ss",
	.args = "[FLAGS] [FILTER]",
	.summary = "The same as 'list' in the columns and words of ss",
	.help = "For scripts and habits: the flags of ss(8), its columns, its users:((...)). One network\n"
		"namespace, as ss has it, unless --netns or -N says otherwise. Filters have the precedence\n"
		"that ss's manual documents. A flag that is not supported says so.\n",
	.examples = "berth ss -tlnp\tlisteners with their processes\n"
		    "berth ss -tan state established '( dport = :443 )'\tas ss would have it\n",
	.options = list_option_rows,
	.groups = OPTIONS_OUTPUT | OPTIONS_COLUMNS | OPTIONS_SNAPSHOT,
	.operands = "@filter",
	.run = list_run,
};
