/* SPDX-License-Identifier: MIT */
/* The socket table of a traced command and what its calls do to it. */
#include "probe/watched.h"
#include "base/array.h"
#include "base/auto.h"
#include "probe/asking.h"
#include "probe/watched_calls.h"
#include "probe/watched_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void watched_release(struct watched *watched)
{
	free(watched->sockets);
	watched->sockets = NULL;
	watched->n = watched->room = 0;
}

static struct watched_socket *watched_find(struct watched *w, pid_t pid, int fd)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->sockets[i].pid == pid && w->sockets[i].fd == fd)
			return &w->sockets[i];
	return NULL;
}

struct watched_socket *watched_add(struct watched *w)
{
	if (!array_grow(&w->sockets, w->n, &w->room, sizeof(*w->sockets)))
		return NULL;
	struct watched_socket *s = &w->sockets[w->n++];
	memset(s, 0, sizeof(*s));
	s->asked.uid = -1;
	return s;
}

void watched_remove(struct watched *w, struct watched_socket *s)
{
	*s = w->sockets[--w->n];
}

static void called_exit(struct watched *w, pid_t pid)
{
	for (size_t i = w->n; i-- > 0;)
		if (w->sockets[i].pid == pid) {
			watched_closing(w, &w->sockets[i]);
			watched_remove(w, &w->sockets[i]);
		}
}

static void called_dup(struct watched *w, const struct watched_socket *s, int new_fd)
{
	struct watched_socket copy = *s;
	struct watched_socket *old = watched_find(w, s->pid, new_fd);

	copy.fd = new_fd;
	struct watched_socket *to = old ?: watched_add(w);
	if (to)
		*to = copy;
}

/* A wait without result counts against every socket its process waits for something on. */
static void waited(struct watched *w, pid_t pid, double seconds)
{
	for (size_t i = 0; i < w->n; i++) {
		struct watched_socket *s = &w->sockets[i];
		if (s->pid == pid && s->has_attempt)
			s->waited_s += seconds;
	}
}

static void called_wait(struct watched *w, const struct traced_call *c)
{
	const size_t slot = (size_t)c->tid % N_ELEMENTS(w->waits);

	if (!c->is_exit) {
		w->waits[slot].pid = c->tid;
		w->waits[slot].started_ns = monotonic_ns();
	} else if (!c->result && w->waits[slot].pid == c->tid) {
		waited(w, c->pid, (double)(monotonic_ns() - w->waits[slot].started_ns) / 1e9);
	}
}

static void on_socket(struct watched *w, struct watched_socket *s, const struct traced_call *c)
{
	if (!c->is_exit)
		s->wait_started_ns = monotonic_ns();
	switch (c->number) {
	case __NR_connect:
		watched_connect(w, s, c);
		return;
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_write:
	case __NR_writev:
		watched_send(w, s, c);
		return;
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_read:
	case __NR_readv:
		watched_recv(w, s, c);
		return;
	case __NR_close:
		if (!c->is_exit) {
			watched_closing(w, s);
			watched_remove(w, s);
		}
		return;
	default:
		break;
	}
	if (!c->is_exit)
		return;
	switch (c->number) {
	case __NR_bind:
		watched_bind(w, s, c);
		break;
	case __NR_listen:
		watched_listen(w, s, c);
		break;
	case __NR_accept:
	case __NR_accept4:
		watched_accept(w, s, c);
		break;
	case __NR_setsockopt:
		if (watched_option(s, c) && c->result < 0) {
			s->has_attempt = true;
			watched_fail(w, s, PHASE_SOCKET, (int)-c->result);
			s->reported = s->has_attempt = false;
		}
		break;
	case __NR_getsockopt:
		watched_getsockopt(w, s, c);
		break;
	case __NR_fcntl:
		if (c->args[1] == F_SETFL && !c->result)
			s->nonblocking = c->args[2] & O_NONBLOCK;
		else if ((c->args[1] == F_DUPFD || c->args[1] == F_DUPFD_CLOEXEC) && c->result >= 0)
			called_dup(w, s, (int)c->result);
		break;
	case __NR_dup:
	case __NR_dup3:
#ifdef __NR_dup2
	case __NR_dup2:
#endif
		if (c->result >= 0)
			called_dup(w, s, (int)c->result);
		break;
	default:
		break;
	}
}

static bool is_still_socket(const struct watched_socket *s)
{
	char path[64], target[16];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", s->pid, s->fd);
	ssize_t n = readlink(path, target, sizeof(target));
	return n >= 7 && !memcmp(target, "socket:", 7);
}

void watched_execed(pid_t pid, void *data)
{
	struct watched *w = data;

	for (size_t i = w->n; i-- > 0;)
		if (w->sockets[i].pid == pid && !is_still_socket(&w->sockets[i])) {
			if (w->sockets[i].attempt.ok) /* closed on exec, after it had worked */
				watched_closing(w, &w->sockets[i]);
			watched_remove(w, &w->sockets[i]);
		}
}

/* What a descriptor was is over when another is put in its place, or a range of them is closed. */
static void forget_replaced(struct watched *w, const struct traced_call *c)
{
	struct watched_socket *s;

	if (!c->is_exit || c->result < 0)
		return;
	if (c->number != __NR_close_range) {
		s = watched_find(w, c->pid, (int)c->args[1]);
		if (s && c->args[0] != c->args[1] && !watched_find(w, c->pid, (int)c->args[0]))
			watched_remove(w, s);
		return;
	}
	for (size_t i = w->n; i-- > 0;)
		if (w->sockets[i].pid == c->pid && (unsigned)w->sockets[i].fd >= c->args[0] &&
		    (unsigned)w->sockets[i].fd <= c->args[1] && !is_still_socket(&w->sockets[i]))
			watched_remove(w, &w->sockets[i]);
}

void watched_call(const struct traced_call *c, void *data)
{
	struct watched *w = data;

	switch (c->number) {
	case __NR_socket:
		if (c->is_exit)
			watched_socket_called(w, c);
		return;
	case __NR_exit_group:
		if (!c->is_exit)
			called_exit(w, c->pid);
		return;
	case __NR_landlock_restrict_self:
		w->landlocked = w->landlocked || (c->is_exit && !c->result);
		return;
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
#ifdef __NR_poll
	case __NR_poll:
	case __NR_select:
	case __NR_epoll_wait:
#endif
		called_wait(w, c);
		return;
	case __NR_close_range:
	case __NR_dup3:
#ifdef __NR_dup2
	case __NR_dup2:
#endif
		forget_replaced(w, c);
		break;
	default:
		break;
	}
	struct watched_socket *s = watched_find(w, c->pid, (int)c->args[0]);
	if (s)
		on_socket(w, s, c);
}

void watched_forked(pid_t parent, pid_t child, void *data)
{
	struct watched *w = data;
	const size_t n = w->n;

	for (size_t i = 0; i < n; i++) {
		if (w->sockets[i].pid != parent)
			continue;
		struct watched_socket *copy = watched_add(w);
		if (!copy)
			return;
		*copy = w->sockets[i];
		copy->pid = child;
		copy->has_attempt = false; /* the parent's to report */
	}
}
