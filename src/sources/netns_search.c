/* SPDX-License-Identifier: MIT */
/* Process by process: mounts, threads, files, sockets, as long as something is missing. */
#include "sources/netns_search.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/numbers.h"
#include "core/snapshot.h"
#include "sources/netns.h"
#include "sources/netns_kernel.h"
#include "sources/proc_dir.h"
#include "sources/proc_pids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	PATH_SIZE = 64,
	LINE_SIZE = 4096,
	/* How long a search may take: for what may not exist, ... */
	BRIEFLY_MS = 50,
	TO_NAME_MS = 20, /* for a name of what can be entered anyway, */
	THOROUGH_MS = 5000, /* for what is known to exist or was asked for. */
	ASKED = 512, /* sockets of one process: asking takes some 10 us for each */
};

struct search {
	struct snapshot *snap;
	struct pid_list pids;
	bool counted;	  /* all that is missing stands in .snap as .nameless */
	size_t n_missing; /* of these */
	uint64_t mounts;  /* the mount namespace that was read last, */
	uint64_t own_mounts; /* and ours */
	uint64_t deadline_ns;
	bool out_of_time;
	bool incomplete; /* some process has too many sockets to ask them all */
};

struct namespace *netns_by_inode(const struct snapshot *snap, uint64_t inode)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].inode == inode)
			return &snap->namespaces[i];
	return NULL;
}

struct namespace *netns_add(struct snapshot *snap, uint64_t inode, const char *name,
			    const char *path)
{
	struct namespace *netns = snapshot_add_namespace(snap);

	if (!netns)
		return NULL;
	netns->inode = inode;
	netns->name = arena_dup(&snap->arena, name, strlen(name));
	netns->path = path ? arena_dup(&snap->arena, path, strlen(path)) : NULL;
	if (netns->name && (netns->path || !path))
		return netns;
	snap->n_namespaces--;
	return NULL;
}

static bool is_over(const struct search *search)
{
	return search->counted && !search->n_missing;
}

static bool is_late(struct search *search)
{
	search->out_of_time = search->out_of_time || monotonic_ns() > search->deadline_ns;
	return search->out_of_time;
}

/* @path leads to the namespace @inode. 0 or -ENOMEM. */
static int met(struct search *search, uint64_t inode, const char *name, const char *path,
	       bool by_socket)
{
	struct snapshot *snap = search->snap;
	struct namespace *known = netns_by_inode(snap, inode);

	if (!inode || (known && (known->path || known->is_self)))
		return 0;
	if (!known) {
		known = netns_add(snap, inode, name, path);
		if (known)
			known->by_socket = by_socket;
		return known ? 0 : -ENOMEM;
	}
	known->name = arena_dup(&snap->arena, name, strlen(name));
	known->path = arena_dup(&snap->arena, path, strlen(path));
	known->by_socket = by_socket;
	search->n_missing -= known->nameless;
	known->nameless = false;
	return known->name && known->path ? 0 : -ENOMEM;
}

/* "net:[4026532177]" -> 4026532177; 0 for anything else. */
static uint64_t link_inode(const char *text)
{
	uint64_t inode = 0;
	int end = 0;

	return sscanf(text, "net:[%" SCNu64 "]%n", &inode, &end) == 1 && end && !text[end] ? inode
											    : 0;
}

/* The kernel writes space, tab, newline and backslash of a path as \040 ... (fs/seq_file.c). */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned byte;
		if (*text == '\\' && sscanf(text + 1, "%3o", &byte) == 1 && byte < 256) {
			*to++ = (char)byte;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* "29 23 0:4 net:[4026532177] /run/netns/one rw shared:5 - nsfs nsfs rw": proc(5) */
static int read_mount(struct search *search, uint32_t pid, char *line)
{
	char root[64], place[LINE_SIZE], path[LINE_SIZE + 32];
	struct stat st;

	if (sscanf(line, "%*u %*u %*s %63s %4095s", root, place) != 2 || !link_inode(root))
		return 0;
	unescape(place);
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/root%s", pid, place);
	const char *way = search->mounts == search->own_mounts ? place : path;
	/* Another mount may hide it. */
	if (stat(way, &st) || st.st_ino != link_inode(root))
		return 0;
	return met(search, st.st_ino, way, way, false);
}

static int look_at_mounts(struct search *search, uint32_t pid, int dir)
{
	const uint64_t mounts = proc_dir_link_number(dir, "ns/mnt");
	char line[LINE_SIZE];
	int err = 0;

	/* Neighbours mostly share theirs. */
	if (!mounts || mounts == search->mounts)
		return 0;
	search->mounts = mounts;
	const int fd = openat(dir, "mountinfo", O_RDONLY | O_CLOEXEC);
	AUTO(fclosep) FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	if (fd >= 0 && !file)
		close(fd);
	while (file && !err && fgets(line, sizeof(line), file))
		if (strstr(line, " net:["))
			err = read_mount(search, pid, line);
	return err;
}

/* A process's name for messages: "nginx/1234". */
static void process_name(uint32_t pid, int dir, char *to, size_t room)
{
	char comm[32] = "";
	long len = proc_dir_read(dir, "comm", comm, sizeof(comm));

	comm[len > 0 ? len - 1 : 0] = '\0'; /* its newline */
	snprintf(to, room, "%s/%" PRIu32, comm, pid);
}

static int look_at_threads(struct search *search, uint32_t pid, int dir)
{
	AUTO(pid_list_release) struct pid_list tids = {0};
	char path[PATH_SIZE], name[PATH_SIZE];
	struct stat st;
	int err = 0;

	/* One thread has two links more: "." and "..". */
	if (fstatat(dir, "task", &st, 0) || st.st_nlink <= 3)
		return 0;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/task", pid);
	if (pid_list_read(&tids, path))
		return 0;
	for (size_t i = 0; i < tids.n && !err; i++) {
		snprintf(path, sizeof(path), "task/%" PRIu32 "/ns/net", tids.pids[i]);
		const uint64_t inode = proc_dir_link_number(dir, path);
		const struct namespace *known = inode ? netns_by_inode(search->snap, inode) : NULL;
		if (!inode || (known && (known->path || known->is_self)))
			continue;
		process_name(pid, dir, name, sizeof(name));
		snprintf(path, sizeof(path), "/proc/%" PRIu32 "/task/%" PRIu32 "/ns/net", pid,
			 tids.pids[i]);
		err = met(search, inode, name, path, false);
	}
	return err;
}

/* The namespace of one open file: that of a socket if @sockets, else the one the file stands for. */
static uint64_t file_netns(const char *link, uint32_t pid, int number, bool sockets)
{
	struct stat st;

	if (!sockets)
		return strcmp(link, "/") ? link_inode(link) : netns_unmounted(pid, number);
	if (strncmp(link, "socket:[", 8) != 0)
		return 0;
	AUTO(closep) int fd = netns_of_socket(pid, number);
	return fd >= 0 && !fstat(fd, &st) ? st.st_ino : 0;
}

static int look_at_files(struct search *search, uint32_t pid, int dir, bool sockets)
{
	const int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char link[PATH_SIZE], name[PATH_SIZE], path[PATH_SIZE];
	unsigned n_asked = 0;
	uint64_t number;
	int err = 0;

	if (!files && fd >= 0)
		close(fd);
	while (files && !err && !is_over(search) && !is_late(search) && (entry = readdir(files))) {
		if (!parse_u64(entry->d_name, INT32_MAX, &number))
			continue;
		ssize_t len = readlinkat(fd, entry->d_name, link, sizeof(link) - 1);
		link[len > 0 ? len : 0] = '\0';
		const uint64_t inode = file_netns(link, pid, (int)number, sockets);
		if (inode && sockets && ++n_asked > ASKED) {
			search->incomplete = true;
			break;
		}
		if (!inode)
			continue;
		process_name(pid, dir, name, sizeof(name));
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "/fd/%d", (int)number);
		snprintf(path, sizeof(path), "/proc/%" PRIu32 "/fd/%d", pid, (int)number);
		err = met(search, inode, name, path, sockets);
	}
	if (files)
		closedir(files);
	return err;
}

static int look_for_files(struct search *search, uint32_t pid, int dir)
{
	return look_at_files(search, pid, dir, false);
}

static int look_for_sockets(struct search *search, uint32_t pid, int dir)
{
	return look_at_files(search, pid, dir, true);
}

static int each_process(struct search *search,
			int (*look)(struct search *search, uint32_t pid, int dir))
{
	int err = 0;

	for (size_t i = 0; i < search->pids.n && !err && !is_over(search) && !is_late(search); i++) {
		AUTO(closep) int dir = proc_dir_open(search->pids.pids[i]);
		if (dir >= 0)
			err = look(search, search->pids.pids[i], dir);
	}
	return err;
}

/* What the kernel knows and we do not, each by its number until it is met. */
static int count_missing(struct search *search, int prog)
{
	AUTO(freep) struct netns_id *ids = NULL;
	char name[U64_TEXT_SIZE];
	size_t n = 0;

	if (prog < 0 || netns_kernel_list(prog, &ids, &n))
		return 0;
	search->counted = true;
	for (size_t i = 0; i < n; i++) {
		struct namespace *netns = netns_by_inode(search->snap, ids[i].inode);
		if (!netns) {
			name[format_u64(name, ids[i].inode)] = '\0';
			netns = netns_add(search->snap, ids[i].inode, name, NULL);
			if (!netns)
				return -ENOMEM;
			netns->nameless = true;
			search->n_missing++;
		}
		netns->id = ids[i].id;
	}
	return 0;
}

/* Do all that are missing have an id to be entered by? */
static bool can_enter_all(const struct search *search)
{
	for (size_t i = 0; i < search->snap->n_namespaces; i++) {
		const struct namespace *netns = &search->snap->namespaces[i];
		if (!netns->path && !netns->id && !netns->is_self)
			return false;
	}
	return search->counted;
}

static void search_release(struct search *search)
{
	pid_list_release(&search->pids);
}

struct namespace *netns_by_file(struct snapshot *snap, const char *word)
{
	struct search search = {.snap = snap};
	char path[PATH_SIZE], link[PATH_SIZE];
	unsigned pid;
	int number, end = 0;

	if (sscanf(word, "%*[^/]/%u/fd/%d%n", &pid, &number, &end) != 2 || !end || word[end])
		return NULL;
	snprintf(path, sizeof(path), "/proc/%u/fd/%d", pid, number);
	const ssize_t len = readlink(path, link, sizeof(link) - 1);
	link[len > 0 ? len : 0] = '\0';
	const bool is_socket = !strncmp(link, "socket:[", 8);
	const uint64_t inode = file_netns(link, pid, number, is_socket);
	if (!inode || met(&search, inode, word, path, is_socket))
		return NULL;
	return netns_by_inode(snap, inode);
}

static int look_everywhere(struct search *search, unsigned limit_ms)
{
	static int (*const looks[])(struct search *search, uint32_t pid, int dir) = {
		look_at_mounts, look_at_threads, look_for_files, look_for_sockets};
	struct stat st;
	int err = 0;

	if (pid_list_read(&search->pids, "/proc")) {
		search->incomplete = true;
		return 0;
	}
	search->own_mounts = stat("/proc/self/ns/mnt", &st) ? 0 : st.st_ino;
	search->deadline_ns = monotonic_ns() + limit_ms * 1000000ull;
	for (size_t i = 0; i < N_ELEMENTS(looks) && !err && !is_over(search); i++)
		err = each_process(search, looks[i]);
	return err;
}

int netns_search(struct snapshot *snap, int prog, uint32_t flags,
		 enum netns_certainty *ret_certainty)
{
	AUTO(search_release) struct search search = {.snap = snap};
	unsigned limit_ms = BRIEFLY_MS;
	int err = count_missing(&search, prog);

	*ret_certainty = search.counted ? NETNS_ALL_KNOWN : NETNS_NOT_SEARCHED;
	if (err || is_over(&search))
		return err;
	const bool open = can_enter_all(&search);
	if (open && !(flags & NETNS_SEARCH_NAMES))
		return 0;
	if (open)
		limit_ms = TO_NAME_MS;
	else if (search.counted || flags & NETNS_SEARCH_THOROUGH)
		limit_ms = THOROUGH_MS;
	err = look_everywhere(&search, limit_ms);
	if (!search.counted && !search.out_of_time && !search.incomplete)
		*ret_certainty = NETNS_SEARCHED;
	return err;
}

int netns_search_names(struct snapshot *snap)
{
	AUTO(search_release) struct search search = {.snap = snap, .counted = true};
	AUTO(freep) bool *lived_in = calloc(snap->n_namespaces + 1, sizeof(*lived_in));

	if (!lived_in)
		return -ENOMEM;
	/* What waits for its end without a file may keep one too: nothing leads there. */
	for (size_t i = 0; i < snap->n_socks; i++)
		lived_in[snap->socks[i].netns] |= snap->socks[i].inode != 0;
	for (size_t i = 0; i < snap->n_namespaces; i++) {
		struct namespace *netns = &snap->namespaces[i];
		netns->nameless = netns->nameless && !netns->path && lived_in[i];
		search.n_missing += netns->nameless;
	}
	return search.n_missing ? look_everywhere(&search, TO_NAME_MS) : 0;
}
