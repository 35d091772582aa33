/* SPDX-License-Identifier: MIT */
/* berth save: the machine's sockets into a file that every command answers from. */
#include "commands/save.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/out.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "record/redact.h"
#include "record/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_file(const struct snapshot *snap, int fd)
{
	AUTO(out_release) struct out out;

	out_init(&out, output_to_fd, &fd);
	return recording_write(snap, &out);
}

/* A device or a pipe is written to: renaming over it would put a file in its place. */
static int save_into(const struct snapshot *snap, const char *path)
{
	AUTO(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : write_file(snap, fd);
}

/* Beside the target and renamed, so that a full disk leaves no half recording under its name. */
static int save_beside(const struct snapshot *snap, const char *path)
{
	AUTO(freep) char *draft = NULL;

	if (asprintf(&draft, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	/* mkostemp makes it readable by its owner only: command lines may hold secrets. */
	AUTO(closep) int fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = write_file(snap, fd);
	if (!error && rename(draft, path))
		error = -errno;
	if (error)
		unlink(draft);
	return error;
}

int save_snapshot(const struct snapshot *snap, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return save_beside(snap, path);
	if (!S_ISREG(st.st_mode))
		return save_into(snap, path);
	/* Behind a symbolic link, so that the link stays one. */
	AUTO(freep) char *target = realpath(path, NULL);
	return target ? save_beside(snap, target) : -errno;
}

static int save_run(const struct invocation *inv)
{
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_HOST | FACT_TCP_INFO |
			 FACT_SKMEM | FACT_SOCKOPT | FACT_CGROUP | FACT_REUSE | FACT_CONTAINERS | FACT_NOTES |
			 FACT_NAT | FACT_TRANSLATIONS,
		.protos = PROTOS_ALL,
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
	};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;

	if (inv->n_operands != 1)
		return usage_error(inv, "name one file to write, or '-' for standard output");
	const char *path = inv->operands[0];
	int code = collect(inv, &request, &snap);
	if (code)
		return code;
	const bool hide = option_given(inv, "redact");
	if (!hide)
		collect_user_names(inv, snap);
	else if (redact(snap))
		return failure(inv, "out of memory");
	int error = strcmp(path, "-") != 0 ? save_snapshot(snap, path) : write_file(snap, STDOUT_FILENO);
	if (error && error != -EPIPE)
		return failure(inv, "cannot write %s: %s", path, strerror(-error));
	coverage_print(inv, snap);
	return EXIT_YES;
}

static const struct option_row save_options[] = {
	{"redact", 0, NULL, false,
	 "for bug reports: without command lines, paths, names of users and public addresses", NULL},
	{},
};

const struct command command_save = {
	.name = "save",
	.args = "[OPTIONS] FILE",
	.summary = "Write all sockets and their owners to a file",
	.help = "Any command answers from such a file with --from FILE, so that a question can be\n"
		"asked later or elsewhere. The file is readable by you alone: it holds command lines.\n"
		"Its format is described in docs/recording-format.md.\n",
	.examples = "berth save now.ndjson\tKeep what there is now\n"
		    "berth list -ta --from now.ndjson\tAsk it later\n"
		    "berth save --redact bug.ndjson\tTo send with a bug report\n"
		    "ssh host berth save - | berth --from -\tOpen ports of another machine\n",
	.options = save_options,
	.groups = OPTIONS_SNAPSHOT,
	.operands = "@file",
	.run = save_run,
};
