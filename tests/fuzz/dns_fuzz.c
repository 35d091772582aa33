/* SPDX-License-Identifier: MIT */
/* DNS answers and questions of any bytes. */
#include "probe/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolve_step step = {};
	char name[64];

	dns_parse(data, size, size >= 2 ? (uint16_t)(data[0] << 8 | data[1]) : 0,
		  size >= 3 && data[2] & 1 ? DNS_TYPE_AAAA : DNS_TYPE_A, &step);
	dns_question(data, size, name, sizeof(name));
	return 0;
}
