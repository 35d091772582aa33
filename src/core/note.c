/* SPDX-License-Identifier: MIT */
/* One sentence a kind. */
#include "core/note.h"
#include "base/strbuf.h"
#include "core/snapshot.h"

const char *note_kind_name(enum note_kind kind)
{
	switch (kind) {
	case NOTE_ACTIVATION:
		return "activation";
	case NOTE_PASSED:
		return "passed";
	case NOTE_DEVICE:
		return "device";
	case NOTE_KERNEL:
		return "kernel";
	case NOTE_IO_URING:
		return "io_uring";
	case NOTE_IN_FLIGHT:
		return "in-flight";
	case NOTE_PROXY:
		return "proxy";
	}
	return "";
}

static void add_name(struct strbuf *text, const char *name)
{
	if (name)
		strbuf_add_text(text, name);
}

static void add_holder(const struct note *note, struct strbuf *text)
{
	add_name(text, note->comm);
	strbuf_printf(text, "[%u], fd %d", note->pid, note->fd);
}

static void add_activation(const struct note *note, struct strbuf *text)
{
	strbuf_add_text(text, "held for ");
	add_name(text, note->subject ? note->subject : note->object);
	if (note->subject && note->object) {
		strbuf_add_text(text, note->pid ? ", which started " : ", which starts ");
		add_name(text, note->object);
	}
	if (note->pid) {
		strbuf_add_text(text, " (");
		add_name(text, note->comm);
		strbuf_printf(text, "[%u])", note->pid);
	}
	if (!note->subject && !note->pid)
		strbuf_add_text(text, ", started by the first connection");
}

void note_compose(const struct note *note, struct strbuf *text)
{
	switch ((enum note_kind)note->kind) {
	case NOTE_ACTIVATION:
		add_activation(note, text);
		return;
	case NOTE_PASSED:
		strbuf_add_text(text, "passed by the service manager at its start");
		if (note->object) {
			strbuf_add_text(text, ", as ");
			add_name(text, note->object);
		}
		return;
	case NOTE_DEVICE:
		strbuf_add_text(text, "the kernel's own, for ");
		add_name(text, note->subject);
		strbuf_add_char(text, ' ');
		add_name(text, note->object);
		return;
	case NOTE_KERNEL:
		strbuf_add_text(text, "the kernel's own, for ");
		add_name(text, note->subject);
		return;
	case NOTE_IO_URING:
		strbuf_add_text(text, "registered with the io_uring of ");
		add_holder(note, text);
		return;
	case NOTE_IN_FLIGHT:
		strbuf_add_text(text, "in flight (SCM_RIGHTS) to a UNIX socket of ");
		add_holder(note, text);
		return;
	case NOTE_PROXY:
		strbuf_add_text(text, "docker-proxy, for container ");
		add_name(text, note->subject ? note->subject : note->object);
		if (note->subject) {
			strbuf_add_text(text, " at ");
			add_name(text, note->object);
		}
		return;
	}
}

const struct note *sock_note(const struct snapshot *snap, const struct sock *sock, uint32_t nth)
{
	const uint32_t index = (uint32_t)(sock - snap->socks);

	for (size_t i = 0; i < snap->n_notes; i++)
		if (snap->notes[i].sock == index && !nth--)
			return &snap->notes[i];
	return NULL;
}

const char *sock_held_word(const struct snapshot *snap, const struct sock *sock)
{
	const struct note *note;

	for (uint32_t nth = 0; (note = sock_note(snap, sock, nth)); nth++)
		if (note->kind == NOTE_IO_URING)
			return "io_uring";
	return "in flight";
}
