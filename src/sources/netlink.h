/* SPDX-License-Identifier: MIT */
/*
 * Transport only: send one request, walk the answers, say what went wrong. What the messages mean
 * is the business of the sources that send them.
 */
#ifndef BERTH_SOURCES_NETLINK_H
#define BERTH_SOURCES_NETLINK_H

#include <linux/netlink.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netlink {
	int fd;
	uint32_t seq;
	char *buffer;	   /* answers are read into it */
	bool interrupted;  /* the last dump changed under the kernel's feet to the end: not exact */
	char message[120]; /* the kernel's own words on the last error (extended ack), or "" */
};

#define NETLINK_INIT ((struct netlink){.fd = -1})

/*
 * A socket of @protocol (NETLINK_SOCK_DIAG ...) in the calling thread's network namespace, where
 * it stays. 0 or -errno; netlink_close() accepts anything initialised.
 */
int netlink_open(struct netlink *nl, int protocol);
void netlink_close(struct netlink *nl);

struct netlink_reader {
	/* Each message of the answer. A value below 0 ends the walk and is returned. */
	int (*message)(const struct nlmsghdr *message, void *data);
	/* The dump starts anew: forget what was read. NULL: that cannot be done, so it never does. */
	void (*restart)(void *data);
	void *data;
	pthread_mutex_t *lock; /* held while .message is called; NULL: none */
};

/*
 * Send @request (its type and payload are set; flags and seq are filled in) as a dump and hand
 * every message to @reader. A dump that the kernel says was inconsistent (NLM_F_DUMP_INTR) or that
 * overran is restarted a few times; then the last one stands and nl->interrupted is set.
 */
int netlink_dump(struct netlink *nl, struct nlmsghdr *request, const struct netlink_reader *reader);

/*
 * netlink_dump() of all that @type lists, where no more is asked than a family: of requests whose
 * own header, @head bytes, begins with it (struct rtgenmsg and what grew from it).
 */
int netlink_dump_family(struct netlink *nl, uint16_t type, size_t head, uint8_t family,
			const struct netlink_reader *reader);

/*
 * The same as netlink_dump() without NLM_F_DUMP: one message or, with NLM_F_ACK in @flags, the kernel's yes or no.
 * 0 or -errno.
 */
int netlink_ask(struct netlink *nl, struct nlmsghdr *request, uint16_t flags,
		const struct netlink_reader *reader);

enum netlink_verdict { NETLINK_MORE = 0, NETLINK_DONE = 1 };

/*
 * Walk @len bytes as read from the socket: messages of other sequence numbers are skipped.
 * NETLINK_DONE at the end of the answer, NETLINK_MORE if more must be read, or -errno.
 * Exposed for tests: safe on any bytes (@bytes is aligned to 4).
 */
int netlink_walk(struct netlink *nl, const void *bytes, size_t len,
		 const struct netlink_reader *reader);

/*
 * The next message of the @left bytes at @at, and on to what follows it; NULL when no whole one is
 * left. Safe on any bytes, as mnl_nlmsg_ok() is not: that takes lengths above INT_MAX for negative
 * ones and knows nothing of padding. @at is aligned to 4.
 */
const struct nlmsghdr *netlink_next(const void **at, size_t *left);

#endif
