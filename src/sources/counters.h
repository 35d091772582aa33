/* SPDX-License-Identifier: MIT */
/* The SNMP counters of a network namespace, and by how much they rose between two readings. */
#ifndef BERTH_SOURCES_COUNTERS_H
#define BERTH_SOURCES_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct place;

struct counter_reading {
	char name[48]; /* "TcpExt.ListenOverflows", "Ip6.InNoRoutes", "conntrack.drop" */
	uint64_t value;
};

struct counters {
	struct counter_reading *all;
	size_t n, room;
};

/*
 * Read all counters of the calling thread's namespace (/proc/thread-self/net). Files that are not
 * there are left out. @ret_counters is freed with counters_release().
 */
void counters_read(struct counters *ret_counters);
void counters_release(struct counters *counters);

/* Those that rose from @before to @after, into @place->counters. */
void counters_compare(struct arena *arena, struct place *place, const struct counters *before,
		      const struct counters *after);

/*
 * The three formats, exposed for tests; @text is a whole file and is not changed.
 * counters_parse_pairs: "Ip: A B" then "Ip: 1 2" (snmp, netstat). counters_parse_lines: "Name 12"
 * (snmp6, xfrm_stat), with @prefix put before names. counters_parse_table: a line of names, then
 * lines of hexadecimal numbers, summed (stat/nf_conntrack).
 */
void counters_parse_pairs(struct counters *counters, const char *text);
void counters_parse_lines(struct counters *counters, const char *prefix, const char *text);
void counters_parse_table(struct counters *counters, const char *prefix, const char *text);

#endif
