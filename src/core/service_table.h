/* SPDX-License-Identifier: MIT */
/* The shape of the generated IANA table; only core/service.c looks inside. */
#ifndef BERTH_CORE_SERVICE_TABLE_H
#define BERTH_CORE_SERVICE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum service_protos { SERVICE_TCP = 1, SERVICE_UDP = 2, SERVICE_SCTP = 4, SERVICE_DCCP = 8 };

struct service_row {
	uint16_t port;
	uint8_t protos;	 /* enum service_protos */
	uint32_t offset; /* into service_iana_texts: the name, NUL, what it is, NUL */
};

/* Sorted by port. Offsets instead of pointers, so that loading the program relocates nothing. */
extern const struct service_row service_iana_rows[];
extern const size_t service_iana_count;
extern const char service_iana_texts[];

#endif
