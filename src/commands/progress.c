/* SPDX-License-Identifier: MIT */
/* A signal that ends the program erases the line as well. */
#include "commands/progress.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "commands/command.h"
#include "render/width.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { PATIENCE_MS = 300, PAUSE_MS = 100 };

static const char ERASE[] = "\r\033[K"; /* ECMA-48 EL */
static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void erase_and_die(int signal)
{
	ssize_t ignored = write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1);

	(void)ignored;
	raise(signal); /* delivered on return, with the default action (SA_RESETHAND) */
}

static void handle_signals(bool on)
{
	const struct sigaction ours = {.sa_handler = erase_and_die, .sa_flags = (int)SA_RESETHAND};
	const struct sigaction none = {.sa_handler = SIG_DFL};
	struct sigaction old;

	/* Signals that somebody ignores or handles stay theirs. */
	for (size_t i = 0; i < N_ELEMENTS(fatal); i++)
		if (!sigaction(fatal[i], NULL, &old) &&
		    old.sa_handler == (on ? SIG_DFL : erase_and_die))
			sigaction(fatal[i], on ? &ours : &none, NULL);
}

void progress_start(struct progress *progress, const struct invocation *inv)
{
	const char *term = getenv("TERM");
	const bool json = inv && inv->command && (option_given(inv, "json") || option_given(inv, "ndjson"));

	*progress = (struct progress){.started_ms = now_ms()};
	progress->wanted = !json && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_say(struct progress *progress, const char *format, ...)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT, line = STRBUF_INIT;
	struct winsize size = {};
	const uint64_t now = now_ms();
	char raw[256];
	va_list args;
	size_t used;

	if (!progress->wanted || now - progress->started_ms < PATIENCE_MS ||
	    (progress->shown && now - progress->written_ms < PAUSE_MS))
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	escape_add(&text, raw, strlen(raw));
	const unsigned columns =
		!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
	strbuf_add_text(&line, ERASE);
	strbuf_add(&line, text.text, width_fit(text.text, text.len, columns - 1, &used));
	if (!progress->shown)
		handle_signals(true);
	progress->shown = true;
	progress->written_ms = now;
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		progress->wanted = false;
}

void progress_end(struct progress *progress)
{
	if (!progress->shown)
		return;
	progress->shown = false;
	if (write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1) < 0)
		progress->wanted = false;
	handle_signals(false);
}
