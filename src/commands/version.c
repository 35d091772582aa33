/* SPDX-License-Identifier: MIT */
/* What a bug report needs to know, found out by trying, not by comparing version numbers. */
#include "commands/version.h"
#include "base/arena.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/nft.h"
#include "core/snapshot.h"
#include "sources/drops.h"
#include "sources/listens.h"
#include "sources/nftables.h"
#include "sources/sources.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *level_word(enum coverage_level level)
{
	switch (level) {
	case COVERAGE_NOT_ASKED:
		return "not asked";
	case COVERAGE_NONE:
		return "no";
	case COVERAGE_PARTIAL:
		return "in part";
	case COVERAGE_FULL:
		return "yes";
	}
	return "";
}

/* Ask for everything by @source and tell what came of it. */
static void print_source(const char *source, uint32_t facts)
{
	const struct request request = {
		.facts = facts,
		.protos = PROTOS_ALL,
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.netns_choice = NETNS_DEFAULT,
		.source = source,
	};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	int err = sources_collect(&request, &snap);

	printf("%s:\n", source ? source : "as chosen");
	if (err)
		printf("  cannot be used: %s\n", strerror(-err));
	for (size_t i = 0; !err && i < snap->n_coverages; i++) {
		const struct coverage *coverage = &snap->coverages[i];
		printf("  %-12s %-8s %s%s%s%s%s\n", coverage->source, level_word(coverage->level),
		       coverage->how, coverage->error ? ": " : "",
		       coverage->error ? strerror(coverage->error) : "",
		       coverage->what ? "; not seen: " : "", coverage->what ? coverage->what : "");
	}
}

static const struct {
	int number;
	const char *name, *use;
} capabilities[] = {
	{12, "CAP_NET_ADMIN", "firewall rules, closing connections, marks of sockets"},
	{13, "CAP_NET_RAW", "watching the packets of a try"},
	{38, "CAP_PERFMON", "with CAP_BPF: owners, events and drops from the kernel"},
	{39, "CAP_BPF", "with CAP_PERFMON"},
	{19, "CAP_SYS_PTRACE", "owners among other users' processes"},
	{2, "CAP_DAC_READ_SEARCH", "the same, where /proc is closed"},
	{21, "CAP_SYS_ADMIN", "other network namespaces"},
	{5, "CAP_KILL", "'free' of other users' processes"},
};

static void print_rights(void)
{
	AUTO(fclosep) FILE *status = fopen("/proc/self/status", "re");
	unsigned long long effective = 0;
	unsigned seccomp = 0;
	char line[256];

	while (status && fgets(line, sizeof(line), status)) {
		sscanf(line, "CapEff: %llx", &effective);
		sscanf(line, "Seccomp: %u", &seccomp);
	}
	printf("rights (effective %016llx%s):\n", effective,
	       seccomp ? ", under a seccomp filter" : "");
	for (size_t i = 0; i < N_ELEMENTS(capabilities); i++)
		printf("  %-20s %-4s %s\n", capabilities[i].name,
		       effective >> capabilities[i].number & 1 ? "yes" : "no", capabilities[i].use);
}

static void print_ability(const char *what, int err, const char *use)
{
	printf("  %-20s %-4s %s%s%s\n", what, err ? "no" : "yes", use, err ? ": " : "",
	       err == -ENOSYS ? "a library is missing" : err ? strerror(-err) : "");
}

/* What this machine lets us do, by doing it. */
static void print_abilities(void)
{
	struct arena arena = {};
	struct nft_ruleset ruleset;
	struct listens *listens = NULL;
	struct drops *drops = NULL;

	puts("abilities:");
	print_ability("kernel types", access("/sys/kernel/btf/vmlinux", R_OK) ? -errno : 0,
		      "BTF, which BPF programs are fitted by");
	print_ability("BPF events", listens_open(&listens), "'wait' without polling");
	print_ability("BPF drops", drops_open(0, &drops), "'why' sees what the kernel drops");
	print_ability("nftables", nftables_read(&arena, &ruleset), "reads this namespace's rules");
	listens_close(listens);
	drops_close(drops);
	arena_release(&arena);
}

static void print_library(const char *name, const char *use)
{
	void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);

	printf("%s: %s (%s)\n", name, handle ? "found" : "not found", use);
	if (handle)
		dlclose(handle);
}

void version_print(bool verbose)
{
	struct utsname kernel;

	puts("berth " BERTH_VERSION);
	if (!verbose)
		return;
	if (!uname(&kernel))
		printf("kernel: %s %s %s\n", kernel.sysname, kernel.release, kernel.machine);
	printf("uid: %u\n", geteuid());
	print_rights();
	print_library("libnftables.so.1", "reads firewall rules for 'why'");
	print_library("libbpf.so.1", "owners by BPF on Linux 5.10 to 5.16");
	print_abilities();
	print_source(NULL, FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_HOST);
	print_source("bpf", FACT_SOCKETS | FACT_OWNERS | FACT_REUSE);
}
