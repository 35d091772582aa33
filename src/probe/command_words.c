/* SPDX-License-Identifier: MIT */
/* Host names in a command line. */
#include "probe/command_words.h"
#include "core/addr.h"

#include <ctype.h>
#include <string.h>

static bool is_name(const char *text, size_t len, bool needs_dot)
{
	bool letter = false, dot = false;

	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '.' && text[i] != '_')
			return false;
		letter = letter || isalpha((unsigned char)text[i]);
		dot = dot || text[i] == '.';
	}
	return len && letter && (dot || !needs_dot) && text[0] != '-' && text[0] != '.';
}

static bool host_of(const char *word, const char **ret_start, size_t *ret_len)
{
	const char *scheme = strstr(word, "://"), *start = scheme ? scheme + 3 : word;
	const char *at = strchr(start, '@');
	bool sure = scheme || at;

	if (at)
		start = at + 1;
	size_t len = strcspn(start, ":/");
	if (!scheme && start[len] == '/')
		return false; /* a path */
	if (start[len] == ':' && isdigit((unsigned char)start[len + 1]))
		sure = true;
	*ret_start = start;
	*ret_len = len;
	return is_name(start, len, !sure);
}

bool command_name(char *const *words, char *name, size_t size)
{
	for (size_t i = 1; words[0] && words[i]; i++) {
		const char *start;
		size_t len;
		if (*words[i] == '-' || !host_of(words[i], &start, &len) || len >= size)
			continue;
		memcpy(name, start, len);
		name[len] = '\0';
		return true;
	}
	return false;
}
