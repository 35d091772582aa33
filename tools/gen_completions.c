/* SPDX-License-Identifier: MIT */
/*
 * Shell completions from the rows that the program itself reads: the words are in the tables; what
 * lives on the machine, berth itself is asked.
 */
#include "gen_completions.h"
#include "commands/command.h"
#include "commands/options.h"

#include <stdio.h>
#include <string.h>

static bool is_default(const struct command *command)
{
	return command == &command_ports;
}

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

/* Options before the command whose value is the next word: "--from%s--netns", say. */
static void word_with_value(const struct option_row *row, void *data)
{
	struct words *words = data;

	if (row->arg && !row->arg_optional)
		printf("%s--%s", words->n++ ? words->separator : "", row->name);
}

static void words_with_value(const char *separator)
{
	struct words words = {.separator = separator};

	options_foreach(&command_ports, word_with_value, &words);
}

static void word_commands(void)
{
	for (size_t i = 0; commands[i]; i++)
		if (!is_default(commands[i]) && !commands[i]->hidden)
			printf(" %s", commands[i]->name);
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

void gen_bash(void)
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
	     "\tfor ((i = 1; i < ${#typed[@]}; i++)); do\n"
	     "\t\tcase ${typed[i]} in");
	printf("\t\t");
	words_with_value("|");
	puts(") ((i++)) ;;\n"
	     "\t\t-*) ;;\n"
	     "\t\t*) command=${typed[i]}; break ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tif [[ $cur == --*=* ]]; then option=${cur%%=*}; cur=${cur#*=}\n"
	     "\telif [[ $previous == --* ]]; then option=$previous\n"
	     "\tfi\n"
	     "\tcase $command in");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			bash_command(commands[i]);
	printf("\thelp) words='");
	word_commands();
	printf("' ;;\n\tesac\n\tif [[ -z $command && $cur != -* && -z $words ]]; then words='help");
	word_commands();
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

void gen_zsh(void)
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
	puts("\t)\n\tlocal -i at=2\n\twhile (( at < CURRENT )); do\n\t\tcase $words[at] in");
	printf("\t\t");
	words_with_value("|");
	puts(") (( at += 2 )) ;;\n\t\t-*) (( at++ )) ;;\n\t\t*) break ;;\n\t\tesac\n\tdone\n"
	     "\tif (( at == CURRENT )) && [[ $words[at] != -* ]]; then\n"
	     "\t\t_describe command commands\n\t\treturn\n\tfi\n"
	     "\tlocal command=\n"
	     "\tif (( at < CURRENT )); then\n"
	     "\t\tcommand=$words[at]\n"
	     "\t\twords[2,at-1]=()\n"
	     "\t\t(( CURRENT -= at - 2 ))\n\tfi\n"
	     "\tcase $command in");
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

void gen_fish(void)
{
	puts("# fish completion for berth; generated from the program's own tables\n"
	     "function __berth_words\n"
	     "\tset -l value (string replace -r -- '^--[^=]*=' '' (commandline -ct))\n"
	     "\tset -l head (string replace -r -- '[^,]*$' '' $value)\n"
	     "\tset -l before (commandline -opc)\n"
	     "\tfor word in (berth complete $argv[1] -- $before[-1] 2>/dev/null)\n"
	     "\t\techo $head$word\n"
	     "\tend\nend\n"
	     "function __berth_command # the one that was typed\n"
	     "\tset -l words (commandline -opc)\n"
	     "\tset -l skip 1\n"
	     "\tfor word in $words\n"
	     "\t\tif test $skip = 1\n"
	     "\t\t\tset skip 0\n"
	     "\t\t\tcontinue\n"
	     "\t\tend\n"
	     "\t\tswitch $word");
	printf("\t\t\tcase ");
	words_with_value(" ");
	puts("\n\t\t\t\tset skip 1\n"
	     "\t\t\tcase '-*'\n"
	     "\t\t\tcase '*'\n"
	     "\t\t\t\techo $word\n"
	     "\t\t\t\treturn\n"
	     "\t\tend\n"
	     "\tend\n"
	     "\techo berth\n"
	     "end\n"
	     "complete -c berth -f");
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];
		char when[80];
		if (command->hidden)
			continue;
		snprintf(when, sizeof(when), "contains -- %s (__berth_command)",
			 is_default(command) ? "berth" : command->name);
		fish_command = when;
		if (!is_default(command)) {
			printf("complete -c berth -n 'contains -- berth (__berth_command)' -a %s -d '",
			       command->name);
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
