/* SPDX-License-Identifier: MIT */
/* Would the answer be another if one of the rules were? Then that rule is tried. */
#include "commands/this_kernel.h"
#include "base/arena.h"
#include "probe/behaviour.h"

#include <stddef.h>
#include <string.h>

static uint32_t deciding(this_kernel_judge *judge, void *data, const struct model_behaviour *base)
{
	const uint64_t answer = judge(data, base);
	uint32_t mask = 0;

	for (unsigned i = 0; i < N_BEHAVIOURS; i++) {
		struct model_behaviour other = *base;
		bool *bit = model_behaviour_bit(&other, (enum behaviour)i);
		*bit = !*bit;
		if (judge(data, &other) != answer)
			mask |= 1u << i;
	}
	return mask;
}

static const char *tell_assumed(uint32_t mask, const struct model_behaviour *behaviour,
				const struct kernel_behaviour *found, struct arena *arena)
{
	const unsigned first = (unsigned)__builtin_ctz(mask);
	struct model_behaviour copy = *behaviour;
	const bool on = *model_behaviour_bit(&copy, (enum behaviour)first);
	unsigned major, minor;

	behaviour_version(&major, &minor);
	return arena_printf(arena, "%s \"%s\", by the version %u.%u; it could not be tried%s%s",
			    on ? "that" : "that not", model_behaviour_row((enum behaviour)first)->says,
			    major, minor, found->error ? ": " : "",
			    found->error ? strerror(found->error) : "");
}

struct model_behaviour this_kernel(this_kernel_judge *judge, void *data, struct arena *arena,
				   const char **ret_assumed)
{
	struct model_behaviour behaviour = model_behaviour_latest;
	struct kernel_behaviour found;
	unsigned major, minor;

	if (ret_assumed)
		*ret_assumed = NULL;
	behaviour_version(&major, &minor);
	if (major)
		behaviour = model_behaviour_of(major, minor);
	const uint32_t mask = judge ? deciding(judge, data, &behaviour) : UINT32_MAX;
	if (!mask)
		return behaviour;
	behaviour_probe(&found);
	model_behaviour_apply(&behaviour, &found);
	if (judge && mask & ~found.known && ret_assumed)
		*ret_assumed = tell_assumed(mask & ~found.known, &behaviour, &found, arena);
	return behaviour;
}
