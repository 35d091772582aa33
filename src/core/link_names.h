/* SPDX-License-Identifier: MIT */
/* The names of Ethernet protocols and netlink families, as filters write them. */
#ifndef BERTH_CORE_LINK_NAMES_H
#define BERTH_CORE_LINK_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* "ip", "arp", "all" ..., a number, or 0xHHHH; any case. */
bool ethertype_parse(const char *text, uint32_t *ret);
/* The first name of an ethertype, or NULL. */
const char *ethertype_name(uint32_t number);
/* "route", "sock_diag" ..., or a number; any case. */
bool netlink_family_parse(const char *text, uint32_t *ret);

#endif
