/* SPDX-License-Identifier: MIT */
/* berth --version, and with -v what this build can do on this machine. */
#ifndef BERTH_COMMANDS_VERSION_H
#define BERTH_COMMANDS_VERSION_H

#include <stdbool.h>

void version_print(bool verbose);

#endif
