/* SPDX-License-Identifier: MIT */
/* Showing the ports that answer without a socket, for several commands. */
#ifndef BERTH_COMMANDS_FORWARDS_H
#define BERTH_COMMANDS_FORWARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow;
struct forward;
struct json;
struct output;
struct snapshot;
struct what;

/* Does @what mean a port that @forward takes? @what NULL: any. */
bool forward_is_meant(const struct forward *forward, const struct what *what);

/* A heading and a line for each that one of @whats means (@n 0: all); how many there were. */
size_t forwards_print_text(const struct snapshot *snap, struct what *const *whats, size_t n,
			   struct output *output);
/* The same as "forwards": [...], the next member of the open object. */
void forwards_print_json(const struct snapshot *snap, struct what *const *whats, size_t n,
			 struct json *json);
/* Those of namespace @netns that would take a packet of @flow. */
size_t forwards_of_flow(const struct snapshot *snap, uint16_t netns, const struct flow *flow,
			const struct forward **ret, size_t room);

#endif
