/* SPDX-License-Identifier: MIT */
/* Words of /proc/PID/stat by position, lines of /proc/PID/status by name. */
#include "sources/proc_stat.h"
#include "base/numbers.h"

#include <string.h>

enum {
	KERNEL_THREAD = 0x00200000, /* PF_KTHREAD, include/linux/sched.h: part of the ABI by use */
	/* Positions counted from the state, which is field 3 of proc(5). */
	AT_PARENT = 1,
	AT_FLAGS = 6,
	AT_THREADS = 17,
	AT_START = 19,
};

struct words {
	const char *at, *end;
};

/* The next word between blanks; its length in @ret_len. NULL at the end. */
static const char *word_next(struct words *words, size_t *ret_len)
{
	while (words->at < words->end && (*words->at == ' ' || *words->at == '\t'))
		words->at++;
	const char *word = words->at;
	while (words->at < words->end && *words->at != ' ' && *words->at != '\t' &&
	       *words->at != '\n')
		words->at++;
	*ret_len = (size_t)(words->at - word);
	return *ret_len ? word : NULL;
}

static bool stat_numbers(struct words words, struct proc_stat *ret)
{
	uint64_t number = 0;
	size_t len = 0;

	for (int at = 0; at <= AT_START; at++) {
		const char *word = word_next(&words, &len);
		if (!word)
			return false;
		if (at == 0) {
			ret->state = word[0];
			continue;
		}
		if (at != AT_PARENT && at != AT_FLAGS && at != AT_THREADS && at != AT_START)
			continue;
		if (!parse_u64_n(word, len, at == AT_START ? UINT64_MAX : UINT32_MAX, &number))
			return false;
		if (at == AT_PARENT)
			ret->parent = (uint32_t)number;
		else if (at == AT_FLAGS)
			ret->is_kernel = number & KERNEL_THREAD;
		else if (at == AT_THREADS)
			ret->n_threads = (uint32_t)number;
		else
			ret->start_ticks = number;
	}
	return true;
}

bool proc_stat_parse(const char *text, size_t len, struct proc_stat *ret)
{
	struct proc_stat stat = {0};
	uint64_t pid = 0;
	const char *open = memchr(text, '(', len);
	/* The comm is not escaped: only the last parenthesis surely ends it. */
	const char *close = memrchr(text, ')', len);

	if (!open || !close || close < open || open == text || open[-1] != ' ' ||
	    !parse_u64_n(text, (size_t)(open - 1 - text), UINT32_MAX, &pid))
		return false;
	stat.pid = (uint32_t)pid;
	stat.comm = open + 1;
	stat.comm_len = (size_t)(close - open - 1);
	if (!stat_numbers((struct words){close + 1, text + len}, &stat))
		return false;
	*ret = stat;
	return true;
}

/* The text behind "NAME:" at the start of a line. */
static bool status_line(const char *text, size_t len, const char *name, struct words *ret)
{
	const size_t n = strlen(name);
	const char *end = text + len;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		if ((size_t)(stop - line) > n && !memcmp(line, name, n) && line[n] == ':') {
			*ret = (struct words){line + n + 1, stop};
			return true;
		}
		line = stop + 1;
	}
	return false;
}

void proc_status_parse(const char *text, size_t len, struct proc_status *ret)
{
	struct words words;
	uint64_t number = 0;
	size_t n = 0, count = 0;
	const char *word;

	*ret = (struct proc_status){.uid = UINT32_MAX};
	if (status_line(text, len, "Uid", &words) && (word = word_next(&words, &n)) &&
	    parse_u64_n(word, n, UINT32_MAX, &number))
		ret->uid = (uint32_t)number;
	if (!status_line(text, len, "NSpid", &words))
		return;
	number = 0;
	while ((word = word_next(&words, &n))) {
		if (!parse_u64_n(word, n, UINT32_MAX, &number))
			return;
		count++;
	}
	if (count > 1)
		ret->pid_inner = (uint32_t)number;
}
