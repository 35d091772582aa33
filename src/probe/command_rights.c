/* SPDX-License-Identifier: MIT */
/* security/commoncap.c: a tracer without CAP_SYS_PTRACE takes the new rights from an execve(). */
#include "probe/command_rights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MAX_PATH = 4096 };

static const char *rights_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		return st.st_uid ? "setuid" : "setuid root";
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP && st.st_gid != getegid())
		return "setgid";
	return getxattr(path, "security.capability", NULL, 0) > 0 ? "file capabilities" : NULL;
}

const char *command_loses_rights(const char *command)
{
	const char *path = getenv("PATH");
	char file[MAX_PATH];

	if (!geteuid())
		return NULL;
	if (strchr(command, '/'))
		return rights_of(command);
	while (path && *path) {
		const int len = (int)strcspn(path, ":");
		int n = snprintf(file, sizeof(file), "%.*s%s%s", len, path, len ? "/" : "./", command);
		if (n > 0 && n < MAX_PATH && !access(file, X_OK))
			return rights_of(file);
		path += len + (path[len] == ':');
	}
	return NULL;
}
