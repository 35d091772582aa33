/* SPDX-License-Identifier: MIT */
/* Programs that get rights from their file, which the kernel withholds from traced ones. */
#ifndef BERTH_PROBE_COMMAND_RIGHTS_H
#define BERTH_PROBE_COMMAND_RIGHTS_H

/*
 * How @command (looked up as execvp() does) gets rights that it would not get when it is traced by
 * us: "setuid root", "file capabilities"; NULL: it gets none, or we may trace it with them (root).
 */
const char *command_loses_rights(const char *command);

#endif
