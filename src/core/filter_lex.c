/* SPDX-License-Identifier: MIT */
/* Unlike ss's, operators and parentheses need no white space around them. */
#include "core/filter_lex.h"
#include "base/arena.h"
#include "base/auto.h"

#include <string.h>
#include <strings.h>

static void skip_space(struct filter_lexer *lexer)
{
	lexer->at += strspn(lexer->text + lexer->at, " \t\n\r");
}

static bool is_word(const struct filter_word *word, const char *text)
{
	return word->len == strlen(text) && !strncasecmp(word->text, text, word->len);
}

static enum filter_token keyword(const struct filter_word *word)
{
	if (is_word(word, "not"))
		return TOKEN_NOT;
	if (is_word(word, "and"))
		return TOKEN_AND;
	return is_word(word, "or") ? TOKEN_OR : TOKEN_WORD;
}

static enum filter_token symbol(const char *text, size_t *ret_len)
{
	*ret_len = 1;
	switch (*text) {
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	case '!':
		return text[1] == '=' || text[1] == '~' ? TOKEN_STRAY : TOKEN_NOT;
	case '&':
	case '|':
		*ret_len = text[1] == text[0] ? 2 : 1;
		return *text == '&' ? TOKEN_AND : TOKEN_OR;
	default:
		return TOKEN_STRAY;
	}
}

enum filter_token filter_next(struct filter_lexer *lexer, struct filter_word *ret)
{
	skip_space(lexer);
	const char *text = lexer->text + lexer->at;
	*ret = (struct filter_word){.text = text, .column = lexer->at + 1};
	if (!*text)
		return TOKEN_END;
	ret->len = strcspn(text, " \t\n\r()!&|=<>~\"'");
	const enum filter_token token = ret->len ? keyword(ret) : symbol(text, &ret->len);
	lexer->at += ret->len;
	return token;
}

static const struct {
	const char *text;
	enum filter_op op;
} symbols[] = {
	/* Longer ones first. */
	{"==", OP_EQ}, {"!=", OP_NE},  {">=", OP_GE}, {"<=", OP_LE}, {"!~", OP_HASNOT},
	{"=", OP_EQ},  {"~", OP_HAS}, {">", OP_GT},  {"<", OP_LT},
}, op_words[] = {
	{"eq", OP_EQ},	{"ne", OP_NE}, {"neq", OP_NE}, {"gt", OP_GT},  {"lt", OP_LT},
	{"ge", OP_GE},	{"geq", OP_GE}, {"le", OP_LE}, {"leq", OP_LE},
};

enum filter_op filter_next_op(struct filter_lexer *lexer, struct filter_word *ret)
{
	skip_space(lexer);
	const char *text = lexer->text + lexer->at;
	*ret = (struct filter_word){.text = text, .column = lexer->at + 1};
	for (size_t i = 0; i < N_ELEMENTS(symbols); i++) {
		ret->len = strlen(symbols[i].text);
		if (strncmp(text, symbols[i].text, ret->len))
			continue;
		lexer->at += ret->len;
		return symbols[i].op;
	}
	ret->len = strcspn(text, " \t\n\r()!&|=<>~\"'");
	for (size_t i = 0; i < N_ELEMENTS(op_words); i++)
		if (is_word(ret, op_words[i].text)) {
			lexer->at += ret->len;
			return op_words[i].op;
		}
	return OP_NONE;
}

/* Behind the quoted part that starts at @text, the closing quote included if there is one. */
static size_t quoted_len(const char *text)
{
	const char *end = strchr(text + 1, *text);

	return end ? (size_t)(end - text) + 1 : strlen(text);
}

bool filter_next_value(struct filter_lexer *lexer, struct filter_word *ret)
{
	skip_space(lexer);
	const char *text = lexer->text + lexer->at;
	size_t len = 0;
	while (text[len] && !strchr(" \t\n\r()&|", text[len])) {
		if (text[len] == '"' || text[len] == '\'')
			len += quoted_len(text + len);
		else
			len += text[len] == '\\' && text[len + 1] ? 2 : 1;
	}
	*ret = (struct filter_word){.text = text, .len = len, .column = lexer->at + 1};
	if (!len || keyword(ret) != TOKEN_WORD)
		return false;
	lexer->at += len;
	return true;
}

char *filter_unquote(const struct filter_word *word, bool as_pattern, struct arena *arena)
{
	char *copy = arena_alloc(arena, 2 * word->len + 1), *to = copy;
	char quote = 0;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < word->len; i++) {
		const char c = word->text[i];
		if (c == quote) {
			quote = 0;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else {
			const bool escaped = !quote && c == '\\' && i + 1 < word->len;
			const char plain = escaped ? word->text[++i] : c;
			if (as_pattern && (quote || escaped) && strchr("*?[]\\", plain))
				*to++ = '\\';
			*to++ = plain;
		}
	}
	*to = '\0';
	return copy;
}
