/* SPDX-License-Identifier: MIT */
/* Interfaces and their addresses by rtnetlink. */
#ifndef BERTH_SOURCES_INTERFACES_H
#define BERTH_SOURCES_INTERFACES_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/netlink.h>

struct arena;
struct host;
struct interface;
struct interface_address;

/*
 * Those of the calling thread's network namespace into @host; its arrays and names live in
 * @arena. 0 or -errno.
 */
int interfaces_read(struct host *host, struct arena *arena);

/* One RTM_NEWLINK or RTM_NEWADDR into zeroed @ret. 0, -EBADMSG for other bytes, -ENOMEM. */
int interface_decode(const struct nlmsghdr *message, struct arena *arena, struct interface *ret);
int interface_address_decode(const struct nlmsghdr *message, struct interface_address *ret);

/* The kernel's IFF_* and IFA_F_* as enum interface_flag and enum interface_address_flag. */
uint16_t interface_flags(uint32_t flags);
uint8_t interface_address_flags(uint32_t flags, bool is_ipv4);

#endif
