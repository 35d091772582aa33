/* SPDX-License-Identifier: MIT */
/* A network namespace's own facts: its interfaces, addresses and the sysctls that define ports. */
#ifndef BERTH_CORE_HOST_H
#define BERTH_CORE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* An inclusive range of ports; low > high: empty. */
struct port_range {
	uint16_t low, high;
};

enum interface_flag {
	INTERFACE_UP = 1 << 0,
	INTERFACE_LOOPBACK = 1 << 1,
	INTERFACE_RUNNING = 1 << 2,
};

struct interface {
	uint32_t index;
	uint32_t master; /* interface index of a bridge, bond or VRF it belongs to; 0: none */
	uint32_t mtu;
	uint16_t flags; /* enum interface_flag */
	const char *name;
	const char *kind; /* "veth", "bridge", "vrf", "tun" ...; "" for hardware */
};

enum interface_address_flag {
	INTERFACE_ADDRESS_TENTATIVE = 1 << 0,
	INTERFACE_ADDRESS_DADFAILED = 1 << 1,
	INTERFACE_ADDRESS_DEPRECATED = 1 << 2,
	INTERFACE_ADDRESS_SECONDARY = 1 << 3,
};

struct interface_address {
	struct addr addr;
	struct addr broadcast; /* family ADDR_NONE: none */
	uint32_t interface;    /* index */
	uint8_t prefix_bits;
	uint8_t flags; /* enum interface_address_flag */
};

struct host {
	struct interface *interfaces;
	size_t n_interfaces;
	struct interface_address *addresses;
	size_t n_addresses;
	struct port_range ephemeral;	   /* net.ipv4.ip_local_port_range */
	struct port_range *reserved;	   /* net.ipv4.ip_local_reserved_ports */
	size_t n_reserved;
	uint16_t unprivileged_start;	   /* net.ipv4.ip_unprivileged_port_start */
	uint32_t somaxconn;
	bool nonlocal_bind4, nonlocal_bind6, bindv6only, autobind_reuse;
	bool known; /* the sysctls above were read; otherwise they hold Linux's defaults */
};

/* A network namespace. [0] of a snapshot is always the reader's own. */
struct namespace {
	uint64_t inode; /* of /proc/PID/ns/net; 0: not known */
	const char *name; /* "ip netns" name, container, unit or process; never NULL after naming */
	const char *path; /* open() it to enter: /run/netns/NAME, /proc/PID/ns/net; NULL: no way */
	uint64_t id;	/* the kernel's 64-bit id (6.18 and newer), a way to enter it too; or 0 */
	uint32_t pid;	/* a process in it; 0: none */
	bool by_socket;	/* .path is /proc/PID/fd/FD of a socket in it, to be asked by SIOCGSKNS */
	bool is_self;
	bool nameless;	/* called by its number until what leads to it is found */
	bool wanted;	/* the question is about it too */
	bool beside;	/* only read: the other ends of what is asked for may be in it */
	struct host host; /* NULLs unless collected */
};

/* Linux's defaults: ephemeral 32768-60999, system ports below 1024. */
void host_set_defaults(struct host *host);

const struct interface *host_interface(const struct host *host, uint32_t index); /* or NULL */
const struct interface *host_interface_by_name(const struct host *host, const char *name);
const struct interface_address *host_address(const struct host *host, const struct addr *addr);
bool host_port_is_reserved(const struct host *host, uint16_t port);
static inline bool host_port_is_ephemeral(const struct host *host, uint16_t port)
{
	return port >= host->ephemeral.low && port <= host->ephemeral.high;
}

#endif
