/* SPDX-License-Identifier: MIT */
/*
 * Prints manual pages (scdoc) and shell completions from the rows that the program itself reads:
 *	gen_docs man [COMMAND] | bash | zsh | fish | commands
 */
#include "base/auto.h"
#include "commands/command.h"
#include "commands/options.h"
#include "core/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool is_default(const struct command *command)
{
	return !strcmp(command->name, "ports");
}

/* scdoc takes \ before any punctuation as "this very character". */
static void scd(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("\\*_#.-|~<>[]`'", text[i]))
			putchar('\\');
		putchar(text[i]);
	}
}

static void scd_text(const char *text)
{
	scd(text, strlen(text));
}

/*
 * A paragraph as one line: a line that began with a quote would be a macro to roff. Empty lines stay.
 */
static void scd_paragraphs(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n' && text[1] && text[1] != '\n' && text[-1] != '\n')
			putchar(' ');
		else
			scd(text, 1);
	}
}

static void man_option(const struct option_row *row, void *data)
{
	printf("\n");
	if (row->letter)
		printf("*-%c*, ", row->letter);
	printf("*--");
	scd_text(row->name);
	printf("*");
	if (row->arg) {
		printf(row->arg_optional ? "[=" : "=");
		printf("_");
		scd_text(row->arg);
		printf(row->arg_optional ? "_]" : "_");
	}
	printf("\n\t");
	scd_text(row->help);
	printf("\n");
}

static void man_examples(const char *at)
{
	printf("\n# EXAMPLES\n");
	while (*at) {
		const char *tab = strchr(at, '\t'), *end = strchr(at, '\n');
		if (!tab || !end || tab > end)
			return;
		printf("\n*");
		scd(at, (size_t)(tab - at));
		printf("*\n\t");
		scd(tab + 1, (size_t)(end - tab - 1));
		printf("\n");
		at = end + 1;
	}
}

static void man_columns(void)
{
	printf("\n# COLUMNS\n\nNames for *--columns* and *--sort*, in filters, and as keys in JSON.\n");
	for (size_t i = 0; fields[i]; i++) {
		printf("\n*");
		scd_text(fields[i]->name);
		printf("*\n\t");
		scd_text(fields[i]->help);
		printf("\n");
	}
}

static void man_exit_codes(void)
{
	puts("\n# EXIT STATUS\n\n*0*\n\tyes: found, works\n\n*1*\n\tno: not found, does not work\n\n"
	     "*2*\n\twrong usage\n\n*3*\n\tcould not find out");
}

static void man_command(const struct command *command)
{
	printf("berth-%s(1)\n\n# NAME\n\nberth-%s - ", command->name, command->name);
	scd_text(command->summary);
	printf("\n\n# SYNOPSIS\n\n*berth%s%s* ", is_default(command) ? "" : " ",
	       is_default(command) ? "" : command->name);
	scd_text(command->args);
	printf("\n");
	if (command->help) {
		printf("\n# DESCRIPTION\n\n");
		scd_paragraphs(command->help);
	}
	printf("\n# OPTIONS\n");
	options_foreach(command, man_option, NULL);
	if (command->groups & OPTIONS_COLUMNS)
		man_columns();
	man_exit_codes();
	if (command->examples)
		man_examples(command->examples);
	printf("\n# SEE ALSO\n\n*berth*(1)\n");
}

static void man_program(void)
{
	puts("berth(1)\n\n# NAME\n\nberth - who has this port, who gets this packet, and why doesn't it work\n\n"
	     "# SYNOPSIS\n\n*berth* \\[COMMAND\\] \\[OPTIONS\\] \\[ARGUMENTS\\]\n\n# DESCRIPTION\n\n"
	     "Without a command, *berth* lists the ports that are open on this machine, with their owners.\n"
	     "Each command has a page of its own.\n\n# COMMANDS");
	for (size_t i = 0; commands[i] && !commands[i]->hidden; i++) {
		printf("\n*berth-%s*(1)\n\t", commands[i]->name);
		scd_text(commands[i]->summary);
		printf("\n");
	}
	man_exit_codes();
	puts("\n# ENVIRONMENT\n\n*NO\\_COLOR*\n\tno colour unless *--color=always*\n\n"
	     "*PAGER*\n\twhat shows long output on a terminal\n\n# SEE ALSO\n\n"
	     "*ss*(8), *lsof*(8), *fuser*(1), *bind*(2), *connect*(2), *ip*(7), *tcp*(7), *udp*(7)");
}

/* --- completions: the words are in the tables; what lives on the machine, berth itself is asked. */

struct words {
	const char *separator;
	size_t n;
};

static void word_option(const struct option_row *row, void *data)
{
	struct words *words = data;

	printf("%s--%s%s", words->n++ ? words->separator : "", row->name,
	       row->arg && !row->arg_optional ? "=" : "");
}

static void bash_values(const struct option_row *row, void *data)
{
	if (!row->values)
		return;
	if (*row->values == '@')
		printf("\t\t--%s) words=$(berth complete %s -- \"$previous\" 2>/dev/null) ;;\n", row->name,
		       row->values + 1);
	else
		printf("\t\t--%s) words='%s' ;;\n", row->name, row->values);
}

static void bash_command(const struct command *command)
{
	struct words words = {.separator = " "};

	printf("\t%s)\n\t\toptions='", is_default(command) ? "''" : command->name);
	options_foreach(command, word_option, &words);
	printf("'\n\t\tcase $option in\n");
	options_foreach(command, bash_values, NULL);
	printf("\t\t*) ");
	if (command->operands && *command->operands == '@')
		printf("words=$(berth complete %s -- \"$previous\" 2>/dev/null)", command->operands + 1);
	else
		printf("words=");
	printf(" ;;\n\t\tesac\n\t\t;;\n");
}

static void bash_all(void)
{
	/* The line is split anew: readline's own words end at colons and equal signs. */
	puts("# bash completion for berth; generated from the program's own tables\n"
	     "_berth() {\n"
	     "\tlocal line=${COMP_LINE:0:COMP_POINT} cur previous head i\n"
	     "\tlocal command='' option='' words='' options=''\n"
	     "\tlocal -a typed\n"
	     "\tread -ra typed <<<\"$line\"\n"
	     "\tcur=${line##*[[:space:]]}\n"
	     "\t[[ -n $cur ]] && unset 'typed[-1]'\n"
	     "\tprevious=${typed[-1]}\n"
	     "\t[[ ${#typed[@]} -gt 1 && ${typed[1]} != -* ]] && command=${typed[1]}\n"
	     "\tif [[ $cur == --*=* ]]; then option=${cur%%=*}; cur=${cur#*=}\n"
	     "\telif [[ $previous == --* ]]; then option=$previous\n"
	     "\tfi\n"
	     "\tcase $command in");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			bash_command(commands[i]);
	printf("\tesac\n\tif [[ ${#typed[@]} -eq 1 && $cur != -* && -z $option ]]; then words='help");
	for (size_t i = 0; commands[i]; i++)
		if (!is_default(commands[i]) && !commands[i]->hidden)
			printf(" %s", commands[i]->name);
	puts("'; fi\n"
	     "\t[[ $cur == -* ]] && words=$options\n"
	     "\tif [[ $words == @file ]]; then\n"
	     "\t\tcompopt -o filenames\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\thead=${cur%\"${cur##*,}\"}\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${cur##*,}\")\n"
	     "\tfor i in \"${!COMPREPLY[@]}\"; do\n"
	     "\t\tCOMPREPLY[i]=$head${COMPREPLY[i]}\n"
	     "\t\t# readline replaces only what stands behind the last colon\n"
	     "\t\t[[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY[i]=${COMPREPLY[i]#\"${cur%\"${cur##*:}\"}\"}\n"
	     "\tdone\n"
	     "\t[[ ${COMPREPLY[0]-} == *[=:] ]] && compopt -o nospace\n"
	     "}\n"
	     "complete -F _berth berth");
}

/* Text inside '...' of zsh and fish: no quotes, and for zsh's specs no brackets or colons. */
static void quoted(const char *text, const char *forbidden)
{
	for (; *text; text++)
		putchar(strchr(forbidden, *text) ? ' ' : *text);
}

static void zsh_option(const struct option_row *row, void *data)
{
	printf("\t\t\t'--%s%s[", row->name, !row->arg ? "" : row->arg_optional ? "=-" : "=");
	quoted(row->help, "'[]:");
	printf("]");
	if (row->arg) {
		printf("%s%s:", row->arg_optional ? "::" : ":", row->arg);
		if (!row->values)
			;
		else if (!strcmp(row->values, "@file"))
			printf("_files");
		else if (!strcmp(row->values, "@columns"))
			printf("{_values -s , column ${(f)\"$(berth complete columns 2>/dev/null)\"}}");
		else if (*row->values == '@')
			printf("{compadd -- ${(f)\"$(berth complete %s 2>/dev/null)\"}}", row->values + 1);
		else
			printf("(%s)", row->values);
	}
	printf("' \\\n");
}

static void zsh_all(void)
{
	puts("#compdef berth\n# zsh completion for berth; generated from the program's own tables\n"
	     "_berth() {\n\tlocal -a commands\n\tcommands=(");
	for (size_t i = 0; commands[i]; i++) {
		if (is_default(commands[i]) || commands[i]->hidden)
			continue;
		printf("\t\t'%s:", commands[i]->name);
		quoted(commands[i]->summary, "':");
		puts("'");
	}
	puts("\t)\n\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
	     "\t\t_describe command commands\n\t\treturn\n\tfi\n\tlocal command=$words[2]\n\tcase $command in");
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; commands[i]; i++) {
			const struct command *command = commands[i];
			if (command->hidden || is_default(command) != (pass == 1))
				continue;
			printf("\t%s)\n\t\t_arguments -s \\\n", is_default(command) ? "*" : command->name);
			options_foreach(command, zsh_option, NULL);
			if (command->operands && !strcmp(command->operands, "@file"))
				puts("\t\t\t'*:file:_files'");
			else if (command->operands && *command->operands == '@')
				printf("\t\t\t'*:word:{compadd -- ${(f)\"$(berth complete %s -- $words[CURRENT-1] 2>/dev/null)\"}}'\n",
				       command->operands + 1);
			else
				puts("\t\t\t'*: :'");
			puts("\t\t;;");
		}
	puts("\tesac\n}\n_berth \"$@\"");
}

static const char *fish_command;

static void fish_option(const struct option_row *row, void *data)
{
	printf("complete -c berth -n '%s' -l %s", fish_command, row->name);
	if (row->letter)
		printf(" -s %c", row->letter);
	if (row->arg && !row->arg_optional)
		printf(" -r");
	if (row->values && !strcmp(row->values, "@file"))
		printf(" -F");
	else if (row->values && *row->values == '@')
		printf(" -f -a '(__berth_words %s)'", row->values + 1);
	else if (row->values)
		printf(" -f -a '%s'", row->values);
	printf(" -d '");
	quoted(row->help, "'");
	puts("'");
}

static void fish_all(void)
{
	puts("# fish completion for berth; generated from the program's own tables\n"
	     "function __berth_words\n"
	     "\tset -l value (string replace -r -- '^--[^=]*=' '' (commandline -ct))\n"
	     "\tset -l head (string replace -r -- '[^,]*$' '' $value)\n"
	     "\tset -l before (commandline -opc)\n"
	     "\tfor word in (berth complete $argv[1] -- $before[-1] 2>/dev/null)\n"
	     "\t\techo $head$word\n"
	     "\tend\nend\n"
	     "complete -c berth -f");
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];
		char when[80];
		if (command->hidden)
			continue;
		snprintf(when, sizeof(when), "%s%s",
			 is_default(command) ? "__fish_use_subcommand" : "__fish_seen_subcommand_from ",
			 is_default(command) ? "" : command->name);
		fish_command = when;
		if (!is_default(command)) {
			printf("complete -c berth -n __fish_use_subcommand -a %s -d '", command->name);
			quoted(command->summary, "'");
			puts("'");
		}
		options_foreach(command, fish_option, NULL);
		if (command->operands && !strcmp(command->operands, "@file"))
			printf("complete -c berth -n '%s' -F\n", when);
		else if (command->operands && *command->operands == '@')
			printf("complete -c berth -n '%s' -a '(__berth_words %s)'\n", when,
			       command->operands + 1);
	}
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const struct command *command = argc > 2 ? find(argv[2]) : NULL;

	if (!strcmp(what, "man") && command)
		man_command(command);
	else if (!strcmp(what, "man") && argc == 2)
		man_program();
	else if (!strcmp(what, "bash"))
		bash_all();
	else if (!strcmp(what, "zsh"))
		zsh_all();
	else if (!strcmp(what, "fish"))
		fish_all();
	else if (!strcmp(what, "commands"))
		for (size_t i = 0; commands[i]; i++) {
			if (!commands[i]->hidden)
				puts(commands[i]->name);
		}
	else
		return 2;
	return 0;
}
