/* SPDX-License-Identifier: MIT */
/* Makes a snapshot fit to be sent with a bug report. */
#ifndef BERTH_RECORD_REDACT_H
#define BERTH_RECORD_REDACT_H

struct snapshot;

/*
 * Take out what may be secret and no rule needs: command lines, directories of programs and UNIX
 * sockets, names of users, containers, images and pods. Public remote addresses become others, the
 * same one always the same (198.18.0.0/15, RFC 2544; 2001:db8::/32, RFC 3849). What stays: ports,
 * states, private addresses, process names, uids, units. 0 or -ENOMEM.
 */
int redact(struct snapshot *snap);

#endif
