/* SPDX-License-Identifier: MIT */
/* Open ports as rows: the sockets that one program holds one port with, folded together. */
#ifndef BERTH_COMMANDS_PORTS_H
#define BERTH_COMMANDS_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct output;
struct proc;
struct snapshot;
struct sock;
struct strbuf;

struct port_row {
	const uint32_t *socks; /* indexes, at least one; all of one port */
	uint32_t n_socks;
	const struct sock *first;
	const struct proc *proc; /* the one that stands for all holders; NULL: none seen */
	uint32_t n_procs;	 /* processes that hold any of the sockets */
	uint64_t connections;	 /* TCP: established through this port */
	const struct sock *fullest; /* LISTEN: the one with the longest queue */
	bool is_full;		 /* its queue is full: the program does not keep up */
	bool is_bound_only;	 /* TCP: holds the port without listening */
	bool in_ephemeral;	 /* an outgoing connection may take the port when it is free */
};

struct port_rows {
	struct port_row *rows;
	size_t n;
	uint32_t *socks; /* what the rows point into */
	bool several_netns;
};

/* All open ports of @snap, by namespace and number. 0 or -ENOMEM. Release in either case. */
int port_rows_make(const struct snapshot *snap, struct port_rows *ret_rows);
void port_rows_release(struct port_rows *rows);

/* The process that stands for the holders of @sock: the eldest that is not init. NULL: none. */
const struct proc *main_owner(const struct snapshot *snap, const struct sock *sock);

/* From where a row can be reached: "this machine", "everywhere", "eth0 10.0.0.5". */
void port_reach_add(const struct snapshot *snap, const struct port_row *row, struct strbuf *text);
/* The same as one word of docs/json.md: loopback, all, ipv4, ipv6, address, device. */
const char *port_reach_word(const struct snapshot *snap, const struct port_row *row);

/* Both return 0 or -errno. */
int ports_print_table(const struct snapshot *snap, const struct port_rows *rows,
		      struct output *output);
int ports_print_json(const struct snapshot *snap, const struct port_rows *rows,
		     struct output *output);

#endif
