/* SPDX-License-Identifier: MIT */
/* A namespace's sysctls, interfaces and addresses. */
#include "core/snapshot.h"
#include "record/members.h"
#include "record/reader_parts.h"

#include <errno.h>
#include <string.h>

struct host_target {
	struct host host;
	uint64_t netns;
	bool has_netns;
};

/* Room for one more in an array of the arena: doubled when its size is a power of two. */
static void *append(struct arena *arena, void *items, size_t *n, size_t size)
{
	char *grown = items;

	if (!(*n & (*n - 1))) {
		grown = arena_alloc(arena, (*n ? *n * 2 : 1) * size);
		if (!grown)
			return NULL;
		if (*n)
			memcpy(grown, items, *n * size);
	}
	++*n;
	return grown;
}

static int read_reserved(struct recording_reader *reader, struct host *host)
{
	struct json_in *in = &reader->in;
	uint64_t low, high;

	if (!json_in_array(in))
		return -EBADMSG;
	while (json_in_item(in)) {
		if (!json_in_array(in) || !json_in_item(in) ||
		    !json_in_u64(in, UINT16_MAX, &low) || !json_in_item(in) ||
		    !json_in_u64(in, UINT16_MAX, &high) || json_in_item(in))
			return record_bad(reader, "expected two ports");
		void *grown = append(&reader->snap->arena, host->reserved, &host->n_reserved,
				     sizeof(*host->reserved));
		if (!grown)
			return -ENOMEM;
		host->reserved = grown;
		host->reserved[host->n_reserved - 1] =
			(struct port_range){(uint16_t)low, (uint16_t)high};
	}
	return in->error ? -EBADMSG : 1;
}

/* The object that the array has next becomes the zeroed @one. */
static int read_one(struct recording_reader *reader, const struct member *members, void *one)
{
	const struct record_shape shape = {.members = members};

	return json_in_object(&reader->in) ? record_object(reader, &shape, one) : -EBADMSG;
}

static int read_interfaces(struct recording_reader *reader, struct host *host)
{
	int error = json_in_array(&reader->in) ? 0 : -EBADMSG;

	while (!error && json_in_item(&reader->in)) {
		void *grown = append(&reader->snap->arena, host->interfaces, &host->n_interfaces,
				     sizeof(*host->interfaces));
		if (!grown)
			return -ENOMEM;
		host->interfaces = grown;
		struct interface *one = &host->interfaces[host->n_interfaces - 1];
		*one = (struct interface){.name = "", .kind = ""};
		error = read_one(reader, interface_members, one);
	}
	return error ? error : reader->in.error ? -EBADMSG : 1;
}

static int read_addresses(struct recording_reader *reader, struct host *host)
{
	int error = json_in_array(&reader->in) ? 0 : -EBADMSG;

	while (!error && json_in_item(&reader->in)) {
		void *grown = append(&reader->snap->arena, host->addresses, &host->n_addresses,
				     sizeof(*host->addresses));
		if (!grown)
			return -ENOMEM;
		host->addresses = grown;
		struct interface_address *one = &host->addresses[host->n_addresses - 1];
		*one = (struct interface_address){};
		error = read_one(reader, address_members, one);
	}
	return error ? error : reader->in.error ? -EBADMSG : 1;
}

static int host_special(struct recording_reader *reader, const char *key, void *data)
{
	struct host_target *target = data;

	if (!strcmp(key, "reserved"))
		return read_reserved(reader, &target->host);
	if (!strcmp(key, "interfaces"))
		return read_interfaces(reader, &target->host);
	if (!strcmp(key, "addresses"))
		return read_addresses(reader, &target->host);
	if (strcmp(key, "netns") != 0)
		return 0;
	target->has_netns = true;
	return json_in_u64(&reader->in, UINT16_MAX, &target->netns) ? 1 : -EBADMSG;
}

int record_host(struct recording_reader *reader)
{
	struct host_target target = {};
	const struct record_shape shape = {host_members, host_special, &target};

	host_set_defaults(&target.host);
	int error = record_object(reader, &shape, &target.host);
	if (error)
		return error;
	if (!target.has_netns) {
		reader->snap->host = target.host;
		return 0;
	}
	if (target.netns >= reader->snap->n_namespaces)
		return record_bad(reader, "a host of a namespace that was not described");
	reader->snap->namespaces[target.netns].host = target.host;
	return 0;
}
