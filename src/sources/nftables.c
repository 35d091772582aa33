/* SPDX-License-Identifier: MIT */
/* libnftables by dlopen(): its JSON for reading, its text for showing rules as people know them. */
#include "sources/nftables.h"
#include "sources/netlink.h"
#include "sources/nft_table.h"

#include <dlfcn.h>
#include <errno.h>

enum { OUTPUT_STATELESS = 1 << 2, OUTPUT_HANDLE = 1 << 3, OUTPUT_JSON = 1 << 4 };

struct library {
	void *(*ctx_new)(uint32_t flags);
	void (*ctx_free)(void *ctx);
	void (*set_flags)(void *ctx, unsigned int flags);
	int (*buffer_output)(void *ctx);
	int (*buffer_error)(void *ctx);
	const char *(*get_output)(void *ctx);
	int (*run)(void *ctx, const char *command);
};

static bool load(struct library *lib)
{
	/* Never closed: unloading a library with its own exit handlers is not safe. */
	void *handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return false;
	lib->ctx_new = (void *(*)(uint32_t))dlsym(handle, "nft_ctx_new");
	lib->ctx_free = (void (*)(void *))dlsym(handle, "nft_ctx_free");
	lib->set_flags = (void (*)(void *, unsigned))dlsym(handle, "nft_ctx_output_set_flags");
	lib->buffer_output = (int (*)(void *))dlsym(handle, "nft_ctx_buffer_output");
	lib->buffer_error = (int (*)(void *))dlsym(handle, "nft_ctx_buffer_error");
	lib->get_output = (const char *(*)(void *))dlsym(handle, "nft_ctx_get_output_buffer");
	lib->run = (int (*)(void *, const char *))dlsym(handle, "nft_run_cmd_from_buffer");
	return lib->ctx_new && lib->ctx_free && lib->set_flags && lib->buffer_output &&
	       lib->buffer_error && lib->get_output && lib->run;
}

/* Is there any table but ours? -errno when that cannot be asked. */
static int has_tables(bool *ret)
{
	struct netlink nl;
	uint32_t families = 0;
	int err = netlink_open(&nl, NETLINK_NETFILTER);

	err = err ?: nft_tables_look(&nl, &families);
	*ret = families != 0;
	netlink_close(&nl);
	return err;
}

static const char *list(const struct library *lib, void *ctx, struct arena *arena, unsigned flags)
{
	lib->set_flags(ctx, flags);
	if (lib->run(ctx, "list ruleset"))
		return NULL;
	const char *output = lib->get_output(ctx);
	return output ? arena_printf(arena, "%s", output) : NULL;
}

int nftables_read(struct arena *arena, struct nft_ruleset *ret_ruleset)
{
	struct library lib;
	bool any;
	int err = has_tables(&any);

	if (err)
		return err;
	if (!any) {
		*ret_ruleset = (struct nft_ruleset){.arena = arena};
		return 0;
	}
	if (!load(&lib))
		return -ENOSYS;
	void *ctx = lib.ctx_new(0);
	if (!ctx)
		return -ENOMEM;
	lib.buffer_output(ctx);
	lib.buffer_error(ctx);
	const char *json = list(&lib, ctx, arena, OUTPUT_JSON | OUTPUT_HANDLE);
	const char *text = list(&lib, ctx, arena, OUTPUT_HANDLE | OUTPUT_STATELESS);
	lib.ctx_free(ctx);
	const struct json_value *tree = json ? json_read(arena, json) : NULL;
	return nft_ruleset_init(ret_ruleset, arena, tree, text) ? 0 : -EBADMSG;
}
