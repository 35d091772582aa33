/* SPDX-License-Identifier: MIT */
/*
 * One socket as a JSON object, by its fields: scalars under their names, what holds it as an array
 * of objects under "owners". A field without a value is left out. Keys: docs/json.md.
 */
#ifndef BERTH_RENDER_SOCK_JSON_H
#define BERTH_RENDER_SOCK_JSON_H

#include <stdint.h>

struct field;
struct json;
struct snapshot;
struct sock;

/* All fields that need no other facts than @facts. */
void sock_json(struct json *json, const struct snapshot *snap, const struct sock *sock,
	       uint32_t facts);

/* Its members, "owners" among them, in an object that is open. */
void sock_json_whole(struct json *json, const struct snapshot *snap, const struct sock *sock,
		     uint32_t facts);

/* Only @chosen, which ends with NULL; one of several values becomes an array of them. */
void sock_json_fields(struct json *json, const struct snapshot *snap, const struct sock *sock,
		      const struct field *const *chosen);

/* The members of an open object: all scalars of @sock; all that is known of its @nth owner. */
void sock_json_members(struct json *json, const struct snapshot *snap, const struct sock *sock,
		       uint32_t facts);
void sock_json_owner_members(struct json *json, const struct snapshot *snap,
			     const struct sock *sock, uint32_t nth, uint32_t facts);

/* The value of "owners": an array, empty where no process is known to hold it. */
void sock_json_owners(struct json *json, const struct snapshot *snap, const struct sock *sock,
		      uint32_t facts);

/* "notes":[{"kind":...,"text":...}], as the next key of the open object; nothing if there are none. */
void sock_json_notes(struct json *json, const struct snapshot *snap, const struct sock *sock);

#endif
