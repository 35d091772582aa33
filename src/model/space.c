/* SPDX-License-Identifier: MIT */
/* The host of a space: devices, addresses, sysctls; its beginning and end. */
#include "model/space.h"
#include "base/pages.h"
#include "model/akey.h"
#include "model/flows.h"

#include <errno.h>
#include <stdlib.h>

struct model_space *model_space_new(const struct model_behaviour *behaviour)
{
	static const uint8_t one[16] = {[15] = 1};
	struct model_space *space = calloc(1, sizeof(*space));

	if (!space)
		return NULL;
	space->behaviour = *behaviour;
	space->sysctls = (struct model_sysctls){
		.range_low = 32768,
		.range_high = 60999,
		.system_below = 1024,
		.timestamps = true,
		.tw_reuse = 2,
		.tw_reuse_delay_ms = 1000,
		.udp_slots = 65536,
	};
	struct addr v4 = addr_ipv4(0x7f000001), v6 = addr_ipv6(one, 0);
	if (model_space_add_device(space, 1, 0) || model_space_add_address(space, &v4, 8, 1) ||
	    model_space_add_address(space, &v6, 128, 1)) {
		model_space_free(space);
		return NULL;
	}
	return space;
}

void model_space_free(struct model_space *space)
{
	if (!space)
		return;
	socks_release(space);
	for (int i = 0; i < N_FLOW_TABLES; i++)
		flows_release(&space->flows[i]);
	for (uint32_t i = 0; i < space->n_groups; i++)
		free(space->groups[i].members);
	free(space->buckets);
	free(space->bucket_slots);
	free(space->udp_slot_counts[0]);
	free(space->udp_slot_counts[1]);
	free(space->groups);
	free(space->devices);
	free(space->addresses);
	free(space->memberships);
	free(space->pendings);
	free(space->stales);
	free(space->tags);
	free(space);
}

struct model_sysctls *model_space_sysctls(struct model_space *space)
{
	return &space->sysctls;
}

void model_space_reserve_ports(struct model_space *space, uint16_t low, uint16_t high)
{
	for (uint32_t port = low; port <= high; port++)
		model_ports_add(&space->reserved, (uint16_t)port);
}

void model_space_unreserve_all(struct model_space *space)
{
	model_ports_clear(&space->reserved);
}

int model_space_add_device(struct model_space *space, uint32_t index, uint32_t master)
{
	space->has_vrfs |= master != 0;
	for (uint32_t i = 0; i < space->n_devices; i++) {
		if (space->devices[i].index == index) {
			space->devices[i].master = master;
			return 0;
		}
	}
	int r = array_room(&space->devices, space->n_devices, &space->room_devices,
			   sizeof(*space->devices));
	if (r)
		return r;
	space->devices[space->n_devices++] = (struct device){index, master};
	return 0;
}

/* The last address of the prefix; none for /31 and /32. */
static struct akey broadcast_of(const struct addr *addr, uint8_t bits)
{
	uint8_t last[4];

	if (addr->family != ADDR_IPV4 || bits > 30 || addr->bytes[0] == 127)
		return (struct akey){{0, 0}};
	for (unsigned i = 0; i < 4; i++) {
		unsigned host = bits >= 8 * (i + 1) ? 0 : bits <= 8 * i ? 8 : 8 * (i + 1) - bits;
		last[i] = addr->bytes[i] | (uint8_t)((1u << host) - 1);
	}
	uint32_t word;
	memcpy(&word, last, 4);
	return akey_v4(word);
}

int model_space_add_address(struct model_space *space, const struct addr *addr, uint8_t bits,
			    uint32_t device)
{
	int r = array_room(&space->addresses, space->n_addresses, &space->room_addresses,
			   sizeof(*space->addresses));

	if (r)
		return r;
	space->addresses[space->n_addresses++] = (struct host_address){
		.addr = akey_of(addr),
		.broadcast = broadcast_of(addr, bits),
		.device = device,
		.bits = bits,
		.v6 = addr->family == ADDR_IPV6,
	};
	return 0;
}

int model_space_add_default_route(struct model_space *space, uint32_t device)
{
	space->default_device = device;
	return 0;
}

int model_space_reserve(struct model_space *space, uint32_t n)
{
	return flows_reserve(&space->flows[0], n);
}

void model_space_behave(struct model_space *space, const struct model_behaviour *behaviour)
{
	space->behaviour = *behaviour;
}

void model_space_disable(struct model_space *space, enum model_rule rule)
{
	space->disabled[rule / 64] |= 1ull << rule % 64;
}

uint32_t model_space_count(const struct model_space *space)
{
	return space->n_used;
}

size_t model_space_bytes(const struct model_space *space)
{
	size_t bytes = sizeof(*space);

	bytes += (size_t)space->n_socks * sizeof(struct msock);
	for (int i = 0; i < N_FLOW_TABLES; i++)
		bytes += (size_t)space->flows[i].n_lines * sizeof(struct flow_line);
	bytes += (size_t)space->room_buckets * sizeof(struct bucket);
	bytes += (size_t)space->n_bucket_slots * sizeof(uint32_t);
	return bytes;
}
