/* SPDX-License-Identifier: MIT */
/* How sockets of a scenario end, and how nothing of them stays. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "execute.h"

static struct lab_tuple tuple_of(const struct kernel_sock *sock, bool other_end)
{
	if (other_end)
		return (struct lab_tuple){.local = sock->remote, .remote = sock->local,
					  .local_port = sock->remote_port,
					  .remote_port = sock->local_port};
	return (struct lab_tuple){.local = sock->local, .remote = sock->remote,
				  .local_port = sock->local_port, .remote_port = sock->remote_port};
}

/* The other end may take its 40 ms to acknowledge our FIN: until then this is FIN_WAIT1. */
static void await_acknowledgement(const struct lab *lab, const struct kernel_sock *sock)
{
	struct lab_tuple tuple = tuple_of(sock, false);
	int state = 4;

	tuple.device = lab_owner_index(lab, &tuple.local);
	for (int tries = 0; tries < 100; tries++) {
		if (lab_lookup(lab, &tuple, &state) <= 0 || state != 4)
			return;
		usleep(1000);
	}
}

int execute_close(const struct lab *lab, struct kernel_sock *sock, bool reset)
{
	struct linger linger = {.l_onoff = 1};

	if (reset)
		setsockopt(sock->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	else if (!sock->udp)
		sock->lingering = true;
	close(sock->fd);
	sock->fd = -1;
	sock->pending = 0;
	if (sock->lingering && sock->has_tuple)
		await_acknowledgement(lab, sock);
	return 0;
}

int execute_expire(const struct lab *lab, const struct kernel_sock *sock)
{
	struct lab_tuple tuple = tuple_of(sock, false);
	int state = 0;

	tuple.device = lab_owner_index(lab, &tuple.local);
	/* Only TIME_WAIT expires: FIN_WAIT2 without an owner is kept as TIME_WAIT and shown as 5. */
	if (lab_lookup(lab, &tuple, &state) <= 0 || (state != 6 && state != 5))
		return 0;
	return lab_destroy(lab, &tuple);
}

bool execute_end(struct execution *run)
{
	for (int i = 0; i < N_OP_NAMES; i++)
		if (run->socks[i].fd >= 0)
			execute_close(run->lab, &run->socks[i], true);
	for (int i = 0; i < N_OP_NAMES; i++) {
		struct kernel_sock *sock = &run->socks[i];
		if (!sock->lingering || !sock->has_tuple)
			continue;
		for (int end = 0; end < 2; end++) {
			struct lab_tuple tuple = tuple_of(sock, end);
			tuple.device = lab_owner_index(run->lab, &tuple.local);
			lab_destroy(run->lab, &tuple);
		}
	}
	return !lab_reset_knobs(run->lab) && !lab_leftovers(run->lab);
}
