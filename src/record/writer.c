/* SPDX-License-Identifier: MIT */
/* What others refer to goes first: namespaces and processes before the sockets that name them. */
#include "record/writer.h"
#include "base/auto.h"
#include "base/json.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "core/translation.h"
#include "record/members.h"

#include <stdbool.h>

static void open_record(struct json *json, const char *kind)
{
	json_open(json, '{');
	json_put_text(json, "kind", kind);
}

static void close_record(struct json *json)
{
	json_close(json, '}');
	json_end(json);
}

static void write_header(const struct snapshot *snap, struct json *json)
{
	json_open(json, '{');
	json_put_text(json, "recording", RECORDING_FORMAT);
	json_put_text(json, "program", "berth " BERTH_VERSION);
	json_put_u64(json, "taken_ns", snap->taken_ns);
	json_put_u64(json, "boot_ns", snap->boot_ns);
	close_record(json);
}

/* @netns is -1 for the snapshot's own host record. */
static void write_host(const struct snapshot *snap, const struct host *host, int netns,
		       struct json *json)
{
	open_record(json, "host");
	if (netns >= 0)
		json_put_u64(json, "netns", (uint64_t)netns);
	members_write(host_members, snap, host, json);
	json_key(json, "reserved");
	json_open(json, '[');
	for (size_t i = 0; i < host->n_reserved; i++) {
		json_open(json, '[');
		json_u64(json, host->reserved[i].low);
		json_u64(json, host->reserved[i].high);
		json_close(json, ']');
	}
	json_close(json, ']');
	json_key(json, "interfaces");
	json_open(json, '[');
	for (size_t i = 0; i < host->n_interfaces; i++) {
		json_open(json, '{');
		members_write(interface_members, snap, &host->interfaces[i], json);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_key(json, "addresses");
	json_open(json, '[');
	for (size_t i = 0; i < host->n_addresses; i++) {
		json_open(json, '{');
		members_write(address_members, snap, &host->addresses[i], json);
		json_close(json, '}');
	}
	json_close(json, ']');
	close_record(json);
}

static void write_places(const struct snapshot *snap, struct json *json)
{
	for (size_t i = 0; i < snap->n_namespaces; i++) {
		open_record(json, "namespace");
		members_write(namespace_members, snap, &snap->namespaces[i], json);
		close_record(json);
	}
	write_host(snap, &snap->host, -1, json);
	for (size_t i = 0; i < snap->n_namespaces; i++) {
		const struct host *host = &snap->namespaces[i].host;
		if (host->known || host->n_interfaces)
			write_host(snap, host, (int)i, json);
	}
	for (size_t i = 0; i < snap->n_forwards; i++) {
		open_record(json, "forward");
		members_write(forward_members, snap, &snap->forwards[i], json);
		close_record(json);
	}
	for (size_t i = 0; i < snap->n_translations; i++) {
		open_record(json, "translation");
		members_write(translation_members, snap, &snap->translations[i], json);
		close_record(json);
	}
	for (size_t i = 0; i < snap->n_users; i++) {
		open_record(json, "user");
		members_write(user_members, snap, &snap->users[i], json);
		close_record(json);
	}
}

/* Extras are made zeroed, padding included. */
static bool holds_something(const struct sock_extra *extra)
{
	const unsigned char *bytes = (const unsigned char *)extra;

	for (size_t i = 0; i < sizeof(*extra); i++)
		if (bytes[i])
			return true;
	return false;
}

static void write_sock(const struct snapshot *snap, size_t index, struct json *json)
{
	const struct sock *sock = &snap->socks[index];

	open_record(json, "socket");
	members_write(sock_members, snap, sock, json);
	if (sock->n_owners) {
		json_key(json, "owners");
		json_open(json, '[');
		for (uint32_t i = 0; i < sock->n_owners; i++) {
			const struct owner *owner = sock_owner(snap, sock, i);
			json_open(json, '[');
			json_u64(json, owner_proc(snap, owner)->pid);
			json_i64(json, owner->fd);
			json_close(json, ']');
		}
		json_close(json, ']');
	}
	const struct sock_extra *extra = sock_extra(snap, sock);
	if (extra && holds_something(extra)) {
		json_key(json, "extra");
		json_open(json, '{');
		members_write(extra_members, snap, extra, json);
		json_close(json, '}');
	}
	const struct bind_facts *bind = sock_bind(snap, sock);
	if (bind) {
		json_key(json, "bind");
		json_open(json, '{');
		members_write(bind_members, snap, bind, json);
		json_close(json, '}');
	}
	close_record(json);
}

int recording_write(const struct snapshot *snap, struct out *out)
{
	AUTO(json_release) struct json json;

	json_init(&json, out);
	write_header(snap, &json);
	write_places(snap, &json);
	for (size_t i = 0; i < snap->n_coverages; i++) {
		open_record(&json, "coverage");
		members_write(coverage_members, snap, &snap->coverages[i], &json);
		close_record(&json);
	}
	for (size_t i = 0; i < snap->n_procs; i++) {
		open_record(&json, "process");
		members_write(proc_members, snap, &snap->procs[i], &json);
		close_record(&json);
	}
	for (size_t i = 0; i < snap->n_socks && !out->error; i++)
		write_sock(snap, i, &json);
	for (size_t i = 0; i < snap->n_notes; i++) {
		open_record(&json, "note");
		members_write(note_members, snap, &snap->notes[i], &json);
		close_record(&json);
	}
	open_record(&json, "end");
	json_put_u64(&json, "sockets", snap->n_socks);
	close_record(&json);
	return out_flush(out);
}
