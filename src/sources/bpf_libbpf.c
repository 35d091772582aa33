/* SPDX-License-Identifier: MIT */
/* The few functions that libbpf 0.1 to 1.x have in common; its older ones return errors as pointers. */
#include "sources/bpf_libbpf.h"
#include "base/auto.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The head of struct bpf_object_open_opts; .size tells libbpf that it is no longer. */
struct open_options {
	size_t size;
	const char *object_name;
};

struct library {
	void *(*open)(const void *bytes, size_t size, const void *options);
	int (*load)(void *object);
	void (*close)(void *object);
	int (*map_fd)(const void *object, const char *name);
	void *(*find_program)(const void *object, const char *name);
	int (*program_fd)(const void *program);
	void *(*set_print)(void *print);
};

static bool find_functions(struct library *lib)
{
	/* Never closed, like libnftables. */
	void *handle = dlopen("libbpf.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		handle = dlopen("libbpf.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
	lib->open = (void *(*)(const void *, size_t, const void *))dlsym(handle, "bpf_object__open_mem");
	lib->load = (int (*)(void *))dlsym(handle, "bpf_object__load");
	lib->close = (void (*)(void *))dlsym(handle, "bpf_object__close");
	lib->map_fd = (int (*)(const void *, const char *))dlsym(handle, "bpf_object__find_map_fd_by_name");
	lib->find_program = (void *(*)(const void *, const char *))dlsym(handle, "bpf_object__find_program_by_name");
	lib->program_fd = (int (*)(const void *))dlsym(handle, "bpf_program__fd");
	lib->set_print = (void *(*)(void *))dlsym(handle, "libbpf_set_print");
	return lib->open && lib->load && lib->close && lib->map_fd && lib->find_program &&
	       lib->program_fd && lib->set_print;
}

static bool is_object(const void *pointer)
{
	return pointer && (uintptr_t)pointer < (uintptr_t)-4095;
}

static int own_fd(int fd)
{
	if (fd < 0)
		return fd;
	const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return copy < 0 ? -errno : copy;
}

static int take_fds(const struct library *lib, const struct bpf_libbpf_object *from, void *object,
		    int fds[3])
{
	const void *program = lib->find_program(object, from->program);
	char globals[32];

	snprintf(globals, sizeof(globals), "%s.bss", from->name);
	const int theirs[3] = {
		lib->map_fd(object, from->map),
		lib->map_fd(object, globals),
		program ? lib->program_fd(program) : -ENOENT,
	};
	for (int i = 0; i < 3; i++) {
		fds[i] = own_fd(theirs[i]);
		if (fds[i] < 0)
			return fds[i];
	}
	return 0;
}

int bpf_libbpf_load(const struct bpf_libbpf_object *from, int *ret_map, int *ret_globals,
		    int *ret_program)
{
	const struct open_options options = {sizeof(options), from->name};
	struct library lib;
	int fds[3] = {-1, -1, -1};

	if (!find_functions(&lib))
		return -ENOSYS;
	lib.set_print(NULL); /* what goes wrong is for us to say */
	void *object = lib.open(from->bytes, from->size, &options);
	if (!is_object(object))
		return -EINVAL;
	int err = lib.load(object);
	if (!err)
		err = take_fds(&lib, from, object, fds);
	lib.close(object);
	for (int i = 0; i < 3 && err; i++)
		closep(&fds[i]);
	*ret_map = fds[0];
	*ret_globals = fds[1];
	*ret_program = fds[2];
	return err > 0 ? -err : err;
}
