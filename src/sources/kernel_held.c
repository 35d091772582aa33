/* SPDX-License-Identifier: MIT */
/*
 * Sockets without an owner that are the kernel's own: for which device, or for what of the
 * kernel's. And those that only an io_uring has.
 */
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/io_urings.h"
#include "sources/kernel_ports.h"
#include "sources/netns.h"
#include "sources/proc_dir.h"
#include "sources/proc_pids.h"
#include "sources/sources.h"
#include "sources/unheld.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PORTS_MAX = 256,
	/* For the search for io_urings, if the walk for owners has not met them. */
	BRIEFLY_MS = 40,
	THOROUGH_MS = 400, /* if such a socket was asked for */
};

/* What of the kernel's serves or uses a port; its thread shows that it runs. */
static const struct service {
	uint16_t port;
	bool remote; /* the port of the other end: a client */
	uint8_t proto;
	const char *thread, *what;
} services[] = {
	{2049, false, SOCK_PROTO_TCP, "nfsd", "the NFS server (nfsd)"},
	{2049, false, SOCK_PROTO_UDP, "nfsd", "the NFS server (nfsd)"},
	{2049, true, SOCK_PROTO_TCP, "nfsiod", "an NFS mount"},
	{20049, false, SOCK_PROTO_TCP, "nfsd", "the NFS server (nfsd)"},
	{445, false, SOCK_PROTO_TCP, "ksmbd", "the SMB server (ksmbd)"},
	{445, true, SOCK_PROTO_TCP, "cifsd", "an SMB mount"},
	{3260, false, SOCK_PROTO_TCP, "iscsi_np", "the iSCSI target (LIO)"},
	{4420, false, SOCK_PROTO_TCP, "nvmet", "the NVMe target"},
	{4420, true, SOCK_PROTO_TCP, "nvme", "an NVMe disk over TCP"},
	{21064, false, SOCK_PROTO_TCP, "dlm", "the cluster lock manager (dlm)"},
	{6789, true, SOCK_PROTO_TCP, "ceph", "a Ceph mount or disk"},
	{3300, true, SOCK_PROTO_TCP, "ceph", "a Ceph mount or disk"},
	{7001, false, SOCK_PROTO_UDP, "krxrpc", "AFS (rxrpc)"},
	{6118, false, SOCK_PROTO_UDP, "tipc", "TIPC"},
	/* Last: these two choose any port, and the module has a directory while it is there. */
	{0, false, SOCK_PROTO_TCP, NULL, "NFS locks (lockd), or an NFS callback"},
	{0, false, SOCK_PROTO_UDP, NULL, "NFS locks (lockd), or an NFS callback"},
};

struct held {
	struct snapshot *snap;
	bool *unheld; /* for each socket */
	size_t n;     /* of these */
	bool runs[N_ELEMENTS(services)];
};

static void held_release(struct held *held)
{
	free(held->unheld);
}

static int add_note(struct held *held, size_t sock, enum note_kind kind, const char *subject,
		    const char *object)
{
	struct note *note = snapshot_add_note(held->snap, sock);

	if (!note)
		return -ENOMEM;
	note->kind = kind;
	note->subject = subject;
	note->object = object;
	held->unheld[sock] = false;
	held->n--;
	return 0;
}

/* On a thread inside the namespace. */
static int match_devices(size_t index, int err, void *data)
{
	struct held *held = data;
	struct snapshot *snap = held->snap;
	struct kernel_port ports[PORTS_MAX];
	size_t n = 0;
	bool asked = false;

	for (size_t i = 0; i < snap->n_socks && !err; i++) {
		const struct sock *sock = &snap->socks[i];
		if (!held->unheld[i] || sock->netns != index || sock->proto != SOCK_PROTO_UDP)
			continue;
		if (!asked)
			n = kernel_ports_read(&snap->arena, ports, PORTS_MAX);
		asked = true;
		for (size_t k = 0; k < n && held->unheld[i] && !err; k++)
			if (ports[k].port && ports[k].port == sock->local_port)
				err = add_note(held, i, NOTE_DEVICE, ports[k].kind, ports[k].name);
	}
	return err == -ENOMEM ? err : 0;
}

/* Kernel threads and workers by the start of their names ("kworker/u4:1-nfsiod" too). */
static void find_threads(struct held *held)
{
	AUTO(pid_list_release) struct pid_list pids = {0};
	char comm[64];

	if (pid_list_read(&pids, "/proc"))
		return;
	for (size_t i = 0; i < pids.n; i++) {
		AUTO(closep) int dir = proc_dir_open(pids.pids[i]);
		char one[4];
		/* A user's program has arguments and may have any name. */
		if (dir < 0 || proc_dir_read(dir, "cmdline", one, sizeof(one)) != 0 ||
		    proc_dir_read(dir, "comm", comm, sizeof(comm)) <= 0)
			continue;
		for (size_t k = 0; k < N_ELEMENTS(services); k++) {
			const char *at =
				services[k].thread ? strstr(comm, services[k].thread) : NULL;
			held->runs[k] |= at && (at == comm || at[-1] == '-' || at[-1] == ' ');
		}
	}
}

static const struct service *find_service(const struct held *held, const struct sock *sock)
{
	for (size_t i = 0; i < N_ELEMENTS(services); i++) {
		const struct service *service = &services[i];
		const uint16_t port = service->remote ? sock->remote_port : sock->local_port;
		if (held->runs[i] && service->proto == sock->proto &&
		    (service->port ? service->port == port
				   : sock_is_open_port(sock)))
			return service;
	}
	return NULL;
}

/* Is a socket among them whose service would be known by its thread? */
static bool is_worth_a_look(const struct held *held)
{
	struct held all = {.n = 0};

	for (size_t i = 0; i < N_ELEMENTS(services); i++)
		all.runs[i] = services[i].thread;
	for (size_t i = 0; i < held->snap->n_socks; i++)
		if (held->unheld[i] && find_service(&all, &held->snap->socks[i]))
			return true;
	return false;
}

static int match_services(struct held *held)
{
	struct snapshot *snap = held->snap;
	int err = 0;

	if (is_worth_a_look(held))
		find_threads(held);
	for (size_t i = 0; i < N_ELEMENTS(services); i++)
		held->runs[i] |= !services[i].thread && !access("/proc/fs/lockd", F_OK);
	for (size_t i = 0; i < snap->n_socks && !err; i++) {
		if (!held->unheld[i] || snap->socks[i].uid)
			continue;
		const struct service *service = find_service(held, &snap->socks[i]);
		if (service)
			err = add_note(held, i, NOTE_KERNEL, service->what, NULL);
	}
	return err;
}

static struct coverage *owners_coverage(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_coverages; i++)
		if (!strcmp(snap->coverages[i].source, "owners"))
			return &snap->coverages[i];
	return NULL;
}

/* If some are unheld still, who may hold them? The kernel for sure only if all else was seen. */
static int tell_doubt(struct held *held, bool all_rings, uint32_t n_closed)
{
	struct coverage *coverage = owners_coverage(held->snap);

	free(held->unheld);
	held->unheld = unheld_list(held->snap, &held->n);
	if (!held->unheld)
		return -ENOMEM;
	if (!held->n || coverage->level != COVERAGE_FULL)
		return 0;
	const bool outside = !proc_in_first_pid_namespace();
	if (!outside && all_rings && !n_closed)
		return 0;
	coverage->level = COVERAGE_PARTIAL;
	if (n_closed) {
		coverage->what = arena_printf(&held->snap->arena,
					      "%s%sthe io_urings of %u process%s, which may hold sockets",
					      outside ? PROC_OUTSIDE : "", outside ? ", and " : "",
					      n_closed, n_closed > 1 ? "es" : "");
		coverage->needs = outside    ? PROC_OUTSIDE_NEEDS ", with CAP_SYS_PTRACE"
				  : geteuid() ? "root, or CAP_SYS_PTRACE"
					      : "ptrace access to them: they have more rights than this root";
	} else if (outside) {
		coverage->what = PROC_OUTSIDE;
		coverage->needs = PROC_OUTSIDE_NEEDS;
	} else {
		coverage->what = "io_urings, which may hold sockets: too many open files to find them";
		coverage->needs = "--source=proc";
	}
	return 0;
}

/* A walk by BPF sees the processes that /proc does not show: no file is unseen any more. */
static int complete(struct held *held)
{
	struct coverage *coverage = owners_coverage(held->snap);
	int err = unheld_by_bpf(held->snap, held->unheld);

	if (err)
		return err == -ENOMEM ? err : 0;
	coverage->how = "/proc/PID/fd, bpf";
	coverage->level = COVERAGE_FULL;
	coverage->error = 0;
	coverage->what = coverage->needs = NULL;
	coverage->seen = coverage->total;
	return 0;
}

/*
 * Rings and messages are looked for when a socket must be in one, as all processes could be looked
 * into; or when it was asked for: BPF takes some 20 ms.
 */
static bool is_to_be_found(const struct held *held, const struct request *request)
{
	const struct coverage *coverage = owners_coverage(held->snap);

	return held->n && coverage &&
	       (!coverage->error || request->facts & FACT_UNHELD);
}

static int kernel_held_collect(struct snapshot *snap, const struct request *request)
{
	AUTO(held_release) struct held held = {.snap = snap};
	bool all_rings = false;
	uint32_t n_no_rings = 0;

	held.unheld = unheld_list(snap, &held.n);
	int err = held.unheld ? 0 : -ENOMEM;
	if (!err && held.n)
		err = netns_run_wanted(snap, match_devices, &held);
	if (!err && held.n)
		err = match_services(&held);
	if (err || !is_to_be_found(&held, request))
		return err;
	const struct io_urings_search search = {
		.unheld = held.unheld, .n_missing = &held.n, .n_closed = &n_no_rings,
		.limit_ms = request->facts & FACT_UNHELD ? THOROUGH_MS : BRIEFLY_MS};
	err = io_urings_find(snap, &search, &all_rings);
	const struct coverage *coverage = owners_coverage(snap);
	const uint32_t n_unseen = coverage->total - coverage->seen;
	/* BPF sees the files of all, but not what is in a ring */
	const uint32_t n_closed = n_unseen > n_no_rings ? n_unseen : n_no_rings;
	if (!err && held.n && !strstr(coverage->how, "bpf") &&
	    (!request->source || !strcmp(request->source, "bpf")))
		err = complete(&held);
	return err ? err : tell_doubt(&held, all_rings, n_closed);
}

const struct source source_kernel_held = {
	.name = "kernel_held",
	.provides = FACT_NOTES | FACT_UNHELD,
	.collect = kernel_held_collect,
};
