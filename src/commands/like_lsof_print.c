/* SPDX-License-Identifier: MIT */
/* The table of lsof(8): its columns and its words. */
#include "commands/like_lsof.h"
#include "commands/command.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "render/table.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

const char *lsof_type_word(const struct sock *sock)
{
	if (sock->proto == SOCK_PROTO_UNIX)
		return "unix";
	return sock->local.family == ADDR_IPV6 ? "IPv6" : "IPv4";
}

const char *lsof_proto_word(const struct sock *sock)
{
	switch (sock->proto) {
	case SOCK_PROTO_TCP:
		return "TCP";
	case SOCK_PROTO_UDP:
		return "UDP";
	case SOCK_PROTO_UDPLITE:
		return "UDPLITE";
	default: /* the kinds that lsof knows no name of */
		return "RAW";
	}
}

const char *lsof_state_word(const struct sock *sock)
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

void lsof_add_name(const struct lsof *lsof, const struct sock *sock, bool state, struct strbuf *text)
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
	if (state && sock->proto == SOCK_PROTO_TCP)
		strbuf_printf(text, " (%s)", lsof_state_word(sock));
}

enum { COMMAND, PID, PPID, USER, FD, TYPE, DEVICE, SIZE_OFF, NODE, NAME };

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	const struct lsof *lsof = data;

	if (column >= PPID && !lsof->with_parent)
		column++; /* only -R shows it */
	const struct owner *owner = lsof->rows[row];
	const struct proc *proc = owner_proc(lsof->snap, owner);
	const struct sock *sock = &lsof->snap->socks[owner->sock];
	const char *user = snapshot_user_name(lsof->snap, proc->uid);

	switch (column) {
	case COMMAND:
		escape_add(text, proc->comm,
			   lsof->comm_width ? strnlen(proc->comm, lsof->comm_width)
					    : strlen(proc->comm));
		break;
	case PID:
		strbuf_add_u64(text, proc->pid);
		break;
	case PPID:
		strbuf_add_u64(text, proc->parent);
		break;
	case USER:
		if (user && lsof->login_names)
			escape_add(text, user, strlen(user));
		else
			strbuf_add_u64(text, proc->uid);
		break;
	case FD:
		strbuf_printf(text, "%du", owner->fd);
		break;
	case TYPE:
		strbuf_add_text(text, lsof_type_word(sock));
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
			strbuf_add_text(text, lsof_proto_word(sock));
		break;
	default:
		lsof_add_name(lsof, sock, true, text);
	}
}

static int print_pids(const struct lsof *lsof, struct output *output)
{
	for (size_t i = 0; i < lsof->n_rows; i++) {
		const uint32_t pid = owner_proc(lsof->snap, lsof->rows[i])->pid;
		if (i && owner_proc(lsof->snap, lsof->rows[i - 1])->pid == pid)
			continue;
		out_add_u64(&output->out, pid);
		out_add_char(&output->out, '\n');
	}
	return output->out.error;
}

int lsof_print(const struct lsof *lsof, struct output *output)
{
	static const struct table_column all[] = {
		{"COMMAND"}, {"PID", .right = true}, {"PPID", .right = true}, {"USER"},
		{"FD", .right = true}, {"TYPE"}, {"DEVICE", .right = true},
		{"SIZE/OFF", .right = true}, {"NODE"}, {"NAME"},
	};
	struct table_column columns[N_ELEMENTS(all)];
	struct table table = {
		.columns = columns,
		.n_rows = lsof->n_rows,
		.headings = output->headings,
		.cell = cell,
		.data = lsof,
	};

	if (lsof->fields) {
		lsof_print_fields(lsof, output);
		return output->out.error;
	}
	if (option_given(lsof->inv, "terse"))
		return print_pids(lsof, output);
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		if (i != PPID || lsof->with_parent)
			columns[table.n_columns++] = all[i];
	return lsof->n_rows ? table_write(&table, &output->out) : 0;
}
