/* SPDX-License-Identifier: MIT */
/*
 * A private network namespace to run scenarios in: lo, and devices whose other end is this
 * process (tap), so that a packet "from outside" is one write() and the kernel has dealt with it
 * when that returns. The calling process moves into the namespace.
 */
#ifndef BERTH_TESTS_KERNEL_LAB_H
#define BERTH_TESTS_KERNEL_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/addr.h"

enum { LAB_MAX_DEVICES = 4, LAB_MAX_ADDRESSES = 16, N_LAB_KNOBS = 6 };

/* Sysctls that host lines set; each is put back to its default by lab_reset_knobs(). */
enum lab_knob {
	LAB_RANGE,
	LAB_RESERVED,
	LAB_SYSTEM_BELOW,
	LAB_NONLOCAL,
	LAB_NONLOCAL6,
	LAB_AUTOBIND_REUSE,
};

struct lab_device {
	char name[16];
	int index, fd;
	unsigned char mac[6];
};

struct lab {
	int diag_fd, sockstat_fd;
	int n_devices, n_addresses;
	struct lab_device devices[LAB_MAX_DEVICES];
	struct {
		struct addr addr;
		int device;
	} addresses[LAB_MAX_ADDRESSES];
	char knobs[N_LAB_KNOBS][32];	 /* what each sysctl is now; "": untouched */
	bool dirty[N_LAB_KNOBS];
};

/* Move into a new namespace with lo up. 0 or -errno. */
int lab_open(struct lab *lab);
void lab_release(struct lab *lab);

/* Add @addr to device @name, making the device if it is new. Adding what is there is fine. */
int lab_add_address(struct lab *lab, const struct addr *addr, const char *name);
/* NULL if there is no such device. */
const struct lab_device *lab_device(const struct lab *lab, const char *name);
/* Interface index a packet to @addr is counted to when the sender is local: 1 (lo) if unknown. */
int lab_owner_index(const struct lab *lab, const struct addr *addr);
bool lab_is_local(const struct lab *lab, const struct addr *addr);

int lab_set_knob(struct lab *lab, enum lab_knob knob, const char *value);
int lab_reset_knobs(struct lab *lab);

/* TCP sockets in hash tables plus TIME_WAIT entries of the namespace: 0 when it is clean. */
int lab_leftovers(const struct lab *lab);

struct lab_tuple {
	struct addr local, remote;
	uint16_t local_port, remote_port;
	bool udp;
	int device; /* index the packet would come in on */
};

/*
 * The kernel's own lookup (sock_diag without NLM_F_DUMP) for a packet from .remote to .local:
 * the cookie of the socket it would get, 0 if none, or -errno. @ret_state may be NULL.
 */
int64_t lab_lookup(const struct lab *lab, const struct lab_tuple *tuple, int *ret_state);
/* Make the kernel forget exactly this connection or TIME_WAIT entry (SOCK_DESTROY). */
int lab_destroy(const struct lab *lab, const struct lab_tuple *tuple);

/* For system calls; the v4 or v6 form of @addr, mapped when @inet6 wants it. Returns its size. */
socklen_t lab_sockaddr(const struct addr *addr, uint16_t port, bool inet6,
		       struct sockaddr_storage *ret);
/* And back; a mapped address stays mapped. */
void lab_from_sockaddr(const struct sockaddr_storage *from, struct addr *ret, uint16_t *ret_port);

#endif
