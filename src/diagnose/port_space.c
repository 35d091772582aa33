/* SPDX-License-Identifier: MIT */
/* Snapshot in, model out. */
#include "diagnose/port_space.h"
#include "core/snapshot.h"
#include "diagnose/port_socks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct host *port_space_host(const struct snapshot *snap, uint16_t netns)
{
	return netns && netns < snap->n_namespaces ? &snap->namespaces[netns].host : &snap->host;
}

/* The VRF an interface is, or is in; a bridge or bond is none. */
static uint32_t vrf_of(const struct host *host, const struct interface *interface)
{
	const struct interface *master = host_interface(host, interface->master);

	if (interface->kind && !strcmp(interface->kind, "vrf"))
		return interface->index;
	return master && master->kind && !strcmp(master->kind, "vrf") ? master->index : 0;
}

static int add_host(struct model_space *space, const struct host *host)
{
	struct model_sysctls *sysctls = model_space_sysctls(space);
	int err = 0;

	sysctls->range_low = host->ephemeral.low;
	sysctls->range_high = host->ephemeral.high;
	sysctls->system_below = host->unprivileged_start;
	sysctls->nonlocal4 = host->nonlocal_bind4;
	sysctls->nonlocal6 = host->nonlocal_bind6;
	sysctls->bindv6only = host->bindv6only;
	sysctls->autobind_reuse = host->autobind_reuse;
	for (size_t i = 0; i < host->n_reserved; i++)
		model_space_reserve_ports(space, host->reserved[i].low, host->reserved[i].high);
	for (size_t i = 0; !err && i < host->n_interfaces; i++)
		err = model_space_add_device(space, host->interfaces[i].index,
					     vrf_of(host, &host->interfaces[i]));
	for (size_t i = 0; !err && i < host->n_addresses; i++) {
		const struct interface_address *own = &host->addresses[i];
		if (!(own->flags & (INTERFACE_ADDRESS_TENTATIVE | INTERFACE_ADDRESS_DADFAILED)))
			err = model_space_add_address(space, &own->addr, own->prefix_bits,
						      own->interface);
	}
	return err == -EEXIST ? 0 : err;
}

int port_space_init(struct port_space *space, const struct snapshot *snap, uint16_t netns,
		    uint16_t port, const struct model_behaviour *behaviour)
{
	*space = (struct port_space){.snap = snap,
				     .space = model_space_new(behaviour)};
	if (!space->space)
		return -ENOMEM;
	int err = add_host(space->space, port_space_host(snap, netns));
	return err ? err : port_socks_add(space, netns, port);
}

void port_space_release(struct port_space *space)
{
	if (!space)
		return;
	model_space_free(space->space);
	free(space->socks);
	*space = (struct port_space){};
}

const struct sock *port_space_sock(const struct port_space *space, uint32_t id)
{
	if (!id || id >= space->n_socks || !space->socks[id])
		return NULL;
	return &space->snap->socks[space->socks[id] - 1];
}
