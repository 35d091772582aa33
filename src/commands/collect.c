/* SPDX-License-Identifier: MIT */
/* The same request goes to the kernel or to a recording. */
#include "commands/collect.h"
#include "commands/command.h"
#include "base/auto.h"
#include "base/line_in.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/pair.h"
#include "core/snapshot.h"
#include "record/reader.h"
#include "sources/sources.h"

#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* A line is one socket with its holders, some ten bytes each, or one process. */
enum { MAX_LINE = 64 << 20 };

static int read_lines(const struct invocation *inv, const char *path, FILE *file,
		      struct snapshot **ret_snap)
{
	AUTO(recording_reader_release) struct recording_reader reader;
	AUTO(freep) char *line = NULL;
	size_t room = 0;
	ssize_t len = 0;
	int error = recording_reader_init(&reader);

	while (!error && (len = line_in_read(file, &line, &room, MAX_LINE)) >= 0)
		error = recording_line(&reader, line, (size_t)len);
	if (len == -E2BIG)
		return usage_error(inv, "%s:%llu: a line of more than %d MiB is no recording", path,
				   (unsigned long long)reader.line + 1, MAX_LINE >> 20);
	if (len == -EISDIR)
		return usage_error(inv, "cannot read %s: %s", path, strerror(EISDIR));
	if (len < 0 && len != -ENODATA)
		return failure(inv, "cannot read %s: %s", path, strerror(-(int)len));
	if (!error)
		error = recording_finish(&reader, ret_snap);
	if (error == -EBADMSG)
		return usage_error(inv, "%s:%llu: %s", path, (unsigned long long)reader.line,
				   reader.error);
	return error ? failure(inv, "%s", strerror(-error)) : 0;
}

/* A namespace of a recording, as --netns NAME, PID or INODE means it. */
static bool namespace_is(const struct namespace *netns, const char *asked)
{
	uint64_t number;

	if (!strcmp(netns->name, asked))
		return true;
	return parse_u64(asked, UINT64_MAX, &number) && number &&
	       (netns->inode == number || netns->pid == number);
}

/* What the sources do for the machine. */
static int choose_namespaces(const struct invocation *inv, const struct request *request,
			     struct snapshot *snap)
{
	bool found = false;

	assert(snap);
	for (size_t i = 0; i < snap->n_namespaces; i++) {
		struct namespace *netns = &snap->namespaces[i];
		switch (request->netns_choice) {
		case NETNS_DEFAULT:
		case NETNS_ALL:
			netns->wanted = true;
			break;
		case NETNS_SELF:
			netns->wanted = i == 0;
			break;
		case NETNS_ONE:
			netns->wanted = namespace_is(netns, request->netns);
			break;
		}
		found |= netns->wanted;
	}
	return found ? 0 : usage_error(inv, "no network namespace '%s' in the recording",
				       request->netns);
}

static int read_recording(const struct invocation *inv, const struct request *request,
			  const char *path, struct snapshot **ret_snap)
{
	const bool is_stdin = !strcmp(path, "-");
	AUTO(fclosep) FILE *file = is_stdin ? fdopen(STDIN_FILENO, "r") : fopen(path, "re");

	if (!file)
		return usage_error(inv, "cannot open %s: %s", path, strerror(errno));
	if (is_stdin)
		path = "standard input";
	int code = read_lines(inv, path, file, ret_snap);
	if (!code)
		code = choose_namespaces(inv, request, *ret_snap);
	if (code) {
		snapshot_free(*ret_snap);
		*ret_snap = NULL;
	}
	return code;
}

static int request_from_options(const struct invocation *inv, struct request *request)
{
	const char *netns = option_value(inv, "netns");
	const char *source = option_value(inv, "source");

	if (netns && !strcmp(netns, "self")) {
		request->netns_choice = NETNS_SELF;
	} else if (netns && !strcmp(netns, "all")) {
		request->netns_choice = NETNS_ALL;
	} else if (netns) {
		request->netns_choice = NETNS_ONE;
		request->netns = netns;
	}
	if (source && strcmp(source, "bpf") != 0 && strcmp(source, "sock_diag") != 0 &&
	    strcmp(source, "proc") != 0)
		return usage_error(inv, "--source is bpf, sock_diag or proc, not '%s'", source);
	request->source = source;
	return 0;
}

static int read_machine(const struct invocation *inv, const struct request *request,
			struct snapshot **ret_snap)
{
	int error = sources_collect(request, ret_snap);

	if (error == -ENOENT && request->netns_choice == NETNS_ONE)
		return usage_error(inv, "no network namespace '%s'", request->netns);
	return error ? failure(inv, "cannot read the sockets: %s", strerror(-error)) : 0;
}

/* The other end of a socket has another port, perhaps another state and family. */
static void widen_for_pairs(struct request *request)
{
	request->states = STATES_ALL;
	request->ipv4 = request->ipv6 = true;
	request->local_port = 0;
}

int collect(const struct invocation *inv, struct request *request, struct snapshot **ret_snap)
{
	const char *from = option_value(inv, "from");
	int code = request_from_options(inv, request);

	*ret_snap = NULL;
	if (code)
		return code;
	if (request->facts & FACT_PAIRS)
		widen_for_pairs(request);
	if (from)
		code = read_recording(inv, request, from, ret_snap);
	else
		code = read_machine(inv, request, ret_snap);
	if (!code && request->facts & FACT_PAIRS && snapshot_pair(*ret_snap))
		code = failure(inv, "%s", strerror(ENOMEM));
	return code;
}

bool collect_wants(const struct snapshot *snap, const struct sock *sock)
{
	const struct namespace *netns = &snap->namespaces[sock->netns];

	return sock->netns >= snap->n_namespaces || (netns->wanted && !netns->beside);
}

static void add_user(struct snapshot *snap, uint32_t uid, uint32_t *last)
{
	if (uid == *last || uid == UINT32_MAX)
		return;
	*last = uid;
	if (snapshot_user_name(snap, uid))
		return;
	const struct passwd *entry = getpwuid(uid);
	/* A uid without a name is remembered as its number: asking again would be as slow. */
	char number[U64_TEXT_SIZE];
	number[format_u64(number, uid)] = '\0';
	snapshot_add_user(snap, uid, entry ? entry->pw_name : number);
}

void collect_user_names(const struct invocation *inv, struct snapshot *snap)
{
	uint32_t last = UINT32_MAX;

	if (option_given(inv, "from"))
		return;
	for (size_t i = 0; i < snap->n_socks; i++)
		add_user(snap, snap->socks[i].uid, &last);
	for (size_t i = 0; i < snap->n_procs; i++)
		add_user(snap, snap->procs[i].uid, &last);
}
