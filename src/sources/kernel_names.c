/* SPDX-License-Identifier: MIT */
/* /proc/kallsyms and /sys/kernel/btf/vmlinux, each read once and only when needed. */
#include "sources/kernel_names.h"
#include "base/arena.h"
#include "base/auto.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { N_CACHED = 64, N_REASONS = 512, PAGE = 4096 };

struct cached_symbol {
	uint64_t address;
	const char *name;
	uint32_t offset;
};

struct kernel_names {
	struct cached_symbol symbols[N_CACHED];
	unsigned n_symbols;
	bool reasons_read;
	struct arena *arena; /* of .reasons */
	const char *reasons[N_REASONS];
};

struct kernel_names *kernel_names_new(void)
{
	return calloc(1, sizeof(struct kernel_names));
}

void kernel_names_free(struct kernel_names *names)
{
	free(names);
}

/* The last symbol at or below the address: the file is in no order across modules. */
static void search(struct arena *arena, struct cached_symbol *s)
{
	char buffer[PAGE], line[512], name[256] = "";
	AUTO(fclosep) FILE *file = fopen("/proc/kallsyms", "re");
	uint64_t best = 0;

	if (file) /* 12 MB, a page at a time */
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	while (file && fgets(line, sizeof(line), file)) {
		char *end;
		uint64_t at = strtoull(line, &end, 16);
		if (at > s->address || at < best || !at || end[0] != ' ' || !end[1] || end[2] != ' ')
			continue;
		if ((end[1] | 32) != 't' && (end[1] | 32) != 'w')
			continue;
		best = at;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(end + 3, "\t\n"), end + 3);
	}
	if (!best)
		return;
	/* The compiler's copies (".constprop.0", ".part.1") are the same function to a reader. */
	name[strcspn(name, ".")] = '\0';
	s->name = arena_printf(arena, "%s", name);
	s->offset = (uint32_t)(s->address - best);
}

const char *kernel_names_symbol(struct kernel_names *names, struct arena *arena, uint64_t address,
				uint32_t *ret_offset)
{
	for (unsigned i = 0; i < names->n_symbols; i++)
		if (names->symbols[i].address == address) {
			*ret_offset = names->symbols[i].offset;
			return names->symbols[i].name;
		}
	if (names->n_symbols == N_CACHED)
		return NULL;
	struct cached_symbol *s = &names->symbols[names->n_symbols++];
	s->address = address;
	search(arena, s);
	*ret_offset = s->offset;
	return s->name;
}

/* What follows a type's head; SIZE_MAX for a kind that is not known. */
static size_t extra_bytes(uint32_t kind, uint32_t n)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case 17: /* DECL_TAG */
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	case 19: /* ENUM64 */
		return n * 12;
	default:
		return kind <= 19 ? 0 : SIZE_MAX;
	}
}

int btf_enum_foreach(const void *btf, size_t len, const char *name,
		     void (*each)(const char *member, uint32_t value, void *data), void *data)
{
	struct btf_header head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, btf, sizeof(head));
	if (head.magic != BTF_MAGIC || head.hdr_len > len || head.type_off > len - head.hdr_len ||
	    head.type_len > len - head.hdr_len - head.type_off ||
	    head.str_off > len - head.hdr_len || head.str_len > len - head.hdr_len - head.str_off ||
	    !head.str_len)
		return false;
	const char *strings = (const char *)btf + head.hdr_len + head.str_off;
	const char *types = (const char *)btf + head.hdr_len + head.type_off;
	if (strings[head.str_len - 1])
		return false;
	for (size_t at = 0; head.type_len - at >= sizeof(struct btf_type) && at < head.type_len;) {
		struct btf_type type;
		memcpy(&type, types + at, sizeof(type));
		at += sizeof(type);
		const uint32_t kind = BTF_INFO_KIND(type.info), n = BTF_INFO_VLEN(type.info);
		const size_t extra = extra_bytes(kind, n);
		if (extra > head.type_len - at)
			return false;
		if (kind == BTF_KIND_ENUM && type.name_off < head.str_len &&
		    !strcmp(strings + type.name_off, name)) {
			for (uint32_t i = 0; i < n; i++) {
				struct btf_enum member;
				memcpy(&member, types + at + i * sizeof(member), sizeof(member));
				if (member.name_off < head.str_len)
					each(strings + member.name_off, (uint32_t)member.val, data);
			}
			return true;
		}
		at += extra;
	}
	return false;
}

static void keep_reason(const char *member, uint32_t value, void *data)
{
	struct kernel_names *names = data;
	static const char *const prefixes[] = {"SKB_DROP_REASON_", "SKB_"};

	for (size_t i = 0; i < N_ELEMENTS(prefixes); i++)
		if (!strncmp(member, prefixes[i], strlen(prefixes[i]))) {
			member += strlen(prefixes[i]);
			break;
		}
	if (value < N_REASONS)
		names->reasons[value] = arena_printf(names->arena, "%s", member);
}

static void read_reasons(struct kernel_names *names, struct arena *arena)
{
	AUTO(closep) int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct stat st;

	names->reasons_read = true;
	names->arena = arena;
	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return;
	/* Not every kernel lets this file be mapped: read it. */
	AUTO(freep) char *btf = malloc((size_t)st.st_size);
	size_t len = 0;
	for (ssize_t got; btf && len < (size_t)st.st_size &&
	     (got = read(fd, btf + len, (size_t)st.st_size - len)) > 0;)
		len += (size_t)got;
	if (btf)
		btf_enum_foreach(btf, len, "skb_drop_reason", keep_reason, names);
}

const char *kernel_names_reason(struct kernel_names *names, struct arena *arena, uint32_t reason)
{
	if (!names->reasons_read)
		read_reasons(names, arena);
	return reason < N_REASONS ? names->reasons[reason] : NULL;
}
