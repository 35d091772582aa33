/* SPDX-License-Identifier: MIT */
/* Mistyped words, and the words of other tools. */
#include "commands/meant.h"
#include "commands/command.h"
#include "commands/options.h"
#include "base/auto.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 64 };

/* What the same thing is called elsewhere. */
static const struct {
	const char *word, *ours;
} habits[] = {
	{"ls", "list"},	       {"ps", "list"},	     {"show", "list"},	    {"sockets", "list"},
	{"netstat", "list"},   {"find", "who"},	     {"which", "who"},	    {"pid", "who"},
	{"owner", "who"},      {"kill", "free"},     {"stop", "free"},	    {"close", "free"},
	{"explain", "why"},    {"check", "why"},     {"diagnose", "why"},   {"connect", "why connect"},
	{"bind", "why bind"},  {"inbound", "why inbound"}, {"ping", "why connect"},
	{"traceroute", "trace"}, {"tcptraceroute", "trace"}, {"mtr", "trace"}, {"record", "save"},
	{"dump", "save"},      {"version", "--version"},
};

int unknown_command(const char *word)
{
	struct nearest nearest = {.typed = word};
	const char *ours = NULL;

	for (size_t i = 0; i < N_ELEMENTS(habits) && !ours; i++)
		if (!strcmp(habits[i].word, word))
			ours = habits[i].ours;
	for (size_t i = 0; commands[i] && !ours; i++)
		if (!commands[i]->hidden)
			nearest_try(&nearest, commands[i]->name);
	if (!ours)
		ours = nearest.found;
	if (ours)
		return usage_error(NULL, "no command '%s'; did you mean 'berth %s'?", word, ours);
	if (!*word)
		return usage_error(NULL, "an empty word is no command; see 'berth --help'");
	return usage_error(NULL, "no command '%s'; did you mean 'berth who %s'? See 'berth --help'",
			   word, word);
}

struct search {
	struct nearest nearest;
	const char *begins[2]; /* options that begin with the word: an abbreviation of both */
	unsigned n_begin;
	char letter;
	bool has_letter;
};

static void search(const struct option_row *row, void *data)
{
	struct search *search = data;

	if (!strncmp(row->name, search->nearest.typed, strlen(search->nearest.typed)) &&
	    search->n_begin < 2)
		search->begins[search->n_begin++] = row->name;
	nearest_try(&search->nearest, row->name);
	search->has_letter = search->has_letter || row->letter == search->letter;
}

/* "berth -tlnp", "berth --pairs": by ss's letters and its options a list is meant. */
static bool is_of_list(const struct invocation *inv, char letter, const char *name)
{
	const struct command *list = NULL;
	struct search has = {.nearest.typed = name, .letter = letter};

	if (inv->command != &command_ports)
		return false;
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, "list"))
			list = commands[i];
	if (list)
		options_foreach(list, search, &has);
	return letter ? has.has_letter : has.nearest.found && !strcmp(has.nearest.found, name);
}

int unknown_option(const struct invocation *inv, const char *word, char letter)
{
	char name[MAX_NAME];

	if (letter && is_of_list(inv, letter, ""))
		return usage_error(inv, "unknown option -%c; did you mean 'berth list %s'?", letter,
				   *word == '-' ? word : "...");
	if (letter)
		return usage_error(inv, "unknown option -%c; see 'berth %s --help'", letter,
				   inv->command->name);
	word += strspn(word, "-");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (is_of_list(inv, 0, name))
		return usage_error(inv, "unknown option --%s; did you mean 'berth list --%s'?", name,
				   word);
	struct search found = {.nearest.typed = name};
	options_foreach(inv->command, search, &found);
	if (found.n_begin > 1 && *name)
		return usage_error(inv, "--%s is short for --%s and --%s", name, found.begins[0],
				   found.begins[1]);
	if (found.nearest.found)
		return usage_error(inv, "unknown option --%s; did you mean --%s?", name,
				   found.nearest.found);
	return usage_error(inv, "unknown option --%s; see 'berth %s --help'", name,
			   inv->command->name);
}
