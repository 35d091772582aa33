/* SPDX-License-Identifier: MIT */
/* By cost and by rights. */
#include "sources/bpf_choice.h"
#include "base/numbers.h"
#include "bpf/wire.h"
#include "core/coverage.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/proc_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

enum {
	/* Below this many open files on the machine /proc is as fast as loading takes. */
	FILES_FOR_BPF = 16000,
	FILES_FOR_TWO = 64000,
};

/* What only sock_diag tells of TCP sockets. */
static const uint32_t diag_facts = FACT_TCP_INFO | FACT_SKMEM | FACT_SOCKOPT | FACT_CGROUP |
				   FACT_COOKIE;

static uint64_t capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool has(uint64_t set, int capability)
{
	return set >> capability & 1;
}

static bool allows_bpf(uint64_t set)
{
	return has(set, CAP_SYS_ADMIN) || (has(set, CAP_BPF) && has(set, CAP_PERFMON));
}

/* In a user namespace of its own a process has all capabilities, and none that counts here. */
static bool in_first_user_namespace(void)
{
	char text[64];
	long len = proc_dir_read(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text));

	return len > 0 && strstr(text, " 4294967295"); /* "0 0 4294967295" */
}

bool bpf_is_allowed(void)
{
	return allows_bpf(capabilities()) && in_first_user_namespace();
}

/* Open files of the whole machine, by the first number of /proc/sys/fs/file-nr. */
static uint64_t open_files(void)
{
	char text[64];
	uint64_t n = 0;
	long len = proc_dir_read(AT_FDCWD, "/proc/sys/fs/file-nr", text, sizeof(text));

	if (len > 0)
		parse_u64_n(text, strcspn(text, "\t \n"), UINT64_MAX, &n);
	return n;
}

void bpf_choose(const struct request *request, struct bpf_choice *ret)
{
	*ret = (struct bpf_choice){.workers = 1};
	if (request->source && strcmp(request->source, "bpf") != 0)
		return;
	const uint64_t set = capabilities();
	if (!request->source && !(allows_bpf(set) && in_first_user_namespace()))
		return;
	const bool tcp = request->protos & PROTO_BIT(SOCK_PROTO_TCP);
	const bool can_trace = has(set, CAP_SYS_PTRACE) && has(set, CAP_DAC_READ_SEARCH);
	const uint64_t n_files = open_files();
	ret->n_files = n_files;
	const bool large = n_files >= FILES_FOR_BPF;
	if (large)
		ret->any = request->facts & FACT_OWNERS ||
			   (tcp && !(request->facts & diag_facts));
	ret->any |= (request->facts & FACT_OWNERS && !can_trace) || request->facts & FACT_REUSE ||
		    request->source;
	/* What bind() looks at is told whole, options and TIME_WAIT included. */
	const uint32_t told = request->facts & FACT_REUSE ? FACT_SOCKOPT : 0;
	ret->tcp = ret->any && tcp && !(request->facts & diag_facts & ~told);
	if (n_files >= FILES_FOR_TWO && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		ret->workers = 2;
}

/* The inode of the one namespace that is asked about, or 0. */
static uint32_t only_netns(const struct snapshot *snap, const struct request *request)
{
	uint64_t inode = 0;

	if (request->netns_choice == NETNS_ALL)
		return 0;
	for (size_t i = 0; i < snap->n_namespaces; i++) {
		if (!snap->namespaces[i].wanted)
			continue;
		if (inode || !snap->namespaces[i].inode)
			return 0;
		inode = snap->namespaces[i].inode;
	}
	return (uint32_t)inode;
}

void bpf_ask(const struct snapshot *snap, const struct request *request, bool tcp,
	     struct wire_question *ret)
{
	ret->local_port = request->local_port;
	ret->with_bind = (request->facts & FACT_REUSE) != 0;
	ret->with_flight = (request->facts & FACT_OWNERS) != 0;
	ret->only_inet = !(request->protos & ~PROTOS_INET);
	if (!tcp)
		return;
	ret->only_netns = only_netns(snap, request);
	ret->not_family = !request->ipv4 ? AF_INET : !request->ipv6 ? AF_INET6 : 0;
	ret->states = request->states;
}

int bpf_refused(struct snapshot *snap, const struct request *request, int error)
{
	struct coverage *coverage = request->source ? snapshot_add_coverage(snap) : NULL;

	if (!coverage)
		return error == -ENOMEM ? error : 0;
	coverage->source = "bpf";
	coverage->how = "bpf";
	coverage->level = COVERAGE_NONE;
	coverage->error = -error;
	coverage->what = "anything by BPF";
	coverage->needs = error == -EPERM ? "root, or CAP_BPF and CAP_PERFMON"
					  : "Linux 5.17 with CONFIG_DEBUG_INFO_BTF, or 5.10 and libbpf";
	return 0;
}
