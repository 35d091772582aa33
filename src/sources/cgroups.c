/* SPDX-License-Identifier: MIT */
/* Component by component, from the root inwards; a table tells the container runtimes apart. */
#include "sources/cgroups.h"
#include "base/auto.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PIECE(constant) ((struct piece){constant, sizeof(constant) - 1})

/* How a runtime spells a container in one component: before its id, and what ends it. */
static const struct runtime {
	struct piece before;
	enum proc_manager manager;
	bool is_name; /* any name follows, not an id of hex digits */
	bool outside; /* the runtime's monitor of the container: not in it */
} runtimes[] = {
	{PIECE("libpod-conmon-"), PROC_MANAGER_PODMAN, .outside = true},
	{PIECE("crio-conmon-"), PROC_MANAGER_CRIO, .outside = true},
	{PIECE("lxc.monitor."), PROC_MANAGER_LXC, .outside = true, .is_name = true},
	{PIECE("docker-"), PROC_MANAGER_DOCKER},
	{PIECE("libpod-"), PROC_MANAGER_PODMAN},
	{PIECE("cri-containerd-"), PROC_MANAGER_CONTAINERD},
	{PIECE("nerdctl-"), PROC_MANAGER_CONTAINERD},
	{PIECE("crio-"), PROC_MANAGER_CRIO},
	{PIECE("lxc.payload."), PROC_MANAGER_LXC, .is_name = true},
	{PIECE("machine-"), PROC_MANAGER_SYSTEMD, .is_name = true},
	{PIECE("systemd-nspawn@"), PROC_MANAGER_SYSTEMD, .is_name = true},
};

/* A component whose child is a container: "/docker/ID", "/lxc/NAME". */
static const struct parent {
	struct piece name;
	enum proc_manager manager;
	bool is_name;
} parents[] = {
	{PIECE("docker"), PROC_MANAGER_DOCKER, false},
	{PIECE("lxc"), PROC_MANAGER_LXC, true},
	{PIECE("lxc.payload"), PROC_MANAGER_LXC, true},
	{PIECE("k8s.io"), PROC_MANAGER_CONTAINERD, false},
	{PIECE("moby"), PROC_MANAGER_DOCKER, false},
	{PIECE("libpod_parent"), PROC_MANAGER_PODMAN, false},
	{PIECE("buildkit"), PROC_MANAGER_DOCKER, false},
};

static const struct piece unit_endings[] = {
	PIECE(".service"), PIECE(".scope"), PIECE(".socket"),
	PIECE(".mount"),   PIECE(".swap"),
};

static bool piece_is(struct piece piece, struct piece other)
{
	return piece.len == other.len && !memcmp(piece.text, other.text, other.len);
}

static bool starts_with(struct piece piece, struct piece start)
{
	return piece.len > start.len && !memcmp(piece.text, start.text, start.len);
}

static bool ends_with(struct piece piece, struct piece end)
{
	return piece.len > end.len &&
	       !memcmp(piece.text + piece.len - end.len, end.text, end.len);
}

static struct piece without_start(struct piece piece, size_t n)
{
	return (struct piece){piece.text + n, piece.len - n};
}

static struct piece without_ending(struct piece piece, struct piece end)
{
	if (ends_with(piece, end))
		piece.len -= end.len;
	return piece;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* 64 hex digits with every runtime of today; 12 is the shortest that people use. */
static bool is_id(struct piece piece)
{
	if (piece.len < 12 || piece.len > 64)
		return false;
	for (size_t i = 0; i < piece.len; i++)
		if (!is_hex(piece.text[i]))
			return false;
	return true;
}

/* The id in "ID", "ID.scope" or "ID.service"; .len 0 if it is none. */
static struct piece id_of(struct piece piece, bool is_name)
{
	piece = without_ending(without_ending(piece, PIECE(".scope")), PIECE(".service"));
	return piece.len && (is_name || is_id(piece)) ? piece : (struct piece){0};
}

/* "podUID" of the cgroupfs driver, "kubepods-burstable-podUID.slice" of systemd's. */
static struct piece pod_of(struct piece piece)
{
	static const struct piece word = PIECE("-pod");
	const bool is_slice = ends_with(piece, PIECE(".slice"));

	if (is_slice && starts_with(piece, PIECE("kubepods"))) {
		piece = without_ending(piece, PIECE(".slice"));
		const char *at = memmem(piece.text, piece.len, word.text, word.len);
		if (!at)
			return (struct piece){0};
		piece = without_start(piece, (size_t)(at - piece.text) + word.len);
	} else if (starts_with(piece, PIECE("pod"))) {
		piece = without_start(piece, 3);
	} else {
		return (struct piece){0};
	}
	/* A UUID, or 32 digits for a static pod. */
	if (piece.len < 32 || piece.len > 36)
		return (struct piece){0};
	for (size_t i = 0; i < piece.len; i++)
		if (!is_hex(piece.text[i]) && piece.text[i] != '-' && piece.text[i] != '_')
			return (struct piece){0};
	return piece;
}

/* systemd escapes a name that collides with the kernel's files by one "_" (cg_escape()). */
static struct piece unescaped(struct piece piece)
{
	return piece.len > 1 && piece.text[0] == '_' ? without_start(piece, 1) : piece;
}

static bool is_unit(struct piece piece)
{
	for (size_t i = 0; i < N_ELEMENTS(unit_endings); i++)
		if (ends_with(piece, unit_endings[i]))
			return true;
	return false;
}

/* "SLICE:PREFIX:ID": containerd with runc's systemd form under the cgroupfs driver. */
static bool container_by_colons(struct piece piece, struct cgroup_facts *ret)
{
	const char *last = piece.text && piece.len ? memrchr(piece.text, ':', piece.len) : NULL;
	const char *first = last ? memchr(piece.text, ':', piece.len) : NULL;

	if (!last || first == last)
		return false;
	struct piece id = id_of(without_start(piece, (size_t)(last + 1 - piece.text)), false);
	struct piece prefix = {first + 1, (size_t)(last - first - 1)};
	if (!id.len)
		return false;
	struct piece pod = pod_of((struct piece){piece.text, (size_t)(first - piece.text)});
	ret->container = id;
	ret->manager = piece_is(prefix, PIECE("docker")) ? PROC_MANAGER_DOCKER
		       : piece_is(prefix, PIECE("crio")) ? PROC_MANAGER_CRIO
							 : PROC_MANAGER_CONTAINERD;
	if (pod.len)
		ret->pod = pod;
	return true;
}

/* Is @piece, a child of @parent, a container or its monitor? Then nothing else. */
static bool container_parse(struct piece piece, struct piece parent, struct cgroup_facts *ret)
{
	struct piece id;

	for (size_t i = 0; i < N_ELEMENTS(runtimes); i++) {
		const struct runtime *runtime = &runtimes[i];
		if (!starts_with(piece, runtime->before))
			continue;
		id = id_of(without_start(piece, runtime->before.len), runtime->is_name);
		/* "machine-x.slice" and the like are no containers. */
		if (!id.len || ends_with(id, PIECE(".slice")))
			continue;
		if (!runtime->outside)
			ret->container = id;
		ret->manager = runtime->manager;
		return true;
	}
	for (size_t i = 0; i < N_ELEMENTS(parents); i++) {
		if (!piece_is(parent, parents[i].name))
			continue;
		id = id_of(piece, parents[i].is_name);
		if (!id.len)
			continue;
		ret->container = id;
		ret->manager = parents[i].manager;
		return true;
	}
	if (container_by_colons(piece, ret))
		return true;
	if (!is_id(piece) || piece.len != 64)
		return false;
	/* A bare id: below a pod the CRI runtime's, else of docker with its own cgroup parent. */
	ret->container = piece;
	ret->manager = ret->pod.len ? PROC_MANAGER_CONTAINERD : PROC_MANAGER_DOCKER;
	return true;
}

struct walk {
	const char *at, *end;
};

static bool component_next(struct walk *walk, struct piece *ret)
{
	while (walk->at < walk->end && *walk->at == '/')
		walk->at++;
	const char *slash = memchr(walk->at, '/', (size_t)(walk->end - walk->at));
	if (!slash)
		slash = walk->end;
	*ret = (struct piece){walk->at, (size_t)(slash - walk->at)};
	walk->at = slash;
	return ret->len > 0;
}

void cgroup_parse(const char *path, size_t len, struct cgroup_facts *ret)
{
	struct walk walk = {path, path + len};
	struct piece piece, parent = {0};
	bool past_slices = false; /* the first unit or container ends them */

	*ret = (struct cgroup_facts){0};
	for (; component_next(&walk, &piece); parent = piece) {
		struct piece name = unescaped(piece);
		struct piece pod = pod_of(name);
		if (pod.len)
			ret->pod = pod;
		if (ends_with(name, PIECE(".slice"))) {
			if (!past_slices)
				ret->slice = name;
			continue;
		}
		if (container_parse(name, parent, ret)) {
			/* What is known from here on is the container's own. */
			ret->unit = (struct piece){0};
			past_slices = true;
			continue;
		}
		if (!is_unit(name))
			continue;
		ret->unit = name;
		past_slices = true;
		if (!ret->container.len)
			ret->manager = ends_with(name, PIECE(".scope")) ? PROC_MANAGER_NONE
									: PROC_MANAGER_SYSTEMD;
	}
}

/* More telling paths have higher marks. */
static int path_mark(struct piece controllers, struct piece path)
{
	struct cgroup_facts facts;

	cgroup_parse(path.text, path.len, &facts);
	const int told = facts.container.len ? 20 : facts.unit.len ? 10 : 0;
	const int deep = path.len > 1 ? 4 : 0;
	if (piece_is(controllers, PIECE("name=systemd")))
		return told + deep + 3;
	return told + deep + (controllers.len ? 0 : 2);
}

struct piece cgroup_path(const char *text, size_t len)
{
	const char *end = text + len;
	struct piece best = PIECE("/");
	int best_mark = -1;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		/* "ID:CONTROLLERS:PATH"; version 2 has no controllers. */
		const char *first = memchr(line, ':', (size_t)(stop - line));
		const char *second =
			first ? memchr(first + 1, ':', (size_t)(stop - first - 1)) : NULL;
		if (second && second + 1 < stop) {
			struct piece controllers = {first + 1, (size_t)(second - first - 1)};
			struct piece path = {second + 1, (size_t)(stop - second - 1)};
			int mark = path_mark(controllers, path);
			if (mark > best_mark) {
				best_mark = mark;
				best = path;
			}
		}
		line = stop + 1;
	}
	return best;
}
