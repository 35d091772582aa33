/* SPDX-License-Identifier: MIT */
/*
 * Loads an object file of BPF programs by libbpf, found by dlopen(), on kernels before 5.14 that
 * cannot run the loading programs of sources/bpf_load.h. The kernel's BTF is then parsed in user space,
 * which takes some 30 ms.
 */
#ifndef BERTH_SOURCES_BPF_LIBBPF_H
#define BERTH_SOURCES_BPF_LIBBPF_H

#include <stddef.h>

struct bpf_libbpf_object {
	const char *bytes; /* the ELF file */
	size_t size;
	const char *name;    /* the global variables are the map NAME.bss */
	const char *map;     /* one map ... */
	const char *program; /* ... and one program */
};

/*
 * Fds of the map, of the global variables and of the program, the caller's to close. 0; -ENOSYS
 * when there is no libbpf; or -errno.
 */
int bpf_libbpf_load(const struct bpf_libbpf_object *object, int *ret_map, int *ret_globals,
		    int *ret_program);

#endif
