/* SPDX-License-Identifier: MIT */
/* `host ...`: addresses, devices and sysctls of the namespace. */
#include "base/auto.h"
#include "model/script_state.h"
#include "base/numbers.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static int host_address(struct script *script)
{
	struct addr addr;
	uint8_t bits;
	uint32_t device = 1;
	int r = want_addr(script, &addr, &bits);

	if (!r && word_peek(script))
		r = want_device_name(script, &device);
	if (!r)
		r = want_end(script);
	return r ? r : model_space_add_address(script->space, &addr, bits, device);
}

/* host device eth0 [in red]; a VRF is 'host device red vrf'. */
static int host_device(struct script *script)
{
	uint32_t device, master = 0;
	int r = want_device_name(script, &device);

	if (!r && word_take(script, "vrf"))
		master = device;
	else if (!r && word_take(script, "in"))
		r = want_device(script, &master);
	if (!r)
		r = want_end(script);
	return r ? r : model_space_add_device(script->space, device, master);
}

static int host_range(struct script *script)
{
	struct model_sysctls *sysctls = model_space_sysctls(script->space);
	uint32_t column = word_peek(script) ? word_peek(script)->column : script->end_column;
	uint16_t low, high;
	int r = want_range(script, &low, &high);

	if (!r)
		r = want_end(script);
	if (r)
		return r;
	if (!low || low > high)
		return script_fail(script, column, "expected a range from low to high, above 0");
	sysctls->range_low = low;
	sysctls->range_high = high;
	return 0;
}

/* host reserved 8080,9000-9010 replaces the list; 'none' empties it. */
static int host_reserved(struct script *script)
{
	const struct word *word = word_next(script);

	if (!word)
		return script_fail(script, script->end_column, "expected ports like 8080,9000-9010");
	model_space_unreserve_all(script->space);
	if (word_is(word, "none"))
		return want_end(script);
	for (const char *at = word->text, *end = word->text + word->len; at <= end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end, *dash = memchr(at, '-', (size_t)(stop - at));
		uint64_t low, high;
		if (!parse_u64_n(at, (size_t)((dash ? dash : stop) - at), 65535, &low) ||
		    !parse_u64_n(dash ? dash + 1 : at, (size_t)(stop - (dash ? dash + 1 : at)),
				 65535, &high))
			return script_fail(script, word->column + (uint32_t)(at - word->text),
					   "expected ports like 8080,9000-9010");
		model_space_reserve_ports(script->space, (uint16_t)low, (uint16_t)high);
		at = stop + 1;
	}
	return want_end(script);
}

static int host_default_route(struct script *script)
{
	uint32_t device;
	int r = want_device_name(script, &device);

	if (!r)
		r = want_end(script);
	return r ? r : model_space_add_default_route(script->space, device);
}

struct sysctl_word {
	const char *name;
	size_t offset;
	uint8_t size;
	uint32_t max;
};

#define SYSCTL(word, field, most)                                                                  \
	{                                                                                          \
		word, offsetof(struct model_sysctls, field),                                       \
			sizeof(((struct model_sysctls *)0)->field), most                           \
	}

static const struct sysctl_word sysctl_words[] = {
	SYSCTL("system-below", system_below, 65535),
	SYSCTL("nonlocal4", nonlocal4, 1),
	SYSCTL("nonlocal6", nonlocal6, 1),
	SYSCTL("bindv6only", bindv6only, 1),
	SYSCTL("autobind-reuse", autobind_reuse, 1),
	SYSCTL("tcp-l3mdev-accept", tcp_l3mdev_accept, 1),
	SYSCTL("udp-l3mdev-accept", udp_l3mdev_accept, 1),
	SYSCTL("migrate", migrate, 1),
	SYSCTL("timestamps", timestamps, 1),
	SYSCTL("rfc1337", rfc1337, 1),
	SYSCTL("tw-reuse", tw_reuse, 2),
	SYSCTL("tw-reuse-delay", tw_reuse_delay_ms, 100000),
	{0},
};

static int set_sysctl(struct script *script, const struct sysctl_word *row)
{
	char *field = (char *)model_space_sysctls(script->space) + row->offset;
	uint64_t value;
	int r = want_number(script, "a number in range", row->max, &value);

	if (!r)
		r = want_end(script);
	if (r)
		return r;
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	memcpy(field, row->size == 1 ? (void *)&u8 : row->size == 2 ? (void *)&u16 : (void *)&u32,
	       row->size);
	return 0;
}

static int host_nonlocal(struct script *script)
{
	uint64_t value;
	int r = want_number(script, "0 or 1", 1, &value);

	if (!r)
		r = want_end(script);
	if (r)
		return r;
	model_space_sysctls(script->space)->nonlocal4 = value;
	model_space_sysctls(script->space)->nonlocal6 = value;
	return 0;
}

/* host kernel 5.15: the rules as of that mainline version, backports left out. */
static int host_kernel(struct script *script)
{
	const struct word *word = word_next(script);
	const char *dot = word ? memchr(word->text, '.', word->len) : NULL;
	uint64_t major, minor;

	if (!dot || !parse_u64_n(word->text, (size_t)(dot - word->text), 99, &major) ||
	    !parse_u64_n(dot + 1, (size_t)(word->text + word->len - dot - 1), 99, &minor))
		return script_fail(script, word ? word->column : script->end_column,
				   "expected a kernel's version like 5.15");
	if (script->touched)
		return script_fail(script, word->column,
				   "the kernel must be chosen before the first socket");
	struct model_behaviour behaviour = model_behaviour_of((unsigned)major, (unsigned)minor);
	model_space_behave(script->space, &behaviour);
	return want_end(script);
}

static int host_udp_slots(struct script *script)
{
	uint64_t value;
	uint32_t column = word_peek(script) ? word_peek(script)->column : script->end_column;
	int r = want_number(script, "a power of two up to 65536", 65536, &value);

	if (!r)
		r = want_end(script);
	if (r)
		return r;
	if (script->touched)
		return script_fail(script, column, "udp-slots must come before the first socket");
	if (!value || value & (value - 1))
		return script_fail(script, column, "expected a power of two up to 65536");
	model_space_sysctls(script->space)->udp_slots = (uint32_t)value;
	return 0;
}

int run_host(struct script *script)
{
	static const struct {
		const char *word;
		int (*run)(struct script *script);
	} rows[] = {
		{"address", host_address},   {"device", host_device},
		{"range", host_range},	     {"reserved", host_reserved},
		{"nonlocal", host_nonlocal}, {"default-route", host_default_route},
		{"udp-slots", host_udp_slots}, {"kernel", host_kernel},
	};
	const struct word *word = word_next(script);
	int r = -ENOENT;

	for (size_t i = 0; i < N_ELEMENTS(rows) && r == -ENOENT; i++)
		if (word_is(word, rows[i].word))
			r = rows[i].run(script);
	for (size_t i = 0; sysctl_words[i].name && r == -ENOENT; i++)
		if (word_is(word, sysctl_words[i].name))
			r = set_sysctl(script, &sysctl_words[i]);
	if (r == -ENOENT)
		return script_fail(script, word ? word->column : script->end_column,
				   "expected address, device, range, reserved, system-below, nonlocal "
				   "or another setting of the host");
	if (!r)
		say_done(script, "host", NULL);
	return r;
}
