/* SPDX-License-Identifier: MIT */
/* A small interpreter of classic BPF, bounded by the program's length: jumps only go forward. */
#include "core/seccomp.h"

#include <errno.h>
#include <string.h>

struct machine {
	const struct seccomp_filter_code *filter;
	const struct seccomp_data *call;
	uint32_t a, x, memory[BPF_MEMWORDS];
	size_t at;
};

static bool load(const struct machine *m, uint32_t offset, uint32_t *ret)
{
	if (offset % 4 || offset > sizeof(*m->call) - 4)
		return false;
	memcpy(ret, (const char *)m->call + offset, 4);
	return true;
}

static bool run_load(struct machine *m, const struct sock_filter *i)
{
	uint32_t *to = BPF_CLASS(i->code) == BPF_LDX ? &m->x : &m->a;

	switch (BPF_MODE(i->code)) {
	case BPF_IMM:
		*to = i->k;
		return true;
	case BPF_ABS: /* seccomp's word of struct seccomp_data, in host order */
		return to == &m->a && BPF_SIZE(i->code) == BPF_W && load(m, i->k, to);
	case BPF_LEN:
		*to = sizeof(*m->call);
		return true;
	case BPF_MEM:
		if (i->k >= BPF_MEMWORDS)
			return false;
		*to = m->memory[i->k];
		return true;
	default:
		return false;
	}
}

static bool run_alu(struct machine *m, const struct sock_filter *i)
{
	const uint32_t by = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		m->a += by;
		return true;
	case BPF_SUB:
		m->a -= by;
		return true;
	case BPF_MUL:
		m->a *= by;
		return true;
	case BPF_DIV:
		m->a = by ? m->a / by : 0;
		return true;
	case BPF_AND:
		m->a &= by;
		return true;
	case BPF_OR:
		m->a |= by;
		return true;
	case BPF_XOR:
		m->a ^= by;
		return true;
	case BPF_LSH:
		m->a = by < 32 ? m->a << by : 0;
		return true;
	case BPF_RSH:
		m->a = by < 32 ? m->a >> by : 0;
		return true;
	case BPF_NEG:
		m->a = 0 - m->a;
		return true;
	default:
		return false;
	}
}

static bool run_jump(struct machine *m, const struct sock_filter *i)
{
	const uint32_t with = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool yes;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		m->at += i->k;
		return m->at < m->filter->n;
	case BPF_JEQ:
		yes = m->a == with;
		break;
	case BPF_JGT:
		yes = m->a > with;
		break;
	case BPF_JGE:
		yes = m->a >= with;
		break;
	case BPF_JSET:
		yes = m->a & with;
		break;
	default:
		return false;
	}
	m->at += yes ? i->jt : i->jf;
	return true;
}

static bool run_store(struct machine *m, const struct sock_filter *i)
{
	if (i->k >= BPF_MEMWORDS)
		return false;
	m->memory[i->k] = BPF_CLASS(i->code) == BPF_STX ? m->x : m->a;
	return true;
}

static bool step(struct machine *m, const struct sock_filter *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		return run_load(m, i);
	case BPF_ST:
	case BPF_STX:
		return run_store(m, i);
	case BPF_ALU:
		return run_alu(m, i);
	case BPF_JMP:
		return run_jump(m, i);
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	default:
		return false;
	}
}

bool seccomp_run(const struct seccomp_filter_code *filter, const struct seccomp_data *call,
		 uint32_t *ret_action)
{
	struct machine m = {.filter = filter, .call = call};

	while (m.at < filter->n) {
		const struct sock_filter *i = &filter->code[m.at++];
		if (BPF_CLASS(i->code) == BPF_RET) {
			*ret_action = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
			return true;
		}
		if (!step(&m, i))
			return false;
	}
	return false;
}

bool seccomp_decide(const struct seccomp_filter_code *filters, size_t n,
		    const struct seccomp_data *call, uint32_t *ret_action)
{
	uint32_t worst = SECCOMP_RET_ALLOW, action;

	/* Actions are ordered as signed numbers: SECCOMP_RET_KILL_PROCESS is below all. */
	for (size_t i = 0; i < n; i++) {
		if (!seccomp_run(&filters[i], call, &action))
			return false;
		if ((int32_t)(action & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(worst & SECCOMP_RET_ACTION_FULL))
			worst = action;
	}
	*ret_action = worst;
	return true;
}

int seccomp_errno(uint32_t action)
{
	enum { MAX_ERRNO = 4095 };
	const int number = (int)(action & SECCOMP_RET_DATA);

	if ((action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return 0;
	return number > MAX_ERRNO ? MAX_ERRNO : number;
}
