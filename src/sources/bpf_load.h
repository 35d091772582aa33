/* SPDX-License-Identifier: MIT */
/*
 * Loads the kernel half without libbpf: "bpftool gen skeleton -L" makes of each object a small
 * program that, run once in the kernel, creates its maps, relocates its programs against the
 * running kernel's own BTF and loads them (kernel/bpf/syscall.c, tools/lib/bpf/gen_loader.c).
 * That takes a millisecond, where reading and parsing the BTF in user space takes thirty.
 */
#ifndef BERTH_SOURCES_BPF_LOAD_H
#define BERTH_SOURCES_BPF_LOAD_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* What the loading program reads and fills in: first this head, then the descriptions below. */
struct bpf_load_head {
	uint32_t size; /* of the whole, head included */
	uint32_t flags;
	uint32_t log_level;
	uint32_t log_size;
	uint64_t log;
};

struct bpf_load_map {
	int fd;
	uint32_t max_entries; /* 0: as compiled */
	uint64_t initial_value; /* address; 0: zeros */
};

struct bpf_load_prog {
	int fd;
};

struct bpf_load_bytes {
	const char *data, *insns;
	size_t data_size, insns_size;
};

/* Fills the fds behind @head; the caller closes them. 0 or -errno. */
int bpf_load(const struct bpf_load_bytes *bytes, struct bpf_load_head *head);
/*
 * A single program of the type "syscall" without maps, by the sections of its object: the kernel
 * itself relocates it (5.17 and newer). The shortest way that there is.
 */
struct bpf_load_sections {
	const char *insns, *btf, *ext;
	size_t insns_size, btf_size;
};

/* The program's fd, which the caller closes, or -errno. */
int bpf_load_program(const struct bpf_load_sections *sections);
/* Runs it once on the @size bytes at @context, which it may change. 0 or -errno. */
int bpf_run_program(int prog, void *context, size_t size);

/* The fd of a link of an iterator program, then of one walk over it. Or -errno. */
int bpf_iterator_link(int prog);
int bpf_iterator_open(int link);

#endif
