/* SPDX-License-Identifier: MIT */
/* lsof -F: a letter and a value a line, for other programs; "OUTPUT FOR OTHER PROGRAMS" in lsof(8). */
#include "commands/like_lsof.h"
#include "commands/output.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/snapshot.h"

#include <string.h>

/* In the order of lsof; p is always there. g, G and l are not known or always empty for sockets. */
static const char of_process[] = "pRcuL", of_file[] = "fatdoPnT";

const char *lsof_fields_wrong(const char *letters)
{
	for (; *letters; letters++)
		if (*letters != '0' && !strchr(of_process, *letters) && !strchr(of_file, *letters))
			return letters;
	return NULL;
}

static bool is_asked(const struct lsof *lsof, char letter)
{
	/* "0" alone asks for all, ended by NULs */
	const bool all = !lsof->fields[strspn(lsof->fields, "0")];

	return letter == 'p' || all || strchr(lsof->fields, letter);
}

static void add_process(const struct proc *proc, const char *user, char letter, struct strbuf *text)
{
	switch (letter) {
	case 'p':
		strbuf_add_u64(text, proc->pid);
		break;
	case 'R':
		strbuf_add_u64(text, proc->parent);
		break;
	case 'c':
		escape_add(text, proc->comm, strlen(proc->comm));
		break;
	case 'u':
		strbuf_add_u64(text, proc->uid);
		break;
	default:
		escape_add(text, user ? user : "?", strlen(user ? user : "?"));
	}
}

static void add_file(const struct lsof *lsof, const struct owner *owner, char letter,
		     struct strbuf *text)
{
	const struct sock *sock = &lsof->snap->socks[owner->sock];

	switch (letter) {
	case 'f':
		strbuf_printf(text, "%d", owner->fd);
		break;
	case 'a':
		strbuf_add_char(text, 'u');
		break;
	case 't':
		strbuf_add_text(text, lsof_type_word(sock));
		break;
	case 'd':
		strbuf_add_u64(text, sock->inode);
		break;
	case 'o':
		strbuf_add_text(text, "0t0");
		break;
	case 'P':
		strbuf_add_text(text, lsof_proto_word(sock));
		break;
	default:
		lsof_add_name(lsof, sock, false, text);
	}
}

static void end_field(const struct strbuf *text, bool nul, struct output *output)
{
	out_add(&output->out, text->text, text->len);
	out_add_char(&output->out, nul ? '\0' : '\n');
}

/* State and queues of inet sockets, a line each. */
static void print_tcp_info(const struct sock *sock, bool nul, struct output *output)
{
	struct strbuf text = STRBUF_INIT;

	if (sock->proto == SOCK_PROTO_TCP) {
		strbuf_printf(&text, "TST=%s", lsof_state_word(sock));
		end_field(&text, nul, output);
		text.len = 0;
	}
	strbuf_printf(&text, "TQR=%u", sock->recv_queue);
	end_field(&text, nul, output);
	text.len = 0;
	strbuf_printf(&text, "TQS=%u", sock->state == SOCK_STATE_LISTEN ? 0 : sock->send_queue);
	end_field(&text, nul, output);
	strbuf_release(&text);
}

static void print_file(const struct lsof *lsof, const struct owner *owner, bool nul,
		       struct output *output)
{
	const struct sock *sock = &lsof->snap->socks[owner->sock];
	struct strbuf text = STRBUF_INIT;

	for (const char *letter = of_file; *letter; letter++) {
		const bool of_inet = *letter == 'P' || *letter == 'T';
		if (!is_asked(lsof, *letter) || (of_inet && !sock_is_inet(sock)))
			continue;
		if (*letter == 'T') {
			print_tcp_info(sock, nul, output);
			continue;
		}
		text.len = 0;
		strbuf_add_char(&text, *letter);
		add_file(lsof, owner, *letter, &text);
		end_field(&text, nul, output);
	}
	if (nul)
		out_add_char(&output->out, '\n');
	strbuf_release(&text);
}

static void print_process(const struct lsof *lsof, const struct proc *proc, bool nul,
			  struct output *output)
{
	const char *user = snapshot_user_name(lsof->snap, proc->uid);
	struct strbuf text = STRBUF_INIT;

	for (const char *letter = of_process; *letter; letter++) {
		if (!is_asked(lsof, *letter))
			continue;
		text.len = 0;
		strbuf_add_char(&text, *letter);
		add_process(proc, user, *letter, &text);
		end_field(&text, nul, output);
	}
	if (nul)
		out_add_char(&output->out, '\n');
	strbuf_release(&text);
}

void lsof_print_fields(const struct lsof *lsof, struct output *output)
{
	const bool nul = strchr(lsof->fields, '0');
	const struct proc *last = NULL;

	for (size_t i = 0; i < lsof->n_rows; i++) {
		const struct proc *proc = owner_proc(lsof->snap, lsof->rows[i]);
		if (proc != last)
			print_process(lsof, proc, nul, output);
		last = proc;
		print_file(lsof, lsof->rows[i], nul, output);
	}
}
