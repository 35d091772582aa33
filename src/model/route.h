/* SPDX-License-Identifier: MIT */
/* As much of routing as ports need: what is local, by which device, from which address. */
#ifndef BERTH_MODEL_ROUTE_H
#define BERTH_MODEL_ROUTE_H

#include "model/state.h"

enum addr_class {
	ADDR_CLASS_FOREIGN,
	ADDR_CLASS_LOCAL,
	ADDR_CLASS_ANY,
	ADDR_CLASS_MULTICAST,
	ADDR_CLASS_BROADCAST,
};
enum addr_class addr_class_of(const struct model_space *space, const struct akey *addr);

/* The device that has the address; 0 for none. @device (0: any) must match when set. */
uint32_t addr_device(const struct model_space *space, const struct akey *addr, uint32_t device);
bool device_exists(const struct model_space *space, uint32_t device);

struct route {
	struct akey source;
	uint32_t device; /* it leaves by; for a local destination the device that has it */
	bool local;
};
/*
 * From a socket bound to @device (0: none) to @to. 0, -ENETUNREACH or -ENODEV. @source: the
 * socket's own, zero or a wildcard: to be chosen.
 */
int route_find(const struct model_space *space, const struct akey *to, uint32_t device,
	       struct route *ret);

#endif
