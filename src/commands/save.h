/* SPDX-License-Identifier: MIT */
/* Recordings of what a command saw. */
#ifndef BERTH_COMMANDS_SAVE_H
#define BERTH_COMMANDS_SAVE_H

struct snapshot;

/* Write @snap to @path, all or nothing, readable by its owner only. 0 or -errno. */
int save_snapshot(const struct snapshot *snap, const char *path);

#endif
