/* SPDX-License-Identifier: MIT */
/*
 * systemd.unit(5): of files of one name the first directory's counts; drop-ins of all directories
 * add to it. The manager itself is not asked: that takes D-Bus and its time.
 */
#include "sources/socket_units.h"
#include "base/array.h"
#include "base/arena.h"
#include "base/auto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UNITS_MAX = 2000, FILE_BYTES = 64 * 1024, DROP_INS_MAX = 32 };

/* In the order of trust; "~" stands for the user's home. */
static const char *const system_dirs[] = {
	"/etc/systemd/system",	     "/run/systemd/system",	"/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
};
static const char *const user_dirs[] = {
	"~/.config/systemd/user",      "/etc/systemd/user",	"/run/systemd/user",
	"~/.local/share/systemd/user", "/usr/lib/systemd/user", "/lib/systemd/user",
};

struct reading {
	struct arena *arena;
	const char *root, *home, *runtime;
	struct socket_units *units;
	char text[FILE_BYTES];
};

static bool read_file(struct reading *reading, const char *path)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	/* A masked unit is a link to /dev/null. */
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	ssize_t len = read(fd, reading->text, sizeof(reading->text) - 1);
	reading->text[len > 0 ? len : 0] = '\0';
	return len >= 0;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

/* The files of @dir that end with @end, sorted, at most @room; in the arena. */
static size_t list(struct arena *arena, const char *dir, const char *end, const char **ret,
		   size_t room)
{
	DIR *open_dir = opendir(dir);
	const struct dirent *entry;
	size_t n = 0;

	while (open_dir && n < room && (entry = readdir(open_dir)))
		if (ends_with(entry->d_name, end)) {
			ret[n] = arena_dup(arena, entry->d_name, strlen(entry->d_name));
			n += ret[n] != NULL;
		}
	if (open_dir)
		closedir(open_dir);
	qsort(ret, n, sizeof(*ret), compare_names);
	return n;
}

static void dir_path(const struct reading *reading, const char *dir, char path[PATH_MAX])
{
	if (*dir == '~')
		snprintf(path, PATH_MAX, "%s%s%s", reading->root, reading->home, dir + 1);
	else
		snprintf(path, PATH_MAX, "%s%s", reading->root, dir);
}

static void read_drop_ins(struct reading *reading, const char *dir, struct socket_unit *unit)
{
	const char *names[DROP_INS_MAX];
	char path[PATH_MAX], file[PATH_MAX];

	dir_path(reading, dir, path);
	const size_t len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/%s.d", unit->name);
	const size_t n = list(reading->arena, path, ".conf", names, DROP_INS_MAX);
	for (size_t i = 0; i < n; i++)
		if (snprintf(file, sizeof(file), "%s/%s", path, names[i]) < (int)sizeof(file) &&
		    read_file(reading, file))
			socket_unit_read(reading->arena, reading->text, reading->runtime, unit);
}

static bool is_known(const struct socket_units *units, const char *name)
{
	for (size_t i = 0; i < units->n; i++)
		if (!strcmp(units->all[i].name, name))
			return true;
	return false;
}

static int read_dir(struct reading *reading, const char *const *dirs, size_t nth, size_t n_dirs)
{
	struct socket_units *units = reading->units;
	AUTO(freep) const char **names = calloc(UNITS_MAX, sizeof(*names));
	char path[PATH_MAX], file[PATH_MAX];

	if (!names)
		return -ENOMEM;
	dir_path(reading, dirs[nth], path);
	const size_t n = list(reading->arena, path, ".socket", names, UNITS_MAX);
	for (size_t i = 0; i < n && units->n < UNITS_MAX; i++) {
		if (is_known(units, names[i]))
			continue;
		if (!array_grow(&units->all, units->n, &units->room, sizeof(*units->all)))
			return -ENOMEM;
		struct socket_unit *unit = &units->all[units->n++];
		*unit = (struct socket_unit){.name = names[i]};
		if (snprintf(file, sizeof(file), "%s/%s", path, names[i]) >= (int)sizeof(file) ||
		    !read_file(reading, file))
			continue; /* masked, or not for us: known, and makes nothing */
		socket_unit_read(reading->arena, reading->text, reading->runtime, unit);
		for (size_t k = n_dirs; k-- > 0;)
			read_drop_ins(reading, dirs[k], unit);
	}
	return 0;
}

int socket_units_read(struct arena *arena, const char *root, const char *home, const char *runtime,
		      struct socket_units *ret)
{
	const char *const *dirs = home ? user_dirs : system_dirs;
	const size_t n = home ? N_ELEMENTS(user_dirs) : N_ELEMENTS(system_dirs);
	AUTO(freep) struct reading *reading = calloc(1, sizeof(*reading));
	int err = reading ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		reading->arena = arena;
		reading->root = root;
		reading->home = home;
		reading->runtime = runtime;
		reading->units = ret;
		err = read_dir(reading, dirs, i, n);
	}
	return err;
}

void socket_units_release(struct socket_units *units)
{
	free(units->all);
}

const struct socket_unit *socket_units_find(const struct socket_units *units,
					    const struct snapshot *snap, const struct sock *sock)
{
	for (size_t i = 0; i < units->n; i++)
		if (socket_unit_makes(&units->all[i], snap, sock))
			return &units->all[i];
	return NULL;
}
