/* SPDX-License-Identifier: MIT */
/* Reads /proc/PID/{status,ns,cgroup,limits,fd,environ}. */
#include "probe/caller.h"
#include "base/auto.h"
#include "base/procfs.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static const char *const proxy_names[] = {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY",
					  "HTTPS_PROXY", "ALL_PROXY"};

static void read_status(struct caller *c, uint32_t pid)
{
	AUTO(fclosep) FILE *file = procfs_open(pid, "status");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		const char *value = line + strcspn(line, ":") + 1;
		if (!strncmp(line, "CapEff:", 7))
			c->capabilities = strtoull(value, NULL, 16);
		else if (!strncmp(line, "Seccomp:", 8))
			c->seccomp = (uint8_t)strtoul(value, NULL, 10);
		else if (!strncmp(line, "Seccomp_filters:", 16))
			c->seccomp_filters = (uint32_t)strtoul(value, NULL, 10);
		else if (!strncmp(line, "NoNewPrivs:", 11))
			c->no_new_privs = strtoul(value, NULL, 10) != 0;
		else if (!strncmp(line, "Uid:", 4)) { /* real, effective, ... */
			char *end;
			strtoul(value, &end, 10);
			c->uid = (uint32_t)strtoul(end, NULL, 10);
		}
		c->known = true;
	}
}

static uint64_t namespace_inode(uint32_t pid, const char *name, uint64_t *ret_owner)
{
	char path[64];
	struct stat st;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%u/ns/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &st))
		return 0;
	if (ret_owner) {
		AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
		AUTO(closep) int owner = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);
		struct stat owner_st;
		if (owner >= 0 && !fstat(owner, &owner_st))
			*ret_owner = owner_st.st_ino;
	}
	return st.st_ino;
}

static void read_environ(struct case_facts *facts, uint32_t pid)
{
	AUTO(fclosep) FILE *file = procfs_open(pid, "environ");
	struct caller *c = &facts->caller;
	AUTO(freep) char *entry = NULL;
	size_t room = 0;

	while (file && getdelim(&entry, &room, '\0', file) > 0) {
		char *equals = strchr(entry, '=');
		if (!equals || !equals[1])
			continue;
		*equals = '\0';
		for (size_t i = 0; i < N_ELEMENTS(proxy_names); i++)
			if (!strcmp(entry, proxy_names[i]) && c->n_proxies < 6)
				c->proxies[c->n_proxies++] = (struct proxy_variable){
					proxy_names[i],
					arena_dup(&facts->arena, equals + 1, strlen(equals + 1))};
	}
}

void caller_read(struct case_facts *facts, uint32_t pid)
{
	struct caller *c = &facts->caller;
	const bool landlocked = c->landlocked;

	*c = (struct caller){.pid = pid, .landlocked = landlocked};
	read_status(c, pid);
	c->userns = namespace_inode(pid, "user", NULL);
	c->netns = namespace_inode(pid, "net", &c->netns_owner);
	c->cgroup = procfs_cgroup(&facts->arena, pid);
	const char *own = procfs_cgroup(&facts->arena, 0);
	c->same_cgroup = !pid || (own && c->cgroup && !strcmp(own, c->cgroup));
	procfs_count_fds(pid, &c->n_fds, &c->max_fds);
	read_environ(facts, pid);
}
