/* SPDX-License-Identifier: MIT */
/*
 * What fuzz targets do with their bytes: a NUL-terminated copy of its own size, so that a byte too
 * far is seen, or pieces for one answer after the other of a kernel, a disk or a network that the
 * target plays.
 */
#ifndef BERTH_TESTS_FUZZ_INPUT_H
#define BERTH_TESTS_FUZZ_INPUT_H

#include "base/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* free() it. Targets have no use for a machine without memory. */
static inline char *input_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

struct input {
	const uint8_t *at;
	size_t left;
	bool plays; /* the target answers itself: calls do not go to the machine */
};

static inline uint8_t input_byte(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

/* The next piece: its length in two bytes, little end first; the last one may be cut. */
static inline const uint8_t *input_piece(struct input *input, size_t *ret_len)
{
	const size_t low = input_byte(input), want = low | (size_t)input_byte(input) << 8;
	const uint8_t *piece = input->at;

	*ret_len = want < input->left ? want : input->left;
	input->at += *ret_len;
	input->left -= *ret_len;
	return piece;
}

/* The next piece of text: up to a byte 0xff, which no text has, or the end. */
static inline const uint8_t *input_line(struct input *input, size_t *ret_len)
{
	const uint8_t *piece = input->at;
	const uint8_t *end = input->left ? memchr(piece, 0xff, input->left) : NULL;

	*ret_len = end ? (size_t)(end - piece) : input->left;
	input->at += *ret_len + (end != NULL);
	input->left -= *ret_len + (end != NULL);
	return piece;
}

/* May it be printed: UTF-8 without any control character? */
static inline bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_length(text + i, len - i);
		if (!n || (unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
		if (n == 2 && text[i] == '\xc2' && (unsigned char)text[i + 1] < 0xa0)
			return false;
	}
	return true;
}

#endif
