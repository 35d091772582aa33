/* SPDX-License-Identifier: MIT */
/*
 * All that was known at one moment. A snapshot owns everything it points to; pointers into it live
 * until snapshot_free(), except that adding to an array may move that array (keep indices).
 *
 * Life: new -> sources add sockets, processes, owners -> snapshot_index() -> queries.
 */
#ifndef BERTH_CORE_SNAPSHOT_H
#define BERTH_CORE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/bind_facts.h"
#include "core/coverage.h"
#include "core/forward.h"
#include "core/host.h"
#include "core/note.h"
#include "core/proc.h"
#include "core/sock.h"

struct sock_extra; /* core/sock_extra.h */
struct translation;

/* Process @proc holds socket @sock by file descriptor @fd. */
struct owner {
	uint32_t sock; /* index into .socks */
	uint32_t proc; /* index into .procs */
	int32_t fd;    /* -1: held without an fd (mmap, in flight) */
};

/* A socket's file that a process holds, found before the socket: see sources/owners.c. */
struct holding {
	uint32_t inode;
	uint32_t proc; /* index into .procs */
	int32_t fd;
	uint16_t options, options_known; /* enum sock_option */
	struct bind_facts bind;
};

/* Descriptor @fd of process @pid is an io_uring, which may hold sockets. */
struct ring {
	uint32_t pid;
	int32_t fd;
};

/* What the machine calls a user id. */
struct user {
	uint32_t uid;
	const char *name;
};

struct snapshot {
	struct arena arena;
	struct sock *socks;
	size_t n_socks, room_socks;
	struct sock_extra *extras; /* NULL, or parallel to .socks: only when asked */
	size_t room_extras;
	struct bind_facts *binds; /* NULL, or parallel to .socks: only with FACT_REUSE */
	size_t room_binds;
	struct proc *procs;
	size_t n_procs, room_procs;
	struct holding *holdings;
	size_t n_holdings, room_holdings;
	struct ring *rings; /* of all processes that could be looked into, if .rings_known */
	size_t n_rings, room_rings;
	bool rings_known;
	struct owner *owners; /* after snapshot_index(): sorted by socket */
	size_t n_owners, room_owners;
	bool owners_apart; /* not sorted by socket: snapshot_index() will do it */
	struct namespace *namespaces; /* [0] is the reader's own */
	size_t n_namespaces, room_namespaces;
	struct coverage *coverages;
	size_t n_coverages, room_coverages;
	struct user *users; /* the names of those uids that were looked up */
	size_t n_users, room_users;
	struct forward *forwards; /* ports served without a socket */
	size_t n_forwards, room_forwards;
	struct translation *translations; /* connections that NAT changes: core/translation.h */
	size_t n_translations, room_translations;
	struct note *notes; /* on sockets */
	size_t n_notes, room_notes;
	struct host host; /* of the namespace asked about, the reader's own by default */
	const char **texts; /* interned: see snapshot_text(); [0] is "" */
	uint32_t *text_lens;
	size_t n_texts, room_texts;
	uint32_t *text_slots; /* hash of .texts */
	size_t n_text_slots;
	uint32_t *inode_slots; /* hash (namespace-less: inodes are unique) of .socks by inode */
	size_t n_inode_slots;
	bool no_inodes; /* set by sources: nobody will ask by inode, so that is not indexed */
	uint32_t *pid_slots;
	size_t n_pid_slots;
	uint32_t *pairs; /* NULL, or parallel to .socks: see core/pair.h */
	uint64_t taken_ns;	/* CLOCK_REALTIME when it was taken */
	uint64_t boot_ns;	/* CLOCK_REALTIME of the boot */
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snap);
static inline void snapshot_freep(struct snapshot **snap)
{
	snapshot_free(*snap);
}

/*
 * Expect up to so many sockets and owners: the arrays need not move while they grow. Memory is
 * used only as far as it is filled. 0 or -ENOMEM.
 */
int snapshot_reserve(struct snapshot *snap, size_t n_socks, size_t n_owners);

/* Each adds a zeroed record and returns it (valid until the next add of its kind), or NULL. */
struct sock *snapshot_add_sock(struct snapshot *snap);
/* Room for @more sockets at once, where many are expected; only a hint. */
void snapshot_expect_socks(struct snapshot *snap, size_t more);
/*
 * The extras of the socket with index @sock; valid until the next call or added socket. All others
 * are zeroed when first seen. Calling it with the last socket makes .extras span all. Or NULL.
 */
struct sock_extra *snapshot_extra(struct snapshot *snap, size_t sock);
/* The same for the bind facts of the socket with index @sock. */
struct bind_facts *snapshot_bind(struct snapshot *snap, size_t sock);
struct holding *snapshot_add_holding(struct snapshot *snap);
struct ring *snapshot_add_ring(struct snapshot *snap);
struct proc *snapshot_add_proc(struct snapshot *snap);
struct namespace *snapshot_add_namespace(struct snapshot *snap);
struct coverage *snapshot_add_coverage(struct snapshot *snap);
struct forward *snapshot_add_forward(struct snapshot *snap);
/* On the socket with index @sock. */
struct note *snapshot_add_note(struct snapshot *snap, size_t sock);
/* Of a socket that was added before. 0 or -ENOMEM. */
int snapshot_add_owner(struct snapshot *snap, size_t sock, size_t proc, int fd);

/* Remember that @uid is called @name (copied). 0 or -ENOMEM. */
int snapshot_add_user(struct snapshot *snap, uint32_t uid, const char *name);
/* The name of @uid, or NULL if it was not looked up or has none. */
const char *snapshot_user_name(const struct snapshot *snap, uint32_t uid);

/* Intern @len bytes; returns its id, 0 for the empty text or when memory is exhausted. */
uint32_t snapshot_text_id(struct snapshot *snap, const char *bytes, size_t len);
/* The bytes of a text id, NUL-terminated, and (if @ret_len) their number. Never NULL. */
const char *snapshot_text(const struct snapshot *snap, uint32_t id, size_t *ret_len);

/*
 * Sort owners by socket, so that each socket's first_owner holds, and build the look-up tables.
 * Call after the last add and before any find. 0 or -ENOMEM. May be called again after more adds.
 */
int snapshot_index(struct snapshot *snap);
/* Only the part that snapshot_proc_by_pid() needs. 0 or -ENOMEM. */
int snapshot_index_pids(struct snapshot *snap);

/* The socket with this inode (not 0), or NULL. */
struct sock *snapshot_sock_by_inode(const struct snapshot *snap, uint32_t inode);
/* The next one after @sock with the same inode (MPTCP subflows share one), or NULL. */
struct sock *snapshot_sock_same_inode(const struct snapshot *snap, const struct sock *sock);
/* The process with this pid, or NULL. */
struct proc *snapshot_proc_by_pid(const struct snapshot *snap, uint32_t pid);

static inline const struct owner *sock_owner(const struct snapshot *snap, const struct sock *sock,
					     uint32_t nth)
{
	return nth < sock->n_owners ? &snap->owners[sock->first_owner + nth] : NULL;
}

/* What is known of how @sock was bound, or NULL. */
static inline const struct bind_facts *sock_bind(const struct snapshot *snap,
						 const struct sock *sock)
{
	const size_t nth = (size_t)(sock - snap->socks);

	return nth < snap->room_binds && snap->binds[nth].known ? &snap->binds[nth] : NULL;
}

static inline const struct proc *owner_proc(const struct snapshot *snap, const struct owner *owner)
{
	return &snap->procs[owner->proc];
}

/* The extras of @sock if they were asked for, or NULL. */
const struct sock_extra *sock_extra(const struct snapshot *snap, const struct sock *sock);

#endif
