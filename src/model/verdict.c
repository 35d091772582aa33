/* SPDX-License-Identifier: MIT */
/* Sets of ports and names of facts. */
#include "model/verdict.h"

#include <stdlib.h>
#include <string.h>

void model_ports_clear(struct model_ports *ports)
{
	memset(ports, 0, sizeof(*ports));
}

void model_ports_add(struct model_ports *ports, uint16_t port)
{
	if (model_ports_has(ports, port))
		return;
	ports->bits[port / 64] |= 1ull << port % 64;
	ports->count++;
}

int model_ports_next(const struct model_ports *ports, uint32_t from)
{
	if (from > 65535)
		return -1;
	uint64_t word = ports->bits[from / 64] & ~0ull << from % 64;
	for (uint32_t i = from / 64;;) {
		if (word)
			return (int)(i * 64) + __builtin_ctzll(word);
		if (++i == 65536 / 64)
			return -1;
		word = ports->bits[i];
	}
}

int model_ports_nth(const struct model_ports *ports, uint32_t nth)
{
	for (uint32_t i = 0; i < 65536 / 64; i++) {
		uint64_t word = ports->bits[i];
		uint32_t n = (uint32_t)__builtin_popcountll(word);
		if (nth >= n) {
			nth -= n;
			continue;
		}
		while (nth--)
			word &= word - 1;
		return (int)(i * 64) + __builtin_ctzll(word);
	}
	return -1;
}

const char *model_fact_name(enum model_fact fact)
{
	switch (fact) {
	case MODEL_FACT_REUSEADDR:
		return "reuseaddr";
	case MODEL_FACT_REUSEPORT:
		return "reuseport";
	case MODEL_FACT_UID:
		return "uid";
	case MODEL_FACT_V6ONLY:
		return "v6only";
	case MODEL_FACT_MEMORY:
		return "port-memory";
	case MODEL_FACT_ORDER:
		return "order";
	case MODEL_FACT_EPHEMERAL:
		return "ephemeral";
	}
	return "";
}

void model_list_release(struct model_list *list)
{
	free(list->ids);
	*list = (struct model_list){0};
}
