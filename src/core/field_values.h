/* SPDX-License-Identifier: MIT */
/* How the getters of fields set a value; for the fields_*.c files. */
#ifndef BERTH_CORE_FIELD_VALUES_H
#define BERTH_CORE_FIELD_VALUES_H

#include <string.h>

#include "core/fields.h"

static inline bool value_number(struct value *ret, uint64_t number)
{
	ret->number = number;
	return true;
}

static inline bool value_seconds(struct value *ret, double seconds)
{
	ret->seconds = seconds;
	return true;
}

/* False for NULL and "": no text is no value. */
static inline bool value_text(struct value *ret, const char *text)
{
	if (!text || !*text)
		return false;
	ret->text = text;
	ret->len = strlen(text);
	return true;
}

/* What was written to ret->scratch becomes the value. */
static inline bool value_scratch(struct value *ret)
{
	return value_text(ret, ret->scratch);
}

#endif
