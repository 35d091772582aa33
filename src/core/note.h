/* SPDX-License-Identifier: MIT */
/*
 * What a socket's owners alone do not tell: for whom it is held, how it came to its holder, or who
 * has it when no process does. Few sockets have one.
 */
#ifndef BERTH_CORE_NOTE_H
#define BERTH_CORE_NOTE_H

#include <stdbool.h>
#include <stdint.h>

struct snapshot;
struct sock;
struct strbuf;

enum note_kind {
	NOTE_ACTIVATION, /* held until a connection starts .object; .subject: the socket unit, or NULL */
	NOTE_PASSED,	 /* inherited from the service manager, which calls it .object (LISTEN_FDNAMES) */
	NOTE_DEVICE,	 /* the kernel's own: .subject is its kind of device, .object its name */
	NOTE_KERNEL,	 /* the kernel's own: .subject says what for */
	NOTE_IO_URING,	 /* registered with the io_uring of process .pid, descriptor .fd */
	NOTE_IN_FLIGHT,	 /* sent to a UNIX socket of process .pid, descriptor .fd; not received yet */
	NOTE_PROXY,	 /* docker-proxy's, for the container at .object, named .subject or NULL */
};
enum { N_NOTE_KINDS = NOTE_PROXY + 1 };

struct note {
	uint32_t sock; /* index into snapshot.socks */
	uint8_t kind;  /* enum note_kind */
	uint32_t pid;
	int32_t fd;
	const char *subject, *object; /* owned by the snapshot; may be NULL where not told */
	const char *comm;	      /* of .pid */
	const char *text;	      /* note_compose(), by snapshot_index(); else NULL */
};

const char *note_kind_name(enum note_kind kind); /* "activation", "io_uring" ... */

/* "held for ssh.socket, which starts ssh.service": to be escaped, as names in it are not. */
void note_compose(const struct note *note, struct strbuf *text);

/* What an owner without a descriptor has it by: "in flight" or "io_uring". */
const char *sock_held_word(const struct snapshot *snap, const struct sock *sock);

/* The @nth note of @sock, or NULL. */
const struct note *sock_note(const struct snapshot *snap, const struct sock *sock, uint32_t nth);

#endif
