/* SPDX-License-Identifier: MIT */
/* The first error is the one to tell: what follows it is mostly its consequence. */
#include "core/parse_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int parse_fail(struct parse_error *error, size_t column, const char *format, ...)
{
	va_list args;

	if (!error || error->column)
		return -EINVAL;
	error->column = column;
	int n = snprintf(error->text, sizeof(error->text), "column %zu: ", column);
	va_start(args, format);
	vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}
