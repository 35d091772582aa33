/* SPDX-License-Identifier: MIT */
/* The control group tells container and unit; the runtime's files their names. */
#include "sources/netns_label.h"
#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/cgroups.h"
#include "sources/containers.h"
#include "sources/proc_dir.h"

#include <stdio.h>
#include <string.h>

enum { SHORT_ID = 12, CGROUP_BYTES = 16 * 1024 };

static const char *of_container(struct snapshot *snap, struct containers *containers,
				struct proc *proc)
{
	containers_describe(containers, snap, proc);
	/* "namespace/name" of Kubernetes: all containers of a pod share the namespace. */
	if (proc->pod && strchr(proc->pod, '/'))
		return proc->pod;
	if (proc->container_name)
		return proc->container_name;
	return arena_printf(&snap->arena, "%.*s", SHORT_ID, proc->container);
}

/* A service of the system: a session or a user's manager says little of what runs in it. */
static bool is_telling(struct piece unit)
{
	static const char end[] = ".service", users[] = "user@";
	const size_t n = sizeof(end) - 1;

	return unit.len > n && !memcmp(unit.text + unit.len - n, end, n) &&
	       strncmp(unit.text, users, sizeof(users) - 1) != 0;
}

static const char *of_cgroup(struct snapshot *snap, struct containers *containers, int dir,
			     uint32_t pid)
{
	struct proc proc = {.pid = pid, .comm = ""};
	struct cgroup_facts facts;
	char text[CGROUP_BYTES];
	long len = proc_dir_read(dir, "cgroup", text, sizeof(text));

	if (len <= 0)
		return NULL;
	struct piece path = cgroup_path(text, (size_t)len);
	cgroup_parse(path.text, path.len, &facts);
	if (facts.container.len) {
		proc.container = arena_dup(&snap->arena, facts.container.text, facts.container.len);
		proc.manager = (uint8_t)facts.manager;
		return proc.container ? of_container(snap, containers, &proc) : NULL;
	}
	return is_telling(facts.unit) ? arena_dup(&snap->arena, facts.unit.text, facts.unit.len)
				      : NULL;
}

static bool is_taken(const struct snapshot *snap, const char *name)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (!strcmp(snap->namespaces[i].name, name))
			return true;
	return false;
}

const char *netns_label(struct snapshot *snap, struct containers *containers, uint32_t pid)
{
	AUTO(closep) int dir = proc_dir_open(pid);
	const char *name = dir < 0 ? NULL : of_cgroup(snap, containers, dir, pid);
	char comm[32] = "";

	if (name)
		return is_taken(snap, name) ? arena_printf(&snap->arena, "%s/%u", name, pid) : name;
	long len = dir < 0 ? 0 : proc_dir_read(dir, "comm", comm, sizeof(comm));
	comm[len > 0 ? len - 1 : 0] = '\0'; /* its newline */
	return arena_printf(&snap->arena, "%s/%u", comm, pid);
}
