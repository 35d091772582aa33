/* SPDX-License-Identifier: MIT */
/* Interface indices mean something only within one network namespace. */
#include "core/sock_device.h"
#include "base/numbers.h"
#include "core/snapshot.h"
#include "core/sock.h"

#include <string.h>

const char *sock_device_name(const struct snapshot *snap, const struct sock *sock)
{
	const struct namespace *netns =
		sock->netns < snap->n_namespaces ? &snap->namespaces[sock->netns] : NULL;
	const struct interface *interface = NULL;

	if (!sock->device)
		return NULL;
	if (netns)
		interface = host_interface(&netns->host, sock->device);
	if (!interface && (!netns || netns->is_self))
		interface = host_interface(&snap->host, sock->device);
	return interface ? interface->name : NULL;
}

bool sock_device_is(const struct snapshot *snap, const struct sock *sock, const char *text)
{
	uint64_t index;

	if (parse_u64(text, UINT32_MAX, &index))
		return sock->device == index;
	const char *name = sock_device_name(snap, sock);
	return name && !strcmp(name, text);
}
