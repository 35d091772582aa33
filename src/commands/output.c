/* SPDX-License-Identifier: MIT */
/* The one place that writes to standard output in bulk. */
#include "commands/output.h"
#include "commands/command.h"
#include "base/numbers.h"
#include "render/color.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int output_to_fd(void *data, const char *bytes, size_t len)
{
	const int *fd = data;

	while (len) {
		ssize_t n = write(*fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* COLUMNS wins over the terminal, as in ls and ps; without a terminal it does nothing. */
static void measure_screen(struct output *output)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {};
	uint64_t number;

	output->screen = 80;
	if (!ioctl(output->fd, TIOCGWINSZ, &size) && size.ws_col) {
		output->screen = size.ws_col;
		output->lines = size.ws_row;
	}
	if (columns && parse_u64(columns, 10000, &number) && number)
		output->screen = (unsigned)number;
}

int output_open(struct output *output, const struct invocation *inv)
{
	const char *when = option_value(inv, "color");

	*output = (struct output){.fd = STDOUT_FILENO};
	out_init(&output->out, output_to_fd, &output->fd);
	/* A closed pipe is an answer of write(), not a reason to die before the pager is reaped. */
	signal(SIGPIPE, SIG_IGN);
	output->json = option_given(inv, "json");
	output->ndjson = option_given(inv, "ndjson");
	output->headings = !option_given(inv, "no-headings");
	if (output->json && output->ndjson)
		return usage_error(inv, "--json and --ndjson exclude each other");
	const bool is_tty = isatty(output->fd);
	if (is_tty)
		measure_screen(output);
	output->may_page = is_tty && !output->json && !output->ndjson &&
			   !option_given(inv, "no-pager");
	if (!when && option_given(inv, "color"))
		when = "always";
	if (color_choose(when, getenv("NO_COLOR"), getenv("TERM"), is_tty, &output->color))
		return usage_error(inv, "--color is auto, always or never, not '%s'", when);
	if (output->json || output->ndjson)
		output->color = false;
	return 0;
}

/* In the child: never returns. A pager that is not installed must not swallow the answer. */
static void run_pager(const char *pager, int from)
{
	dup2(from, STDIN_FILENO);
	signal(SIGPIPE, SIG_DFL);
	setenv("LESS", "FRSX", 0);
	execl("/bin/sh", "sh", "-c", "eval \"$1\"; [ $? != 127 ] || exec cat", "sh", pager,
	      (char *)NULL);
	_exit(127);
}

/* Started only when there is something to page through: most answers fit and stay fast. */
void output_page(struct output *output, size_t n_lines)
{
	const char *pager = getenv("PAGER");
	int ends[2];

	if (!output->may_page || !output->lines || n_lines < output->lines)
		return;
	if (!pager || !*pager)
		pager = "less -FRSX 2>/dev/null";
	if (!strcmp(pager, "cat") || pipe(ends))
		return;
	pid_t child = fork();
	if (!child) {
		close(ends[1]);
		run_pager(pager, ends[0]);
	}
	close(ends[0]);
	if (child < 0) {
		close(ends[1]);
		return;
	}
	output->pager = child;
	output->fd = ends[1];
}

int output_close(struct output *output, const struct invocation *inv, int code)
{
	int error = out_flush(&output->out);
	int status;

	if (output->pager) {
		close(output->fd);
		while (waitpid(output->pager, &status, 0) < 0 && errno == EINTR)
			;
	}
	out_release(&output->out);
	if (error && error != -EPIPE)
		return failure(inv, "cannot write the answer: %s", strerror(-error));
	return code;
}
