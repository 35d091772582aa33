/* SPDX-License-Identifier: MIT */
/* The child, its namespace, and what it reports. */
#include "probe/behaviour.h"
#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 2000 };

static int raise_lo(void)
{
	AUTO(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;
}

static int enter_namespace(void)
{
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -errno;
	return raise_lo();
}

static void try_all(struct kernel_behaviour *found)
{
	found->error = -enter_namespace();
	for (int i = 0; i < N_BEHAVIOURS && !found->error; i++) {
		const enum tried tried = behaviour_try((enum behaviour)i);
		if (tried == TRIED_NOTHING)
			continue;
		found->known |= 1u << i;
		found->on |= tried == TRIED_YES ? 1u << i : 0;
	}
}

static void child(int report)
{
	struct kernel_behaviour found = {};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	try_all(&found);
	if (write(report, &found, sizeof(found)) < 0)
		_exit(1);
	_exit(0);
}

void behaviour_probe(struct kernel_behaviour *ret)
{
	struct kernel_behaviour found;
	int ends[2];

	*ret = (struct kernel_behaviour){};
	if (pipe2(ends, O_CLOEXEC)) {
		ret->error = errno;
		return;
	}
	AUTO(closep) int reads = ends[0], writes = ends[1];
	const pid_t pid = fork();
	if (!pid)
		child(writes);
	if (pid < 0) {
		ret->error = errno;
		return;
	}
	struct pollfd wait = {.fd = reads, .events = POLLIN};
	if (poll(&wait, 1, PATIENCE_MS) == 1 && read(reads, &found, sizeof(found)) == sizeof(found))
		*ret = found;
	else
		ret->error = ETIMEDOUT;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void behaviour_version(unsigned *ret_major, unsigned *ret_minor)
{
	struct utsname name;

	*ret_major = *ret_minor = 0;
	if (!uname(&name) && sscanf(name.release, "%u.%u", ret_major, ret_minor) != 2)
		*ret_major = *ret_minor = 0;
}
