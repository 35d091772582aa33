/* SPDX-License-Identifier: MIT */
/* Kinds and keys it does not know are skipped: a newer berth wrote them. All else must be right. */
#include "record/reader.h"
#include "base/auto.h"
#include "base/escape.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "core/translation.h"
#include "record/members.h"
#include "record/reader_parts.h"
#include "record/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int recording_reader_init(struct recording_reader *reader)
{
	*reader = (struct recording_reader){.snap = snapshot_new()};
	json_in_init(&reader->in, "", 0);
	return reader->snap ? 0 : -ENOMEM;
}

void recording_reader_release(struct recording_reader *reader)
{
	snapshot_free(reader->snap);
	reader->snap = NULL;
	json_in_release(&reader->in);
}

int record_bad(struct recording_reader *reader, const char *what)
{
	json_in_fail(&reader->in, what);
	return -EBADMSG;
}

int record_object(struct recording_reader *reader, const struct record_shape *shape, void *record)
{
	struct json_in *in = &reader->in;

	while (json_in_key(in)) {
		char key[32];
		snprintf(key, sizeof(key), "%s", in->text.text);
		int done = members_read(shape->members, reader->snap, in, key, record);
		if (!done && shape->special)
			done = shape->special(reader, key, shape->data);
		if (done < 0)
			return done;
		if (!done && !json_in_skip(in))
			return -EBADMSG;
	}
	return in->error ? -EBADMSG : 0;
}

static int read_header(struct recording_reader *reader)
{
	struct json_in *in = &reader->in;
	bool named = false;

	if (!json_in_object(in))
		return -EBADMSG;
	while (json_in_key(in)) {
		bool good;
		if (!strcmp(in->text.text, "recording")) {
			good = json_in_text(in);
			named = good && !strcmp(in->text.text, RECORDING_FORMAT);
			if (good && !named)
				return record_bad(reader, "not a version of recording that is known here");
		} else if (!strcmp(in->text.text, "taken_ns")) {
			good = json_in_u64(in, UINT64_MAX, &reader->snap->taken_ns);
		} else if (!strcmp(in->text.text, "boot_ns")) {
			good = json_in_u64(in, UINT64_MAX, &reader->snap->boot_ns);
		} else {
			good = json_in_skip(in);
		}
		if (!good)
			return -EBADMSG;
	}
	if (!in->error && !named)
		return record_bad(reader, "expected a recording of berth");
	return in->error ? -EBADMSG : 0;
}

static int read_namespace(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = namespace_members};
	struct namespace *netns = snapshot_add_namespace(reader->snap);

	if (!netns)
		return -ENOMEM;
	host_set_defaults(&netns->host);
	int error = record_object(reader, &shape, netns);
	if (!netns->name)
		netns->name = "";
	return error;
}

static int read_process(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = proc_members};

	if (reader->snap->n_socks)
		return record_bad(reader, "a process behind the first socket");
	struct proc *proc = snapshot_add_proc(reader->snap);

	if (!proc)
		return -ENOMEM;
	*proc = (struct proc){}; /* what is left out is 0, also a uid */
	int error = record_object(reader, &shape, proc);
	if (!proc->comm)
		proc->comm = "";
	return error;
}

static int read_user(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = user_members};
	struct user user = {};
	int error = record_object(reader, &shape, &user);

	if (error || !user.name)
		return error;
	return snapshot_add_user(reader->snap, user.uid, user.name);
}

static int read_forward(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = forward_members};
	struct forward *forward = snapshot_add_forward(reader->snap);

	if (!forward)
		return -ENOMEM;
	int error = record_object(reader, &shape, forward);
	if (!forward->by)
		forward->by = "";
	if (!error && forward->netns >= reader->snap->n_namespaces && forward->netns)
		return record_bad(reader, "a forward of a namespace that was not described");
	return error;
}

static int read_translation(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = translation_members};
	struct translation *translation = snapshot_add_translation(reader->snap);

	if (!translation)
		return -ENOMEM;
	int error = record_object(reader, &shape, translation);
	if (!error && translation->netns >= reader->snap->n_namespaces && translation->netns)
		return record_bad(reader, "a translation of a namespace that was not described");
	return error;
}

static int read_note(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = note_members};
	struct note note = {0};
	int error = record_object(reader, &shape, &note);

	if (error)
		return error;
	if (note.sock >= reader->snap->n_socks)
		return record_bad(reader, "a note on a socket that was not described");
	struct note *copy = snapshot_add_note(reader->snap, note.sock);
	if (copy)
		*copy = note;
	return copy ? 0 : -ENOMEM;
}

static int read_coverage(struct recording_reader *reader)
{
	const struct record_shape shape = {.members = coverage_members};
	struct coverage *coverage = snapshot_add_coverage(reader->snap);

	if (!coverage)
		return -ENOMEM;
	int error = record_object(reader, &shape, coverage);
	if (!coverage->source)
		coverage->source = "";
	if (!coverage->how)
		coverage->how = "";
	return error;
}

static int read_end(struct recording_reader *reader)
{
	struct json_in *in = &reader->in;
	uint64_t n = UINT64_MAX;

	while (json_in_key(in)) {
		bool is_count = !strcmp(in->text.text, "sockets");
		if (is_count ? !json_in_u64(in, UINT64_MAX, &n) : !json_in_skip(in))
			return -EBADMSG;
	}
	if (in->error)
		return -EBADMSG;
	if (n != reader->snap->n_socks)
		return record_bad(reader, "the number of sockets is not what the end says");
	reader->ended = true;
	return 0;
}

/* Processes are all known before the first socket, so one index serves all owners. */
static int owner_index(struct recording_reader *reader, uint64_t pid, size_t *ret)
{
	struct snapshot *snap = reader->snap;

	if (!reader->indexed) {
		int error = snapshot_index(snap);
		if (error)
			return error;
		reader->indexed = true;
	}
	const struct proc *proc = snapshot_proc_by_pid(snap, (uint32_t)pid);
	if (!proc)
		return record_bad(reader, "an owner that was not described");
	*ret = (size_t)(proc - snap->procs);
	return 0;
}

static int read_owners(struct recording_reader *reader, size_t sock)
{
	struct json_in *in = &reader->in;

	if (!json_in_array(in))
		return -EBADMSG;
	while (json_in_item(in)) {
		uint64_t pid;
		int64_t fd;
		size_t proc = 0;
		if (!json_in_array(in) || !json_in_item(in) ||
		    !json_in_u64(in, UINT32_MAX, &pid) || !json_in_item(in) ||
		    !json_in_i64(in, &fd) || fd < -1 || fd > INT32_MAX || json_in_item(in))
			return record_bad(reader, "expected a pid and a file descriptor");
		int error = owner_index(reader, pid, &proc);
		if (!error)
			error = snapshot_add_owner(reader->snap, sock, proc, (int)fd);
		if (error)
			return error;
	}
	return in->error ? -EBADMSG : 1;
}

static int read_extra(struct recording_reader *reader, size_t sock)
{
	const struct record_shape shape = {.members = extra_members};
	struct sock_extra *extra = snapshot_extra(reader->snap, sock);

	if (!extra)
		return -ENOMEM;
	if (!json_in_object(&reader->in))
		return -EBADMSG;
	int error = record_object(reader, &shape, extra);
	if (!error && extra->tcp_info.len > sizeof(extra->tcp_info.bytes))
		return record_bad(reader, "tcp_info is too long");
	return error ? error : 1;
}

static int read_bind(struct recording_reader *reader, size_t sock)
{
	const struct record_shape shape = {.members = bind_members};
	struct bind_facts *bind = snapshot_bind(reader->snap, sock);

	if (!bind)
		return -ENOMEM;
	if (!json_in_object(&reader->in))
		return -EBADMSG;
	*bind = (struct bind_facts){};
	int error = record_object(reader, &shape, bind);
	return error ? error : 1;
}

static int sock_special(struct recording_reader *reader, const char *key, void *data)
{
	const size_t index = *(size_t *)data;

	if (!strcmp(key, "owners"))
		return read_owners(reader, index);
	if (!strcmp(key, "extra"))
		return read_extra(reader, index);
	if (!strcmp(key, "bind"))
		return read_bind(reader, index);
	return 0;
}

static int read_sock(struct recording_reader *reader)
{
	struct snapshot *snap = reader->snap;
	size_t index = snap->n_socks;
	const struct record_shape shape = {sock_members, sock_special, &index};
	struct sock *sock = snapshot_add_sock(snap);

	if (!sock)
		return -ENOMEM;
	/* Apart from the array, which moves and is indexed while this is read. */
	struct sock read = {};
	int error = record_object(reader, &shape, &read);
	if (error)
		return error;
	if (read.netns >= snap->n_namespaces && (read.netns || snap->n_namespaces))
		return record_bad(reader, "a socket of a namespace that was not described");
	read.first_owner = snap->socks[index].first_owner;
	read.n_owners = snap->socks[index].n_owners;
	snap->socks[index] = read;
	return 0;
}

static const struct {
	const char *kind;
	int (*read)(struct recording_reader *reader);
} kinds[] = {
	{"socket", read_sock},	     {"process", read_process}, {"namespace", read_namespace},
	{"host", record_host},	     {"user", read_user},	{"coverage", read_coverage},
	{"end", read_end},	     {"forward", read_forward},
	{"note", read_note},	     {"translation", read_translation},
};

static int read_record(struct recording_reader *reader)
{
	struct json_in *in = &reader->in;

	if (reader->ended)
		return record_bad(reader, "something stands behind the end");
	if (!json_in_object(in))
		return -EBADMSG;
	if (!json_in_key(in) || strcmp(in->text.text, "kind") != 0)
		return record_bad(reader, "expected \"kind\" first");
	if (!json_in_text(in))
		return -EBADMSG;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++)
		if (!strcmp(kinds[i].kind, in->text.text))
			return kinds[i].read(reader);
	while (json_in_key(in))
		json_in_skip(in);
	return in->error ? -EBADMSG : 0;
}

int recording_line(struct recording_reader *reader, const char *line, size_t len)
{
	struct json_in *in = &reader->in;

	json_in_reset(in, line, len);
	int error = reader->line++ ? read_record(reader) : read_header(reader);
	if (!error && !json_in_end(in))
		error = -EBADMSG;
	if (error == -EBADMSG)
		snprintf(reader->error, sizeof(reader->error), "%s (column %zu)", in->error,
			 (size_t)(in->at - in->start) + 1);
	return error;
}

int recording_finish(struct recording_reader *reader, struct snapshot **ret_snap)
{
	if (!reader->ended) {
		reader->line++;
		snprintf(reader->error, sizeof(reader->error),
			 reader->line == 1 ? "expected a recording of berth"
					   : "the recording is cut off: expected an \"end\" record");
		return -EBADMSG;
	}
	if (!reader->snap->n_namespaces) {
		struct namespace *own = snapshot_add_namespace(reader->snap);
		if (!own)
			return -ENOMEM;
		own->name = "";
		own->is_self = true;
	}
	struct snapshot *snap = reader->snap;
	if (snap->extras && !snapshot_extra(snap, snap->n_socks - 1))
		return -ENOMEM;
	int error = snapshot_index(snap);
	if (error)
		return error;
	*ret_snap = take(reader->snap);
	return 0;
}
