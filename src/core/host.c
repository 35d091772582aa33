/* SPDX-License-Identifier: MIT */
/* Look-ups in a namespace's interfaces and ranges: a handful of entries, so linear. */
#include "core/host.h"

#include <string.h>

void host_set_defaults(struct host *host)
{
	host->ephemeral = (struct port_range){32768, 60999};
	host->unprivileged_start = 1024;
	host->somaxconn = 4096;
}

const struct interface *host_interface(const struct host *host, uint32_t index)
{
	for (size_t i = 0; i < host->n_interfaces; i++)
		if (host->interfaces[i].index == index)
			return &host->interfaces[i];
	return NULL;
}

const struct interface *host_interface_by_name(const struct host *host, const char *name)
{
	for (size_t i = 0; i < host->n_interfaces; i++)
		if (!strcmp(host->interfaces[i].name, name))
			return &host->interfaces[i];
	return NULL;
}

const struct interface_address *host_address(const struct host *host, const struct addr *addr)
{
	struct addr plain = addr_unmapped(addr);

	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct interface_address *own = &host->addresses[i];
		if (own->addr.family == plain.family && !memcmp(own->addr.bytes, plain.bytes, 16) &&
		    (!plain.scope || plain.scope == own->interface))
			return own;
	}
	return NULL;
}

bool host_port_is_reserved(const struct host *host, uint16_t port)
{
	for (size_t i = 0; i < host->n_reserved; i++)
		if (port >= host->reserved[i].low && port <= host->reserved[i].high)
			return true;
	return false;
}
