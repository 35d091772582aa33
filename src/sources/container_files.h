/* SPDX-License-Identifier: MIT */
/* The reads that tell of one container; each does nothing once all is known or time is over. */
#ifndef BERTH_SOURCES_CONTAINER_FILES_H
#define BERTH_SOURCES_CONTAINER_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/container_facts.h"

struct container_asking {
	struct arena *arena;
	const char *id;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC */
	struct container_facts facts;
	bool denied; /* something was there but not for us */
};

enum container_form { CONTAINER_DOCKER, CONTAINER_OCI, CONTAINER_STORAGE };

/*
 * Read the file of that name if it is a plain one of at most 4 MiB and belongs to root or @uid: a
 * user's monitor must not make us read what is not the user's.
 */
void container_read(struct container_asking *asking, enum container_form form, uint32_t uid,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* GET /containers/ID/json of the UNIX socket at @path; it is never waited for past the deadline. */
void container_ask_docker(struct container_asking *asking, const char *path);

/* The same of podman's service for the pod .facts.pod_id, when its name is not known yet. */
void container_ask_pod(struct container_asking *asking, const char *path);

/* "data-root" of /etc/docker/daemon.json, or NULL. */
const char *container_docker_root(struct container_asking *asking);

#endif
