/* SPDX-License-Identifier: MIT */
/* Snapshot in, model out. */
#include "diagnose/port_space.h"
#include "core/snapshot.h"
#include "model/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct host *host_of(const struct snapshot *snap, uint16_t netns)
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

static bool known(const struct sock *sock, enum sock_option option)
{
	return sock->options_known & option;
}

/* Facts that no source could tell; the verdicts that hang on them say so. */
static uint8_t unknown_facts(const struct sock *sock)
{
	uint8_t unknown = 0;

	if (!known(sock, SOCK_OPTION_REUSEADDR))
		unknown |= MODEL_FACT_REUSEADDR;
	if (!known(sock, SOCK_OPTION_REUSEPORT))
		unknown |= MODEL_FACT_REUSEPORT;
	if (sock->local.family == ADDR_IPV6 && !known(sock, SOCK_OPTION_V6ONLY) &&
	    addr_is_any(&sock->local))
		unknown |= MODEL_FACT_V6ONLY;
	if (sock->remote_port && !known(sock, SOCK_OPTION_CONNECT_BIND))
		unknown |= MODEL_FACT_EPHEMERAL;
	return unknown;
}

static struct model_existing existing_of(const struct snapshot *snap, const struct sock *sock)
{
	return (struct model_existing){
		.local = sock->local,
		.remote = sock->remote_port ? sock->remote : (struct addr){},
		.local_port = sock->local_port,
		.remote_port = sock->remote_port,
		.uid = sock->uid,
		.device = sock->device,
		.proto = sock->proto,
		.state = sock->state == SOCK_STATE_NEW_SYN_RECV ? SOCK_STATE_SYN_RECV : sock->state,
		.v6 = sock->local.family == ADDR_IPV6,
		.v6only = sock_option_is(sock, SOCK_OPTION_V6ONLY),
		.reuseaddr = sock_option_is(sock, SOCK_OPTION_REUSEADDR),
		.reuseport = sock_option_is(sock, SOCK_OPTION_REUSEPORT),
		.freebind = sock_option_is(sock, SOCK_OPTION_FREEBIND),
		.orphan = !sock->inode,
		.ephemeral = sock_option_is(sock, SOCK_OPTION_CONNECT_BIND),
		.unknown = unknown_facts(sock),
	};
}

static int add_sock(struct port_space *space, uint32_t index)
{
	const struct model_existing existing =
		existing_of(space->snap, &space->snap->socks[index]);
	uint32_t id = 0;
	int err = model_load(space->space, &existing, &id);

	if (err)
		return err;
	if (id >= space->n_socks) {
		uint32_t n = id + id / 2 + 16;
		uint32_t *socks = reallocarray(space->socks, n, sizeof(*socks));
		if (!socks)
			return -ENOMEM;
		for (uint32_t i = space->n_socks; i < n; i++)
			socks[i] = 0;
		space->socks = socks;
		space->n_socks = n;
	}
	space->socks[id] = index + 1;
	return 0;
}

static bool belongs(const struct sock *sock, uint16_t netns, uint16_t port)
{
	return sock->netns == netns && sock->local_port &&
	       (!port || sock->local_port == port) &&
	       (sock->proto == SOCK_PROTO_TCP || sock->proto == SOCK_PROTO_UDP ||
		sock->proto == SOCK_PROTO_UDPLITE);
}

int port_space_init(struct port_space *space, const struct snapshot *snap, uint16_t netns,
		    uint16_t port)
{
	*space = (struct port_space){.snap = snap,
				     .space = model_space_new(&model_behaviour_latest)};
	if (!space->space)
		return -ENOMEM;
	int err = add_host(space->space, host_of(snap, netns));
	for (size_t i = 0; !err && i < snap->n_socks; i++)
		if (belongs(&snap->socks[i], netns, port))
			err = add_sock(space, (uint32_t)i);
	return err;
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
