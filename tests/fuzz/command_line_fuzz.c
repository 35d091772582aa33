/* SPDX-License-Identifier: MIT */
/*
 * Any words as a command line, split at bytes 0xff: it is understood, or told by one line without
 * control bytes. Nothing is run, and no name is looked up (meson.build wraps that).
 */
#include "base/auto.h"
#include "commands/command.h"
#include "commands/like_lsof.h"
#include "commands/list.h"
#include "commands/options.h"
#include "input.h"

#include <netdb.h>
#include <pwd.h>
#include <stdio.h>

enum { WORDS_MAX = 64 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret);
struct servent *__wrap_getservbyname(const char *name, const char *proto);
struct passwd *__wrap_getpwnam(const char *name);

static char *said;
static size_t said_len;

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret)
{
	return EAI_NONAME;
}

struct servent *__wrap_getservbyname(const char *name, const char *proto)
{
	return NULL;
}

struct passwd *__wrap_getpwnam(const char *name)
{
	return NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* libFuzzer has kept the real one. */
	stderr = open_memstream(&said, &said_len);
	if (!stderr)
		abort();
	return 0;
}

static void check_said(int code)
{
	fflush(stderr);
	const char *end = memchr(said, '\n', said_len);

	if (code ? code != EXIT_USAGE || !end || end + 1 != said + said_len : said_len != 0)
		abort();
	if (code && !is_printable(said, said_len - 1))
		abort();
	rewind(stderr);
}

static int understand(const struct invocation *inv)
{
	static const char *const lists[] = {"list", "ss"};

	for (size_t i = 0; i < N_ELEMENTS(lists); i++)
		if (!strcmp(inv->command->name, lists[i])) {
			struct list list = {.inv = inv};
			return list_parse(&list);
		}
	if (!strcmp(inv->command->name, "lsof")) {
		struct lsof lsof = {.inv = inv};
		const int code = lsof_parse(&lsof);
		lsof_release(&lsof);
		return code;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 2] = {"berth"};
	int n = 1;
	size_t n_commands = 0;
	struct input input = {data, size, true};
	const uint8_t which = input_byte(&input);
	struct invocation inv;

	while (input.left && n <= WORDS_MAX) {
		size_t len;
		const uint8_t *word = input_line(&input, &len);
		words[n++] = input_text(word, len);
	}
	while (commands[n_commands])
		n_commands++;
	const struct command *command = commands[which % n_commands];
	char *kept[WORDS_MAX + 2]; /* getopt moves them */
	memcpy(kept, words, sizeof(kept));
	const int end = options_end(command, n, words);
	if (end < 1 || end > n)
		abort();
	int code = invocation_parse(&inv, command, n, words);
	if (!code)
		code = understand(&inv);
	if (!code && inv.command_at > inv.n_operands)
		abort();
	check_said(code);
	invocation_release(&inv);
	for (int i = 1; i < n; i++)
		free(kept[i]);
	return 0;
}
