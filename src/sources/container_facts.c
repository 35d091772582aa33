/* SPDX-License-Identifier: MIT */
/* Keys by key, as the runtimes write them. */
#include "sources/container_facts.h"
#include "base/arena.h"
#include "base/auto.h"
#include "base/json_read.h"

#include <string.h>

static void set(const char **to, const char *text)
{
	if (!*to && text && *text)
		*to = text;
}

static void set_pod(struct arena *arena, struct container_facts *facts, const char *space,
		    const char *name)
{
	if (!facts->pod && name && *name)
		facts->pod = space && *space ? arena_printf(arena, "%s/%s", space, name) : name;
}

/* Labels of Kubernetes' own, which every runtime passes on. */
static void read_kubernetes(struct arena *arena, const struct json_value *labels,
			    struct container_facts *facts)
{
	set(&facts->name, json_get_text(labels, "io.kubernetes.container.name"));
	set_pod(arena, facts, json_get_text(labels, "io.kubernetes.pod.namespace"),
		json_get_text(labels, "io.kubernetes.pod.name"));
}

void container_from_docker(struct arena *arena, const char *json, struct container_facts *facts)
{
	const struct json_value *root = json_read(arena, json);
	const struct json_value *config = json_get(root, "Config");
	const char *name = json_get_text(root, "Name");

	read_kubernetes(arena, json_get(config, "Labels"), facts);
	set(&facts->name, name && *name == '/' ? name + 1 : name);
	set(&facts->image, json_get_text(config, "Image"));
}

void container_from_oci(struct arena *arena, const char *json, struct container_facts *facts)
{
	static const char *const names[] = {"io.kubernetes.cri.container-name", "nerdctl/name"};
	static const char *const images[] = {"io.kubernetes.cri.image-name",
					     "io.kubernetes.cri-o.ImageName", "nerdctl/image-ref"};
	const struct json_value *notes = json_get(json_read(arena, json), "annotations");
	const char *type = json_get_text(notes, "io.kubernetes.cri.container-type");

	read_kubernetes(arena, notes, facts);
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		set(&facts->name, json_get_text(notes, names[i]));
	for (size_t i = 0; i < N_ELEMENTS(images); i++)
		set(&facts->image, json_get_text(notes, images[i]));
	set_pod(arena, facts, json_get_text(notes, "io.kubernetes.cri.sandbox-namespace"),
		json_get_text(notes, "io.kubernetes.cri.sandbox-name"));
	set_pod(arena, facts, json_get_text(notes, "io.kubernetes.cri-o.Namespace"),
		json_get_text(notes, "io.kubernetes.cri-o.KubeName"));
	const char *manager = json_get_text(notes, "io.container.manager");
	if (manager && !strcmp(manager, "libpod"))
		set(&facts->pod_id, json_get_text(notes, "io.kubernetes.cri-o.SandboxID"));
	/* The container that holds a pod's namespaces has no name of its own. */
	if (type && !strcmp(type, "sandbox"))
		set(&facts->name, "sandbox");
}

void container_pod_from_podman(struct arena *arena, const char *json, struct container_facts *facts)
{
	set_pod(arena, facts, NULL, json_get_text(json_read(arena, json), "Name"));
}

void container_from_storage(struct arena *arena, const char *json, const char *id,
			    struct container_facts *facts)
{
	json_foreach(entry, json_read(arena, json)) {
		const char *own = json_get_text(entry, "id");
		if (!own || strcmp(own, id) != 0)
			continue;
		const char *text = json_get_text(entry, "metadata"); /* JSON in a text */
		const struct json_value *metadata = text ? json_read(arena, text) : NULL;
		const struct json_value *names = json_get(entry, "names");
		set(&facts->name, json_get_text(metadata, "metadata-name")); /* cri-o's plain one */
		set(&facts->name, json_get_text(metadata, "name"));
		if (names && json_is_text(names->first))
			set(&facts->name, names->first->text);
		set(&facts->image, json_get_text(metadata, "image-name"));
		return;
	}
}

const char *container_http_body(const char *answer)
{
	const char *status = strchr(answer, ' '), *body = strstr(answer, "\r\n\r\n");

	if (strncmp(answer, "HTTP/1.", 7) != 0 || !body || !status || status > body ||
	    strncmp(status, " 200", 4) != 0)
		return NULL;
	return body + 4;
}

size_t container_option(const char *cmdline, const char *option, const char **ret)
{
	const size_t len = strlen(option);

	for (const char *at = cmdline; (at = strchr(at, ' '));) {
		if (strncmp(++at, option, len) != 0 || (at[len] != ' ' && at[len] != '='))
			continue;
		*ret = at + len + 1;
		return strcspn(*ret, " ");
	}
	return 0;
}
