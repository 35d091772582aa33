/* SPDX-License-Identifier: MIT */
/* Texts are replaced in the snapshot; the arena keeps the old ones, the recording never sees them. */
#include "record/redact.h"
#include "core/snapshot.h"
#include "core/translation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of "/srv/secret/x.sock" the last part says enough. */
static const char *last_part(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static void redact_proc(struct proc *proc)
{
	proc->cmdline = NULL;
	proc->exe = last_part(proc->exe);
	proc->container_name = NULL;
	proc->image = NULL;
	proc->pod = NULL;
}

static bool in(const struct addr *addr, uint32_t network, unsigned bits)
{
	const struct addr prefix = addr_ipv4(network);

	return addr_in_prefix(addr, &prefix, bits);
}

/* Addresses that mean something only inside: they may stay. */
static bool is_inside(const struct addr *addr)
{
	const struct addr plain = addr_unmapped(addr);

	if (addr_is_any(&plain) || addr_is_loopback(&plain) || addr_is_link_local(&plain) ||
	    addr_is_multicast(&plain))
		return true;
	if (plain.family == ADDR_IPV4)
		return in(&plain, 0x0a000000, 8) || in(&plain, 0xac100000, 12) ||
		       in(&plain, 0xc0a80000, 16) || in(&plain, 0x64400000, 10);
	return plain.family != ADDR_IPV6 || (plain.bytes[0] & 0xfe) == 0xfc;
}

/* The stand-in of the @nth public address. */
static struct addr stand_in(const struct addr *addr, uint32_t nth)
{
	static const uint8_t documentation[4] = {0x20, 0x01, 0x0d, 0xb8};
	struct addr four = addr_ipv4(0xc6120000 | (nth & 0x1ffff));

	if (addr->family == ADDR_IPV4)
		return four;
	if (addr_is_mapped(addr))
		return addr_mapped(&four);
	struct addr six = {.family = ADDR_IPV6};
	memcpy(six.bytes, documentation, sizeof(documentation));
	for (int i = 0; i < 4; i++)
		six.bytes[12 + i] = (uint8_t)(nth >> (24 - 8 * i));
	return six;
}

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static void addresses_of(struct translation *translation, struct addr *ret[4])
{
	ret[0] = &translation->source;
	ret[1] = &translation->destination;
	ret[2] = &translation->new_source;
	ret[3] = &translation->new_destination;
}

/* The public addresses, sorted, each once, in @ret (free() it). */
static int find_public(const struct snapshot *snap, struct addr **ret, size_t *ret_n)
{
	struct addr *all = calloc(4 * (snap->n_socks + snap->n_forwards + snap->n_translations) + 1, sizeof(*all));
	size_t n = 0, kept = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		if (!is_inside(&snap->socks[i].remote))
			all[n++] = snap->socks[i].remote;
		if (!is_inside(&snap->socks[i].local))
			all[n++] = snap->socks[i].local;
		const struct bind_facts *bind = sock_bind(snap, &snap->socks[i]);
		if (bind && bind->bucket_addr.family && !is_inside(&bind->bucket_addr))
			all[n++] = bind->bucket_addr;
	}
	for (size_t i = 0; i < snap->n_forwards; i++) {
		if (!is_inside(&snap->forwards[i].address))
			all[n++] = snap->forwards[i].address;
		if (!is_inside(&snap->forwards[i].to))
			all[n++] = snap->forwards[i].to;
	}
	for (size_t i = 0; i < snap->n_translations; i++) {
		struct addr *four[4];
		addresses_of(&snap->translations[i], four);
		for (size_t k = 0; k < 4; k++)
			if (!is_inside(four[k]))
				all[n++] = *four[k];
	}
	qsort(all, n, sizeof(*all), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || !addr_equal(&all[i], &all[kept - 1]))
			all[kept++] = all[i];
	*ret = all;
	*ret_n = kept;
	return 0;
}

static void replace(struct addr *addr, const struct addr *known, size_t n)
{
	const struct addr *at = is_inside(addr) ? NULL : bsearch(addr, known, n, sizeof(*known), compare);

	if (at)
		*addr = stand_in(addr, (uint32_t)(at - known) + 1);
}

static void replace_host(struct host *host, const struct addr *known, size_t n)
{
	for (size_t i = 0; i < host->n_addresses; i++) {
		replace(&host->addresses[i].addr, known, n);
		/* an address no socket uses: nothing needs it */
		if (!is_inside(&host->addresses[i].addr) &&
		    !bsearch(&host->addresses[i].addr, known, n, sizeof(*known), compare) &&
		    !in(&host->addresses[i].addr, 0xc6120000, 15))
			host->addresses[i].addr = stand_in(&host->addresses[i].addr, 0);
		host->addresses[i].broadcast = (struct addr){};
	}
}

int redact(struct snapshot *snap)
{
	struct addr *known;
	size_t n;
	int err = find_public(snap, &known, &n);

	if (err)
		return err;
	for (size_t i = 0; i < snap->n_procs; i++)
		redact_proc(&snap->procs[i]);
	for (size_t i = 0; i < snap->n_socks; i++) {
		struct sock *sock = &snap->socks[i];
		size_t len;
		const char *name = snapshot_text(snap, sock->name, &len);
		replace(&sock->local, known, n);
		replace(&sock->remote, known, n);
		if (sock_bind(snap, sock))
			replace(&snap->binds[i].bucket_addr, known, n);
		if (len && *name == '/')
			sock->name = snapshot_text_id(snap, last_part(name), strlen(last_part(name)));
		else if (len)
			sock->name = snapshot_text_id(snap, "\0abstract", 9);
	}
	for (size_t i = 0; i < snap->n_forwards; i++) {
		replace(&snap->forwards[i].address, known, n);
		replace(&snap->forwards[i].to, known, n);
	}
	for (size_t i = 0; i < snap->n_translations; i++) {
		struct addr *four[4];
		addresses_of(&snap->translations[i], four);
		for (size_t k = 0; k < 4; k++)
			replace(four[k], known, n);
	}
	replace_host(&snap->host, known, n);
	for (size_t i = 0; i < snap->n_namespaces; i++)
		replace_host(&snap->namespaces[i].host, known, n);
	free(known);
	return 0;
}
