/* SPDX-License-Identifier: MIT */
/* UDP ports that the kernel's own devices and tunnels use, in the calling thread's namespace. */
#ifndef BERTH_SOURCES_KERNEL_PORTS_H
#define BERTH_SOURCES_KERNEL_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct kernel_port {
	uint16_t port;
	const char *kind; /* "vxlan", "wireguard" ...; a constant */
	const char *name; /* of the device, or of the tunnel by its number */
};

/*
 * Those of devices (vxlan, geneve, bareudp, amt, wireguard) and of tunnels without one (fou, gue,
 * l2tp), at most @room; how many. What this kernel does not have, or our rights do not show
 * (wireguard's need CAP_NET_ADMIN), is left out.
 */
size_t kernel_ports_read(struct arena *arena, struct kernel_port *ret, size_t room);

struct nlmsghdr;
/* What one RTM_NEWLINK message tells; false if it is no such device. Any bytes are safe. */
bool kernel_port_decode(const struct nlmsghdr *message, struct arena *arena,
			struct kernel_port *ret);

#endif
