/* SPDX-License-Identifier: MIT */
/* What is wrong with a text someone typed: one clear line that says where. */
#ifndef BERTH_CORE_PARSE_ERROR_H
#define BERTH_CORE_PARSE_ERROR_H

#include <stddef.h>

struct parse_error {
	size_t column;	/* 1: the first byte */
	char text[200]; /* "column 12: expected a port after 'sport ='"; holds the user's raw bytes */
};

/* Set @error unless an earlier one is set; returns -EINVAL. @error may be NULL. */
int parse_fail(struct parse_error *error, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
