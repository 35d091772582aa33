/* SPDX-License-Identifier: MIT */
/*
 * Read about one process through one directory. A descriptor of /proc/PID belongs to that process,
 * not to its number: once the process is gone every read through it fails, even if the pid is in
 * use again (fs/proc/base.c: get_proc_task() of the inode's struct pid).
 */
#ifndef BERTH_SOURCES_PROC_DIR_H
#define BERTH_SOURCES_PROC_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;
struct proc;
struct proc_stat;

/* The descriptor of /proc/@pid (caller closes) or -errno. */
int proc_dir_open(uint32_t pid);
/* Up to @room - 1 bytes of @name below @dir and a NUL; the number of bytes or -errno. */
long proc_dir_read(int dir, const char *name, char *to, size_t room);
/* The number in "net:[4026531840]" behind the link @name below @dir; 0 if it is not to be had. */
uint64_t proc_dir_link_number(int dir, const char *name);

enum { PROC_STAT_ROOM = 1024 };

/* /proc/@pid/stat by number, for once; @ret->comm points into @text. False: nobody has the number. */
bool proc_read_stat(uint32_t pid, char text[PROC_STAT_ROOM], struct proc_stat *ret);

enum { PROC_CALL_NONE = -1, PROC_CALL_RUNNING = -2 };

/*
 * Give @visit the number of the system call that each thread of @pid sits in, or PROC_CALL_*.
 * Returns how many threads could be seen: it needs the right to ptrace.
 */
unsigned proc_foreach_call(uint32_t pid, void (*visit)(long number, void *data), void *data);

/* Do we count processes as the kernel does, and see all of them? False also if it cannot be told. */
bool proc_in_first_pid_namespace(void);
/* What is not seen if not, and what it takes. */
#define PROC_OUTSIDE "the processes of other pid namespaces"
#define PROC_OUTSIDE_NEEDS "a look from the first pid namespace"

/*
 * Fill pid, comm, parent, state, start, uid and inner pid of @proc from @dir ("../" + files when
 * @prefix is "../"). 0, or -ESRCH when the process is gone.
 */
int proc_dir_fill(struct snapshot *snap, int dir, const char *prefix, struct proc *proc);

#endif
