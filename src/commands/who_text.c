/* SPDX-License-Identifier: MIT */
/* One block for each holder, a line for each fact; then the sockets nobody is seen to hold. */
#include "commands/who.h"
#include "commands/output.h"
#include "commands/who_explain.h"
#include "commands/who_holds.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/fields.h"
#include "core/snapshot.h"
#include "render/color.h"
#include "render/duration.h"
#include "render/width.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LABEL_WIDTH = 14, SHOWN = 4 };

struct text {
	const struct who *who;
	struct output *output;
	struct hold *holds;
	size_t n;
	struct strbuf line;
};

static void text_release(struct text *text)
{
	free(text->holds);
	strbuf_release(&text->line);
}

static const struct proc *proc_at(const struct text *text, uint32_t index)
{
	return &text->who->snap->procs[index];
}

static void put_styled(struct text *text, enum style style, const char *bytes, size_t len)
{
	struct out *out = &text->output->out;

	if (text->output->color)
		out_add_text(out, color_start(style));
	out_add(out, bytes, len);
	if (text->output->color)
		out_add_text(out, color_stop());
}

/* "  label     what .line holds", cut to the screen; then .line is empty. Nothing if it was. */
static void put_line(struct text *text, const char *label)
{
	struct out *out = &text->output->out;
	const unsigned screen = text->output->screen;
	const size_t label_len = strlen(label);
	size_t used, keep = text->line.len;

	if (!text->line.len)
		return;
	if (screen > LABEL_WIDTH + 12 &&
	    width_of(text->line.text, text->line.len) > screen - LABEL_WIDTH - 3)
		keep = width_fit(text->line.text, text->line.len, screen - LABEL_WIDTH - 4, &used);
	out_add_text(out, "  ");
	put_styled(text, STYLE_QUIET, label, label_len);
	out_add_spaces(out, label_len < LABEL_WIDTH ? LABEL_WIDTH - label_len : 1);
	out_add_char(out, ' ');
	out_add(out, text->line.text, keep);
	if (keep < text->line.len)
		out_add_text(out, MB_CUR_MAX > 1 ? "\xe2\x80\xa6" : "+");
	out_add_char(out, '\n');
	strbuf_clear(&text->line);
}

static void put_text(struct text *text, const char *label, const char *value)
{
	if (value)
		escape_add(&text->line, value, strlen(value));
	put_line(text, label);
}

static void add_proc(struct strbuf *line, const struct proc *proc)
{
	escape_add(line, proc->comm, strlen(proc->comm));
	strbuf_printf(line, "[%u]", proc->pid);
}

static void add_name(const struct snapshot *snap, uint32_t id, struct strbuf *line)
{
	size_t len;
	const char *name = snapshot_text(snap, id, &len);
	const bool is_abstract = len && !*name;

	if (!len)
		strbuf_add_char(line, '*');
	if (is_abstract)
		strbuf_add_char(line, '@');
	escape_add(line, name + is_abstract, len - is_abstract);
}

/* "0.0.0.0:80", "10.0.0.5:80 > 1.2.3.4:5001", "/run/x.sock". */
static void add_place(const struct snapshot *snap, const struct sock *sock, struct strbuf *line)
{
	char place[ADDR_TEXT_SIZE + 8];

	if (!sock_is_inet(sock)) {
		add_name(snap, sock->name, line);
		return;
	}
	strbuf_add_text(line, addr_format_port(&sock->local, sock->local_port, place));
	if (!sock->remote_port)
		return;
	strbuf_add_text(line, " > ");
	strbuf_add_text(line, addr_format_port(&sock->remote, sock->remote_port, place));
}

static void add_fds(const struct text *text, size_t first, size_t end, struct strbuf *line)
{
	const char *before = " (fd ";
	int fds[SHOWN];
	size_t n = 0;
	const char *word = NULL;
	bool more = false;

	for (size_t i = first; i < end; i++) {
		const struct hold *hold = &text->holds[i];
		bool told = hold->fd < 0;
		if (told)
			word = sock_held_word(text->who->snap,
					      &text->who->snap->socks[hold->sock]);
		for (size_t k = 0; k < n && !told; k++)
			told = fds[k] == hold->fd;
		if (told)
			continue;
		if (n == SHOWN) {
			more = true;
			break;
		}
		fds[n++] = hold->fd;
		strbuf_printf(line, "%s%d", before, hold->fd);
		before = ",";
	}
	if (n)
		strbuf_add_text(line, more ? ",...)" : ")");
	if (word)
		strbuf_printf(line, " (%s)", word);
}

/* Members of a SO_REUSEPORT group look the same. */
static bool is_alike(const struct sock *a, const struct sock *b)
{
	return sock_is_inet(a) && a->proto == b->proto && a->state == b->state &&
	       a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       addr_equal(&a->local, &b->local) && addr_equal(&a->remote, &b->remote);
}

/* One line for all sockets of a kind and state among the holds [@first, @end) of one holder. */
static void put_sockets(struct text *text, size_t first, size_t end, unsigned proto, unsigned state)
{
	const struct snapshot *snap = text->who->snap;
	AUTO(strbuf_release) struct strbuf label = STRBUF_INIT;
	size_t n = 0;

	for (size_t i = first, next; i < end; i = next) {
		const struct sock *sock = &snap->socks[text->holds[i].sock];
		const struct sock *last = sock;
		size_t alike = 1;
		for (next = i + 1; next < end; next++) {
			const struct sock *one = &snap->socks[text->holds[next].sock];
			if (one != last && !is_alike(last, one))
				break;
			alike += one != last;
			last = one;
		}
		if (sock->proto != proto || sock->state != state)
			continue;
		if (n++ >= SHOWN)
			continue;
		if (text->line.len)
			strbuf_add_text(&text->line, ", ");
		add_place(snap, sock, &text->line);
		if (alike > 1)
			strbuf_printf(&text->line, " x%zu", alike);
		add_fds(text, i, next, &text->line);
		if (sock->state == SOCK_STATE_LISTEN && sock->recv_queue > sock->send_queue)
			strbuf_add_text(&text->line, " accept queue full");
	}
	if (n > SHOWN)
		strbuf_printf(&text->line, " and %zu more", n - SHOWN);
	strbuf_printf(&label, "%s %s", sock_proto_name(proto), sock_state_name(state));
	put_line(text, label.text);
}

static void put_started(struct text *text, const struct proc *proc)
{
	const uint64_t now = text->who->snap->taken_ns;
	const time_t then = (time_t)(proc->started_ns / 1000000000u);
	char date[40];
	struct tm tm;

	if (!proc->started_ns || !gmtime_r(&then, &tm))
		return;
	duration_add(&text->line, now > proc->started_ns
					  ? (double)(now - proc->started_ns) / 1e9
					  : 0);
	strftime(date, sizeof(date), " ago, %Y-%m-%d %H:%M:%S UTC", &tm);
	strbuf_add_text(&text->line, date);
	put_line(text, "started");
}

static void put_parents(struct text *text, const struct proc *proc)
{
	const struct proc *ancestors[MAX_ANCESTORS];
	const size_t n = who_ancestors(text->who->snap, proc, ancestors);

	for (size_t i = n; i-- > 0;) {
		add_proc(&text->line, ancestors[i]);
		strbuf_add_text(&text->line, " > ");
	}
	if (n)
		add_proc(&text->line, proc);
	put_line(text, "parents");
}

static void put_others(struct text *text, size_t first, size_t end)
{
	const struct snapshot *snap = text->who->snap;
	size_t n = 0;

	AUTO(freep) uint8_t *seen = calloc(1, snap->n_procs + 1);
	for (size_t i = first; i < end && seen; i++) {
		const uint32_t proc = text->holds[i].proc;
		if (proc == text->holds[i].head || seen[proc]++)
			continue;
		if (n++ >= 2 * SHOWN)
			continue;
		if (text->line.len)
			strbuf_add_char(&text->line, ' ');
		add_proc(&text->line, proc_at(text, proc));
	}
	if (n > 2 * SHOWN)
		strbuf_printf(&text->line, " and %zu more", n - 2 * SHOWN);
	put_line(text, "with");
}

/* Each sentence once, however many sockets it is about. */
static void put_notes(struct text *text, size_t first, size_t end)
{
	const struct snapshot *snap = text->who->snap;
	const struct note *note;
	const char *last = "";

	for (size_t i = first; i < end && snap->n_notes; i++) {
		const struct sock *sock = &snap->socks[text->holds[i].sock];
		for (uint32_t nth = 0; (note = sock_note(snap, sock, nth)); nth++) {
			if (note->text && strcmp(note->text, last) != 0)
				put_text(text, "note", note->text);
			last = note->text ? note->text : last;
		}
	}
}

static void put_netns(struct text *text, const struct sock *sock)
{
	const struct snapshot *snap = text->who->snap;

	if (sock->netns < snap->n_namespaces && !snap->namespaces[sock->netns].is_self)
		put_text(text, "netns", snap->namespaces[sock->netns].name);
}

/* What it is called by those that live with it. */
static void put_inner(struct text *text, const struct proc *proc)
{
	if (proc->pid_inner && proc->pid_inner != proc->pid)
		strbuf_printf(&text->line, "pid %u", proc->pid_inner);
	if (proc->has_uid_inner)
		strbuf_printf(&text->line, "%suid %u", text->line.len ? ", " : "", proc->uid_inner);
	put_line(text, "inside");
}

static void put_holder(struct text *text, size_t first, size_t end)
{
	const struct snapshot *snap = text->who->snap;
	const struct proc *proc = proc_at(text, text->holds[first].head);
	const char *user = snapshot_user_name(snap, proc->uid);

	add_proc(&text->line, proc);
	put_styled(text, STYLE_STRONG, text->line.text, text->line.len);
	out_add_char(&text->output->out, '\n');
	strbuf_clear(&text->line);
	for (unsigned proto = 0; proto < N_SOCK_PROTOS; proto++)
		for (unsigned state = N_SOCK_STATES; state-- > 0;)
			put_sockets(text, first, end, proto, state);
	put_notes(text, first, end);
	put_netns(text, &snap->socks[text->holds[first].sock]);
	if (user)
		put_text(text, "user", user);
	else if (proc->uid != UINT32_MAX)
		strbuf_add_u64(&text->line, proc->uid);
	put_line(text, "user");
	put_inner(text, proc);
	put_text(text, "unit", proc->unit);
	if (proc->container_name)
		put_text(text, "container", proc->container_name);
	else
		put_text(text, "container", proc->container);
	put_text(text, "image", proc->image);
	put_text(text, "pod", proc->pod);
	put_text(text, "program", proc->exe);
	put_text(text, "command", proc->cmdline);
	put_started(text, proc);
	put_parents(text, proc);
	put_others(text, first, end);
}

/* The sockets nobody is seen to hold, each with the reason; alike ones are told SHOWN times. */
static void put_ownerless(struct text *text)
{
	const struct who *who = text->who;
	size_t counts[OWNERLESS_KERNEL + 1] = {}, hidden = 0;
	bool any = false;

	for (size_t i = 0; i < who->n_socks; i++) {
		const struct sock *sock = &who->snap->socks[who->socks[i]];
		if (sock->n_owners)
			continue;
		if (counts[ownerless_kind(who->snap, sock)]++ >= 2 * SHOWN) {
			hidden++;
			continue;
		}
		if (!any)
			put_styled(text, STYLE_STRONG, "no process", strlen("no process"));
		if (!any)
			out_add_char(&text->output->out, '\n');
		any = true;
		out_add_text(&text->output->out, "  ");
		strbuf_printf(&text->line, "%s %s ", sock_proto_name(sock->proto),
			      sock_state_name(sock->state));
		add_place(who->snap, sock, &text->line);
		strbuf_add_text(&text->line, "\n      ");
		ownerless_explain(who->snap, sock, &text->line);
		strbuf_add_char(&text->line, '\n');
		out_add(&text->output->out, text->line.text, text->line.len);
		strbuf_clear(&text->line);
	}
	if (hidden) {
		strbuf_printf(&text->line, "  and %zu more like these\n", hidden);
		out_add(&text->output->out, text->line.text, text->line.len);
		strbuf_clear(&text->line);
	}
}

int who_print_text(const struct who *who, struct output *output)
{
	AUTO(text_release) struct text text = {.who = who, .output = output, .line = STRBUF_INIT};
	int error = holds_find(who, &text.holds, &text.n);

	if (error)
		return error;
	for (size_t first = 0, end; first < text.n; first = end) {
		for (end = first + 1; end < text.n && text.holds[end].head == text.holds[first].head;)
			end++;
		put_holder(&text, first, end);
	}
	put_ownerless(&text);
	return text.line.failed ? -ENOMEM : output->out.error;
}
