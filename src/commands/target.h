/* SPDX-License-Identifier: MIT */
/* Addresses and HOST:PORT as people type them, with the names of interfaces known to this host. */
#ifndef BERTH_COMMANDS_TARGET_H
#define BERTH_COMMANDS_TARGET_H

#include <stdbool.h>

#include "core/addr.h"

/* addr_parse(), and "fe80::1%eth0". */
bool address_parse(const char *text, struct addr *ret);

#endif
