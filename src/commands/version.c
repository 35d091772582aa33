/* SPDX-License-Identifier: MIT */
/* What a bug report needs to know, found out by trying, not by comparing version numbers. */
#include "commands/version.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/sources.h"

#include <dlfcn.h>
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

static void print_capabilities(void)
{
	AUTO(fclosep) FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "CapEff:", 7) || !strncmp(line, "Seccomp:", 8))
			printf("%s", line);
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
	print_capabilities();
	print_library("libnftables.so.1", "reads firewall rules for 'why'");
	print_library("libbpf.so.1", "owners by BPF on Linux 5.10 to 5.16");
	print_source(NULL, FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_HOST);
	print_source("bpf", FACT_SOCKETS | FACT_OWNERS | FACT_REUSE);
}
