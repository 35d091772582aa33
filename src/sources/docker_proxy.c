/* SPDX-License-Identifier: MIT */
/* docker-proxy listens on the host for a port of a container: its arguments say for which. */
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/container_facts.h"
#include "sources/interfaces.h"
#include "sources/netns.h"
#include "sources/sources.h"

#include <errno.h>
#include <string.h>

/* The place of the container that a proxy serves. */
struct target {
	struct addr addr;
	uint16_t port;
};

static bool read_target(const struct proc *proc, struct target *ret)
{
	char address[ADDR_TEXT_SIZE];
	const char *at = NULL;
	uint64_t port;
	size_t len = container_option(proc->cmdline, "-container-ip", &at);

	if (!len || len >= sizeof(address))
		return false;
	memcpy(address, at, len);
	address[len] = '\0';
	len = container_option(proc->cmdline, "-container-port", &at);
	if (!addr_parse(address, &ret->addr) || !parse_u64_n(at, len, UINT16_MAX, &port))
		return false;
	ret->port = (uint16_t)port;
	return port != 0;
}

struct search {
	struct snapshot *snap;
	struct target target;
	uint16_t netns;
	bool found;
};

/* On a thread inside the namespace: is the container's address one of its own? */
static int look(size_t index, int err, void *data)
{
	AUTO(arena_release) struct arena arena;
	struct search *search = data;
	struct host host = {0};

	arena_init(&arena);
	if (err || search->found || search->snap->namespaces[index].is_self)
		return 0;
	if (!interfaces_read(&host, &arena) && host_address(&host, &search->target.addr)) {
		search->netns = (uint16_t)index;
		search->found = true;
	}
	return 0;
}

/* The container whose process lives at the target's address, or NULL. */
static const char *container_name(struct snapshot *snap, const struct target *target)
{
	struct search search = {.snap = snap, .target = *target};

	netns_run_wanted(snap, look, &search);
	for (size_t i = 0; search.found && i < snap->n_procs; i++) {
		const struct proc *proc = &snap->procs[i];
		if (proc->netns_inode == snap->namespaces[search.netns].inode && proc->container)
			return proc->container_name ? proc->container_name
						    : arena_printf(&snap->arena, "%.12s", proc->container);
	}
	return NULL;
}

static int docker_proxy_collect(struct snapshot *snap, const struct request *request)
{
	char place[ADDR_TEXT_SIZE + 8];

	for (size_t i = 0; i < snap->n_owners; i++) {
		const struct owner *owner = &snap->owners[i];
		const struct proc *proc = &snap->procs[owner->proc];
		struct target target;
		if (strcmp(proc->comm, "docker-proxy") != 0 || !proc->cmdline ||
		    !sock_is_open_port(&snap->socks[owner->sock]) || !read_target(proc, &target))
			continue;
		const char *name = container_name(snap, &target);
		struct note *note = snapshot_add_note(snap, owner->sock);
		if (!note)
			return -ENOMEM;
		note->kind = NOTE_PROXY;
		note->subject = name;
		addr_format_port(&target.addr, target.port, place);
		note->object = arena_dup(&snap->arena, place, strlen(place));
	}
	return 0;
}

const struct source source_docker_proxy = {
	.name = "docker_proxy",
	.provides = FACT_NOTES,
	.collect = docker_proxy_collect,
};
