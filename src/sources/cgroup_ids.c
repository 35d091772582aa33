/* SPDX-License-Identifier: MIT */
/*
 * Walks the cgroup2 tree once: the inode number of a cgroup's directory is its id
 * (fs/kernfs/mount.c, 64-bit hosts). Needs no right but that of listing the directories.
 */
#include "sources/cgroup_ids.h"
#include "base/auto.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "core/snapshot.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct slot {
	uint64_t id; /* 0: free */
	uint32_t text;
};

struct cgroup_ids {
	struct slot *slots; /* a power of two, at most two thirds full */
	size_t n_slots, used;
	bool walked;
};

struct cgroup_ids *cgroup_ids_new(void)
{
	return calloc(1, sizeof(struct cgroup_ids));
}

void cgroup_ids_free(struct cgroup_ids *ids)
{
	if (ids)
		free(ids->slots);
	free(ids);
}

static struct slot *find(const struct cgroup_ids *ids, uint64_t id)
{
	size_t at = hash_u64(id) & (ids->n_slots - 1);

	while (ids->slots[at].id && ids->slots[at].id != id)
		at = (at + 1) & (ids->n_slots - 1);
	return &ids->slots[at];
}

static bool grow(struct cgroup_ids *ids)
{
	struct cgroup_ids bigger = {.n_slots = ids->n_slots ? ids->n_slots * 2 : 256};

	if (ids->used * 3 < ids->n_slots * 2)
		return true;
	bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < ids->n_slots; i++)
		if (ids->slots[i].id)
			*find(&bigger, ids->slots[i].id) = ids->slots[i];
	free(ids->slots);
	ids->slots = bigger.slots;
	ids->n_slots = bigger.n_slots;
	return true;
}

static void keep(struct cgroup_ids *ids, struct snapshot *snap, uint64_t id, const char *path)
{
	if (!id || !grow(ids))
		return;
	struct slot *slot = find(ids, id);
	if (slot->id)
		return;
	*slot = (struct slot){.id = id, .text = snapshot_text_id(snap, path, strlen(path))};
	ids->used++;
}

/* @path is that of @fd below the mount, without a slash at its end. Takes @fd. */
static void walk(struct cgroup_ids *ids, struct snapshot *snap, int fd, struct strbuf *path)
{
	const size_t len = path->len;
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		strbuf_printf(path, "/%s", entry->d_name);
		if (path->failed)
			break;
		keep(ids, snap, entry->d_ino, path->text);
		int child = openat(dirfd(dir), entry->d_name,
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (child >= 0)
			walk(ids, snap, child, path);
		path->len = len;
		path->text[len] = '\0';
	}
	closedir(dir);
}

/* Where the unified hierarchy is: /sys/fs/cgroup, or on older hosts .../unified; -1 if nowhere. */
static int open_root(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < N_ELEMENTS(places); i++) {
		AUTO(closep) int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && !faccessat(fd, "cgroup.procs", F_OK, 0) &&
		    !faccessat(fd, "cgroup.controllers", F_OK, 0))
			return take_fd(&fd);
	}
	return -1;
}

static void walk_all(struct cgroup_ids *ids, struct snapshot *snap)
{
	AUTO(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct stat root;
	int fd = open_root();

	ids->walked = true;
	if (fd < 0)
		return;
	if (!fstat(fd, &root))
		keep(ids, snap, root.st_ino, "/");
	walk(ids, snap, fd, &path);
}

uint32_t cgroup_ids_text(struct cgroup_ids *ids, struct snapshot *snap, uint64_t id)
{
	char text[40];

	if (!ids->walked)
		walk_all(ids, snap);
	const struct slot *slot = ids->n_slots ? find(ids, id) : NULL;
	if (slot && slot->id)
		return slot->text;
	snprintf(text, sizeof(text), "unreachable:%" PRIx64, id);
	keep(ids, snap, id, text);
	return snapshot_text_id(snap, text, strlen(text));
}
