/* SPDX-License-Identifier: MIT */
/* What the machine calls the user ids of the snapshot; each is looked up once. */
#include "base/auto.h"
#include "base/hash.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/sources.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>

/* Of a machine with more users than half of this the rest keep their numbers. */
enum { N_SLOTS = 2048, PASSWD_BYTES = 16 * 1024 };

struct seen {
	uint32_t slots[N_SLOTS]; /* uid + 1; 0: free. (uid_t)-1 is no user. */
	size_t n;
	uint32_t last;
	char *buffer; /* PASSWD_BYTES */
};

static void seen_freep(struct seen **seen)
{
	if (*seen)
		free((*seen)->buffer);
	free(*seen);
}

static bool seen_before(struct seen *seen, uint32_t uid)
{
	if (uid == UINT32_MAX || seen->last == uid + 1)
		return true;
	seen->last = uid + 1;
	size_t at = hash_u64(uid) & (N_SLOTS - 1);
	for (; seen->slots[at]; at = (at + 1) & (N_SLOTS - 1))
		if (seen->slots[at] == uid + 1)
			return true;
	if (seen->n >= N_SLOTS / 2)
		return true;
	seen->slots[at] = uid + 1;
	seen->n++;
	return false;
}

static int look_up(struct snapshot *snap, struct seen *seen, uint32_t uid)
{
	struct passwd passwd, *found = NULL;

	if (seen_before(seen, uid) ||
	    getpwuid_r(uid, &passwd, seen->buffer, PASSWD_BYTES, &found) || !found)
		return 0;
	return snapshot_add_user(snap, uid, found->pw_name);
}

static int users_collect(struct snapshot *snap, const struct request *request)
{
	AUTO(seen_freep) struct seen *seen = calloc(1, sizeof(*seen));
	int err = 0;

	if (!seen || !(seen->buffer = malloc(PASSWD_BYTES)))
		return -ENOMEM;
	for (size_t i = 0; !err && i < snap->n_procs; i++)
		err = look_up(snap, seen, snap->procs[i].uid);
	for (size_t i = 0; !err && i < snap->n_socks; i++)
		err = look_up(snap, seen, snap->socks[i].uid);
	return err;
}

const struct source source_users = {
	.name = "users",
	.provides = FACT_USERS,
	.collect = users_collect,
};
