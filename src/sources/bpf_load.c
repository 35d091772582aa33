/* SPDX-License-Identifier: MIT */
/* bpf(2) calls. */
#include "sources/bpf_load.h"
#include "base/auto.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int call_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

/* Until 5.11 maps count as locked memory, of which a process may have very little. */
static bool raise_memory_limit(void)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit now;

	return !getrlimit(RLIMIT_MEMLOCK, &now) && now.rlim_cur != RLIM_INFINITY &&
	       !setrlimit(RLIMIT_MEMLOCK, &none);
}

/* The loading program works on one array element: its strings, its relocations, its programs. */
static int data_map(const struct bpf_load_bytes *bytes)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = (uint32_t)bytes->data_size,
		.max_entries = 1,
		.map_name = "berth_load",
	};
	uint32_t key = 0;
	AUTO(closep) int fd = call_bpf(BPF_MAP_CREATE, &create);

	if (fd == -EPERM && raise_memory_limit())
		fd = call_bpf(BPF_MAP_CREATE, &create);
	if (fd < 0)
		return fd;
	union bpf_attr update = {
		.map_fd = (uint32_t)fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)bytes->data,
	};
	int err = call_bpf(BPF_MAP_UPDATE_ELEM, &update);
	return err ? err : take_fd(&fd);
}

int bpf_load(const struct bpf_load_bytes *bytes, struct bpf_load_head *head)
{
	AUTO(closep) int map = data_map(bytes);

	if (map < 0)
		return map;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.insns = (uintptr_t)bytes->insns,
		.insn_cnt = (uint32_t)(bytes->insns_size / sizeof(struct bpf_insn)),
		.license = (uintptr_t)"Dual MIT/GPL",
		.prog_flags = BPF_F_SLEEPABLE,
		.prog_name = "berth_load",
		.fd_array = (uintptr_t)&map,
	};
	AUTO(closep) int prog = call_bpf(BPF_PROG_LOAD, &load);
	if (prog < 0)
		return prog;
	union bpf_attr run = {
		.test.prog_fd = (uint32_t)prog,
		.test.ctx_in = (uintptr_t)head,
		.test.ctx_size_in = head->size,
	};
	int err = call_bpf(BPF_PROG_RUN, &run);
	if (err < 0)
		return err;
	return (int)run.test.retval < 0 ? (int)run.test.retval : 0;
}

int bpf_iterator_link(int prog)
{
	union bpf_attr attr = {
		.link_create.prog_fd = (uint32_t)prog,
		.link_create.attach_type = BPF_TRACE_ITER,
	};

	return call_bpf(BPF_LINK_CREATE, &attr);
}

int bpf_iterator_open(int link)
{
	union bpf_attr attr = {.iter_create.link_fd = (uint32_t)link};

	return call_bpf(BPF_ITER_CREATE, &attr);
}
