/* SPDX-License-Identifier: MIT */
/* What a seccomp filter answers to one system call: its classic BPF run on struct seccomp_data. */
#ifndef BERTH_CORE_SECCOMP_H
#define BERTH_CORE_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seccomp_filter_code {
	const struct sock_filter *code;
	size_t n;
};

/*
 * Run one filter (kernel/seccomp.c: only the instructions seccomp_check_filter() allows). False if
 * it is not one that the kernel would have taken; then nothing is set.
 */
bool seccomp_run(const struct seccomp_filter_code *filter, const struct seccomp_data *call,
		 uint32_t *ret_action);

/* What the kernel does when all of @n filters have answered: the most severe answer counts. */
bool seccomp_decide(const struct seccomp_filter_code *filters, size_t n,
		    const struct seccomp_data *call, uint32_t *ret_action);

/* The positive errno that the call fails with under @action; 0: it goes on, or ends otherwise. */
int seccomp_errno(uint32_t action);

#endif
