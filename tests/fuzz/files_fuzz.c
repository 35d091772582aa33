/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the files that are read in passing: what /proc says of processes, sysctls, counters
 * and multicast groups, and how this host resolves names. The disk is played here (meson.build
 * wraps it); each file that is opened has the next piece.
 */
#include "base/auto.h"
#include "core/case.h"
#include "core/host.h"
#include "input.h"
#include "probe/caller.h"
#include "probe/command_words.h"
#include "probe/netstat.h"
#include "probe/resolve.h"
#include "sources/bpf_attached.h"
#include "sources/counters.h"
#include "sources/io_urings.h"
#include "sources/kernel_names.h"
#include "sources/multicast.h"
#include "sources/place_sockets.h"
#include "sources/settings.h"
#include "sources/sysctls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_fork(void);
int __wrap_socket(int family, int type, int protocol);

static struct input input;

/* A file with the next piece; -1 when there is none. */
static int next_file(void)
{
	size_t len;
	const uint8_t *piece = input_line(&input, &len);
	const int fd = input.left || len ? memfd_create("piece", MFD_CLOEXEC) : -1;

	if (fd < 0) {
		errno = ENOENT;
		return -1;
	}
	if (write(fd, piece, len) != (ssize_t)len)
		abort();
	lseek(fd, 0, SEEK_SET);
	return fd;
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	if (!input.plays)
		return __real_fopen64(path, mode);
	const int fd = next_file();
	return fd < 0 ? NULL : fdopen(fd, "r");
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list rest;

	va_start(rest, flags);
	const int mode = flags & O_CREAT ? va_arg(rest, int) : 0;
	va_end(rest);
	if (!input.plays)
		return __real_open64(path, flags, mode);
	if (!(flags & O_DIRECTORY))
		return next_file();
	errno = ENOENT;
	return -1;
}

/* The system's resolver runs apart, DNS servers are not asked. */
int __wrap_fork(void)
{
	errno = EAGAIN;
	return -1;
}

int __wrap_socket(int family, int type, int protocol)
{
	errno = EMFILE;
	return -1;
}

static void keep_last(const char *member, uint32_t value, void *data)
{
	*(size_t *)data = strlen(member) + value;
}

static void read_kernel(struct case_facts *facts, const uint8_t *data, size_t size)
{
	AUTO(kernel_names_freep) struct kernel_names *names = kernel_names_new();
	uint32_t offset;
	size_t last = 0;

	if (names)
		kernel_names_symbol(names, &facts->arena, 0xffffffff81000010, &offset);
	AUTO(freep) void *btf = malloc(size + 1); /* aligned, and no byte longer than it says */
	if (btf)
		btf_enum_foreach(memcpy(btf, data, size), size, "e", keep_last, &last);
}

static void read_network(struct case_facts *facts, struct place *place)
{
	struct namespace netns = {.is_self = true};
	struct multicast_groups groups;
	struct counters counters;

	multicast_read(&netns, &groups);
	multicast_release(&groups);
	counters_read(&counters);
	counters_compare(&facts->arena, place, &(struct counters){0}, &counters);
	counters_release(&counters);
	netstat_counter("TcpExt", "TCPRetransFail");
}

static void read_settings(struct case_facts *facts, struct place *place)
{
	struct host host = {0};

	host_set_defaults(&host);
	sysctls_read(&host, &facts->arena);
	settings_collect(&facts->arena, place);
	for (size_t i = 0; i < place->n_settings; i++)
		if (strchr(place->settings[i].value, '\n'))
			abort();
}

static void read_words(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = input_text(data, size);
	char *words[] = {text, text, text + strlen(text) / 2, NULL}, name[16];

	if (command_name(words, name, sizeof(name)) && !memchr(name, '\0', sizeof(name)))
		abort();
	io_uring_line(text);
}

static void read_names(struct case_facts *facts)
{
	struct addr addrs[4];
	size_t n;

	resolve_name(facts, "db", addrs, 4, &n);
	for (size_t i = 0; i < facts->resolving.n_steps; i++)
		if (facts->resolving.steps[i].n_addrs > N_STEP_ADDRS)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct place *place = facts ? case_add_place(facts) : NULL;
	struct place_process process = {0};

	if (!place || !size)
		return 0;
	input = (struct input){data + 1, size - 1, true};
	switch (data[0] % 8) {
	case 0:
		read_network(facts, place);
		break;
	case 1:
		read_settings(facts, place);
		break;
	case 2:
		caller_read(facts, 0);
		break;
	case 3:
		process_facts_read(&facts->arena, &process);
		break;
	case 4:
		read_kernel(facts, data + 1, size - 1);
		break;
	case 5:
		read_names(facts);
		break;
	case 6:
		bpf_attached_cgroup(&facts->arena, place, "/none", false);
		break;
	default:
		read_words(data + 1, size - 1);
	}
	input.plays = false;
	return 0;
}
