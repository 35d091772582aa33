/* SPDX-License-Identifier: MIT */
/*
 * The network namespaces that no directory of names shows and no process lives in: kept by a
 * thread, a bind mount, an open file, or only by a socket whose process lives elsewhere.
 */
#ifndef BERTH_SOURCES_NETNS_SEARCH_H
#define BERTH_SOURCES_NETNS_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct namespace;
struct snapshot;

/* The namespace of @snap with this inode, or NULL. */
struct namespace *netns_by_inode(const struct snapshot *snap, uint64_t inode);
/* Add one; @name and @path (or NULL) are copied. NULL: no memory. */
struct namespace *netns_add(struct snapshot *snap, uint64_t inode, const char *name,
			    const char *path);

/* Add those of `ip netns` and docker; the own one takes its name from there too. 0 or -ENOMEM. */
int netns_add_named(struct snapshot *snap);

/* The one that a name of netns_search() for a file means ("nginx/1234/fd/5"), or NULL. */
struct namespace *netns_by_file(struct snapshot *snap, const char *word);

enum netns_search_flags {
	NETNS_SEARCH_THOROUGH = 1 << 0, /* for five seconds if need be */
	NETNS_SEARCH_NAMES = 1 << 1,	/* also when only the names are missing, not the way in */
};

enum netns_certainty {
	NETNS_NOT_SEARCHED, /* for a thread, mount, file or socket that keeps one */
	NETNS_SEARCHED,	    /* in every process that may be looked into */
	NETNS_ALL_KNOWN,    /* the kernel's list says so */
};

/*
 * Add what is missing in @snap. The kernel's own list (@prog is of netns_kernel_open()) ends the
 * search as soon as all of it is found; without it (@prog < 0) the search goes on through all files
 * that may be looked into, or until its time is over. What the list has but no file shows is added by
 * its number, and .nameless. 0 or -ENOMEM.
 */
int netns_search(struct snapshot *snap, int prog, uint32_t flags,
		 enum netns_certainty *ret_certainty);
/* Look for names of the .nameless that some socket of @snap with a file is in. 0 or -ENOMEM. */
int netns_search_names(struct snapshot *snap);

#endif
