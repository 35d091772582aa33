/* SPDX-License-Identifier: MIT */
/* Which rules a kernel has, by its version, and corrected by what was tried. */
#include "model/space.h"

#include <assert.h>
#include <stddef.h>

#define X(name, since, before, says)                                                               \
	static_assert(offsetof(struct model_behaviour, name) == BEHAVIOUR_##name, "one list");
BEHAVIOURS(X)
#undef X

const struct model_behaviour model_behaviour_latest = {
#define X(name, since, before, says) .name = !(before),
	BEHAVIOURS(X)
#undef X
};

static const struct model_behaviour_row rows[] = {
#define X(name, since, before, says) {#name, since, before, says},
	BEHAVIOURS(X)
#undef X
};

const struct model_behaviour_row *model_behaviour_row(enum behaviour behaviour)
{
	return &rows[behaviour];
}

bool *model_behaviour_bit(struct model_behaviour *of, enum behaviour behaviour)
{
	return (bool *)of + behaviour;
}

struct model_behaviour model_behaviour_of(unsigned major, unsigned minor)
{
	const unsigned version = major * 100 + minor;
	struct model_behaviour behaviour;

	for (unsigned i = 0; i < N_BEHAVIOURS; i++)
		*model_behaviour_bit(&behaviour, i) =
			version >= rows[i].since && (!rows[i].before || version < rows[i].before);
	/* What came with bhash2 was missed only since then. */
	behaviour.mapped_wildcard |= !behaviour.bind_by_address;
	return behaviour;
}

void model_behaviour_apply(struct model_behaviour *to, const struct kernel_behaviour *found)
{
	for (unsigned i = 0; i < N_BEHAVIOURS; i++)
		if (found->known >> i & 1)
			*model_behaviour_bit(to, i) = found->on >> i & 1;
}
