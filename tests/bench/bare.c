/* SPDX-License-Identifier: MIT */
/* The yardstick: an iter/task_file program that looks at nothing and emits nothing, read to its end. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_ITER,
		    .attach_btf_id = libbpf_find_vmlinux_btf_id("task_file", BPF_TRACE_ITER));
	int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "bare", "GPL", insns, 2, &opts);
	int link = prog < 0 ? -1 : bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL);
	int iterator = link < 0 ? -1 : bpf_iter_create(link);
	char buffer[4096];
	ssize_t got;

	if (iterator < 0) {
		perror("bare");
		return 1;
	}
	do
		got = read(iterator, buffer, sizeof(buffer));
	while (got > 0 || (got < 0 && errno == EAGAIN));
	return got < 0;
}
