/* SPDX-License-Identifier: MIT */
/* Column by column while measuring, so that what neighbours share is looked at once. */
#include "commands/list_cells.h"
#include "commands/list_columns.h"
#include "base/numbers.h"
#include "core/fields.h"
#include "core/snapshot.h"
#include "render/table.h"

#include <string.h>

enum { COMM_MAX = 16 };

/* Eight bytes at once: all of them from ' ' to '~', and none a backslash? */
static bool are_simple(const char *text)
{
	const uint64_t ones = 0x0101010101010101, highs = ones << 7;
	uint64_t bytes;

	memcpy(&bytes, text, sizeof(bytes));
	const uint64_t slashes = bytes ^ ones * '\\';
	return !((bytes | (bytes - ones * ' ') | (bytes + ones) |
		  ((slashes - ones) & ~slashes)) & highs);
}

static bool is_simple(const char *text, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		if (!are_simple(text + i))
			return false;
	if (len >= 8)
		return are_simple(text + len - 8);
	for (; i < len; i++)
		if ((unsigned char)(text[i] - 0x20) >= 0x5f || text[i] == '\\')
			return false;
	return true;
}

/* The length of a process's name if that is simple, else 0. */
static size_t simple_name(const struct proc *proc)
{
	const size_t len = strnlen(proc->comm, COMM_MAX + 1);

	return len <= COMM_MAX && is_simple(proc->comm, len) ? len : 0;
}

/* Nearly all sockets have one owner, with a plain name: "nginx[812] fd 6". */
static size_t put_process(const struct snapshot *snap, const struct sock *sock, char *to)
{
	const struct owner *owner = sock->n_owners == 1 ? sock_owner(snap, sock, 0) : NULL;

	if (!sock->n_owners)
		*to = '-';
	if (!owner || owner->fd < 0)
		return !sock->n_owners;
	const struct proc *proc = owner_proc(snap, owner);
	size_t n = simple_name(proc);
	if (!n)
		return 0;
	memcpy(to, proc->comm, n); /* NOLINT: more follows, the end is told by number */
	to[n++] = '[';
	n += format_u64(to + n, proc->pid);
	memcpy(to + n, "] fd ", 5); /* NOLINT: the same */
	n += 5;
	return n + format_u64(to + n, (uint64_t)owner->fd);
}

static size_t widest_process(const struct snapshot *snap, const uint32_t *rows, size_t n)
{
	uint32_t last = UINT32_MAX;
	size_t widest = 1, before_fd = 0; /* of the last process */

	for (size_t i = 0; i < n; i++) {
		const struct sock *sock = &snap->socks[rows[i]];
		const struct owner *owner = sock_owner(snap, sock, 0);
		if (!owner)
			continue;
		if (sock->n_owners > 1 || owner->fd < 0)
			return 0;
		if (owner->proc != last) {
			const struct proc *proc = owner_proc(snap, owner);
			const size_t name = simple_name(proc);
			if (!name)
				return 0;
			before_fd = name + strlen("[] fd ") + u64_width(proc->pid);
			last = owner->proc;
		}
		const size_t width = before_fd + u64_width((uint64_t)owner->fd);
		widest = width > widest ? width : widest;
	}
	return widest;
}

static size_t widest_told(const struct field *field, const struct snapshot *snap,
			  const uint32_t *rows, size_t n)
{
	size_t widest = 0;

	for (size_t i = 0; i < n; i++) {
		const size_t width = field->width(&snap->socks[rows[i]]);
		if (!width)
			return 0;
		widest = width > widest ? width : widest;
	}
	return widest;
}

static size_t widest_number(const struct field *field, const struct snapshot *snap,
			    const uint32_t *rows, size_t n)
{
	uint64_t largest = 0;
	struct value value;

	for (size_t i = 0; i < n; i++)
		if (field->get(snap, &snap->socks[rows[i]], 0, &value) && value.number > largest)
			largest = value.number;
	return u64_width(largest); /* what stands for no value takes one column */
}

static size_t widest_text(const struct field *field, const struct snapshot *snap,
			  const uint32_t *rows, size_t n)
{
	const char *last = NULL;
	struct value value;
	size_t widest = 1;

	for (size_t i = 0; i < n; i++) {
		if (!field->get(snap, &snap->socks[rows[i]], 0, &value) || value.text == last)
			continue;
		if (!is_simple(value.text, value.len))
			return 0;
		widest = value.len > widest ? value.len : widest;
		last = value.text == value.scratch ? NULL : value.text;
	}
	return widest;
}

static bool is_number(const struct field *field)
{
	return field->type == VALUE_NUMBER || field->type == VALUE_PORT ||
	       field->type == VALUE_BYTES;
}

size_t list_cells_widest(const struct list_column *column, const struct snapshot *snap,
			 const uint32_t *rows, size_t n)
{
	const struct field *field = column->field;

	if (column->add == list_add_processes)
		return widest_process(snap, rows, n);
	if (column->add || field->multiple || column->names)
		return 0;
	if (field->width)
		return widest_told(field, snap, rows, n);
	if (is_number(field))
		return widest_number(field, snap, rows, n);
	return field->type == VALUE_TEXT ? widest_text(field, snap, rows, n) : 0;
}

size_t list_cells_put(const struct list_column *column, const struct snapshot *snap,
		      const struct sock *sock, char *to)
{
	const struct field *field = column->field;
	struct value value;

	if (column->add == list_add_processes) /* like_ss puts its own in the place */
		return put_process(snap, sock, to);
	if (column->add || field->multiple || column->names)
		return 0;
	if (field->put)
		return field->put(sock, to);
	if (is_number(field))
		return field->get(snap, sock, 0, &value) ? format_u64(to, value.number) : 0;
	if (field->type != VALUE_TEXT || !field->get(snap, sock, 0, &value) ||
	    value.len > TABLE_PUT_ROOM || !is_simple(value.text, value.len))
		return 0;
	memcpy(to, value.text, value.len);
	return value.len;
}
