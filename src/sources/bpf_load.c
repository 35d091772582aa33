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

int bpf_run_program(int prog, void *context, size_t size)
{
	union bpf_attr run = {
		.test.prog_fd = (uint32_t)prog,
		.test.ctx_in = (uintptr_t)context,
		.test.ctx_size_in = (uint32_t)size,
	};
	int err = call_bpf(BPF_PROG_RUN, &run);

	if (err < 0)
		return err;
	return (int)run.test.retval < 0 ? (int)run.test.retval : 0;
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
	return bpf_run_program(prog, head, head->size);
}

/* The head of the section .BTF.ext (include/uapi/linux/btf.h has none): struct btf_ext_header */
struct btf_ext {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t size; /* of this head; what follows counts from its end */
	uint32_t functions_at, functions_size, lines_at, lines_size, relocations_at,
		relocations_size;
};

/* The records of one kind: of one section of code, as there is only one. */
struct btf_ext_records {
	uint32_t record_size;
	uint32_t section, n;
	char first[];
};

static const struct btf_ext_records *records_at(const char *bytes, uint32_t at)
{
	const struct btf_ext *ext = (const struct btf_ext *)bytes;

	return (const struct btf_ext_records *)(bytes + ext->size + at);
}

int bpf_load_program(const struct bpf_load_sections *sections)
{
	const struct btf_ext *ext = (const struct btf_ext *)sections->ext;
	const struct btf_ext_records *functions = records_at(sections->ext, ext->functions_at);
	const struct btf_ext_records *relocations = records_at(sections->ext, ext->relocations_at);
	union bpf_attr types = {
		.btf = (uintptr_t)sections->btf,
		.btf_size = (uint32_t)sections->btf_size,
	};
	AUTO(closep) int btf = call_bpf(BPF_BTF_LOAD, &types);

	if (btf < 0)
		return btf;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.insns = (uintptr_t)sections->insns,
		.insn_cnt = (uint32_t)(sections->insns_size / sizeof(struct bpf_insn)),
		.license = (uintptr_t)"Dual MIT/GPL",
		.prog_flags = BPF_F_SLEEPABLE,
		.prog_name = "berth",
		.prog_btf_fd = (uint32_t)btf,
		.func_info_rec_size = functions->record_size,
		.func_info = (uintptr_t)functions->first,
		.func_info_cnt = functions->n,
		.core_relo_rec_size = relocations->record_size,
		.core_relos = (uintptr_t)relocations->first,
		.core_relo_cnt = relocations->n,
	};
	return call_bpf(BPF_PROG_LOAD, &load);
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
