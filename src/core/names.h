/* SPDX-License-Identifier: MIT */
/* Names that only the machine knows; core/ does no I/O, so the caller lends it these look-ups. */
#ifndef BERTH_CORE_NAMES_H
#define BERTH_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr;

/* Each may be NULL: then such names are not known. @data is handed to all of them. */
struct names {
	void *data;
	/* A service ("http") of any protocol; asked before the built-in table of services. */
	bool (*service)(void *data, const char *name, uint16_t *ret_port);
	bool (*user)(void *data, const char *name, uint32_t *ret_uid);
	/* A host's addresses, at most @room; the number found. */
	size_t (*host)(void *data, const char *name, struct addr *ret, size_t room);
};

#endif
