/* SPDX-License-Identifier: MIT */
/*
 * What the files and sockets of container runtimes tell of a container. Pure text: any bytes are
 * safe. Each reader fills what it is told and leaves the rest; texts live in the arena.
 */
#ifndef BERTH_SOURCES_CONTAINER_FACTS_H
#define BERTH_SOURCES_CONTAINER_FACTS_H

#include <stddef.h>

struct arena;

struct container_facts {
	const char *name;
	const char *image;
	const char *pod; /* "namespace/name", or the name alone */
	const char *pod_id; /* podman's files tell of a pod just this */
};

/* docker's config.v2.json, and its answer to GET /containers/ID/json: the same keys. */
void container_from_docker(struct arena *arena, const char *json, struct container_facts *facts);
/*
 * The annotations of an OCI config.json, as containerd's CRI plugin, cri-o, podman and nerdctl
 * write them.
 */
void container_from_oci(struct arena *arena, const char *json, struct container_facts *facts);
/* containers.json of containers/storage (podman, cri-o): the entry of container @id. */
void container_from_storage(struct arena *arena, const char *json, const char *id,
			    struct container_facts *facts);
/* podman's answer to GET /libpod/pods/ID/json. */
void container_pod_from_podman(struct arena *arena, const char *json, struct container_facts *facts);
/* The body of an answer in HTTP/1.0 whose status is 200; NULL: another status, or none. */
const char *container_http_body(const char *answer);

/*
 * The word behind @option in @cmdline, whose words are separated by one space ("-c ID", also
 * "-c=ID"): its length, and where it begins; 0 if there is none.
 */
size_t container_option(const char *cmdline, const char *option, const char **ret);

#endif
