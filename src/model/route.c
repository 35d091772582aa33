/* SPDX-License-Identifier: MIT */
/* Addresses of the host, and the way to others. */
#include "model/route.h"
#include "model/akey.h"

#include <errno.h>

static bool is_mapped_loopback(const struct akey *addr)
{
	return akey_kind(addr) == AKEY_MAPPED && akey_byte(addr, 12) == 127;
}

bool device_exists(const struct model_space *space, uint32_t device)
{
	for (uint32_t i = 0; i < space->n_devices; i++)
		if (space->devices[i].index == device)
			return true;
	return false;
}

uint32_t addr_device(const struct model_space *space, const struct akey *addr, uint32_t device)
{
	if (is_mapped_loopback(addr))
		return 1;
	for (uint32_t i = 0; i < space->n_addresses; i++) {
		const struct host_address *own = &space->addresses[i];
		if (akey_equal(own->addr, *addr) && (!device || own->device == device))
			return own->device;
	}
	return 0;
}

enum addr_class addr_class_of(const struct model_space *space, const struct akey *addr)
{
	if (akey_is_any(addr))
		return ADDR_CLASS_ANY;
	if (akey_is_multicast(addr))
		return ADDR_CLASS_MULTICAST;
	if (addr_device(space, addr, 0))
		return ADDR_CLASS_LOCAL;
	if (akey_kind(addr) != AKEY_MAPPED)
		return ADDR_CLASS_FOREIGN;
	if (akey_word(addr, 3) == UINT32_MAX)
		return ADDR_CLASS_BROADCAST;
	for (uint32_t i = 0; i < space->n_addresses; i++)
		if (akey_equal(space->addresses[i].broadcast, *addr))
			return ADDR_CLASS_BROADCAST;
	return ADDR_CLASS_FOREIGN;
}

bool model_space_is_local(const struct model_space *space, const struct addr *addr)
{
	struct akey key = akey_of(addr);

	return addr_class_of(space, &key) == ADDR_CLASS_LOCAL;
}

static bool on_link(const struct host_address *own, const struct akey *to)
{
	struct addr a = akey_addr(&own->addr, true), b = akey_addr(to, true);

	return a.family == b.family && addr_in_prefix(&b, &a, own->bits);
}

/* The first address of the family on @device. */
static const struct host_address *first_address(const struct model_space *space, uint32_t device,
						bool v6)
{
	for (uint32_t i = 0; i < space->n_addresses; i++)
		if (space->addresses[i].device == device && space->addresses[i].v6 == v6)
			return &space->addresses[i];
	return NULL;
}

static int route_local(const struct model_space *space, const struct akey *to, struct route *ret)
{
	uint8_t one[4] = {127, 0, 0, 1};
	uint32_t word;

	memcpy(&word, one, 4);
	ret->local = true;
	ret->device = addr_device(space, to, 0);
	ret->source = is_mapped_loopback(to) ? akey_v4(word) : *to;
	return 0;
}

int route_find(const struct model_space *space, const struct akey *to, uint32_t device,
	       struct route *ret)
{
	const struct host_address *best = NULL;
	bool v6 = akey_kind(to) == AKEY_V6;

	*ret = (struct route){0};
	if (device && !device_exists(space, device))
		return -ENODEV;
	/* A socket bound to another device does not see the local route: it sends its SYN out there. */
	uint32_t owner = addr_device(space, to, 0);
	if (owner && (!device || device == owner))
		return route_local(space, to, ret);
	for (uint32_t i = 0; i < space->n_addresses; i++) {
		const struct host_address *own = &space->addresses[i];
		if (own->v6 != v6 || (device && own->device != device) || !on_link(own, to))
			continue;
		if (!best || own->bits > best->bits)
			best = own;
	}
	uint32_t way = device ? device : space->default_device;
	if (!best && way)
		best = first_address(space, way, v6);
	if (!best)
		return -ENETUNREACH;
	ret->source = best->addr;
	ret->device = best->device;
	return 0;
}
