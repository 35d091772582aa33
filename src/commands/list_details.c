/* SPDX-License-Identifier: MIT */
/* Scripts read these words, so they are ss's to the letter where ss has them. */
#include "commands/list_details.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"

uint32_t list_details_facts(uint32_t details)
{
	uint32_t facts = 0;

	if (details & DETAIL_INFO)
		facts |= FACT_TCP_INFO;
	if (details & DETAIL_MEMORY)
		facts |= FACT_SKMEM;
	if (details & (DETAIL_TOS | DETAIL_SOCKOPT | DETAIL_EXTENDED))
		facts |= FACT_SOCKOPT;
	if (details & (DETAIL_EXTENDED | DETAIL_CGROUP))
		facts |= FACT_CGROUP;
	return facts;
}

static void add_milliseconds(struct strbuf *text, uint32_t ms)
{
	const uint32_t seconds = ms / 1000 % 60;

	if (ms >= 60000)
		strbuf_printf(text, "%umin", ms / 60000);
	if (ms >= 10000 && seconds)
		strbuf_printf(text, "%usec", seconds);
	else if (ms < 10000 && seconds && ms % 1000)
		strbuf_printf(text, "%u.%03usec", seconds, ms % 1000);
	else if (ms < 10000 && seconds)
		strbuf_printf(text, "%usec", seconds);
	else if (ms < 1000)
		strbuf_printf(text, "%ums", ms);
}

static void add_timer(struct strbuf *text, const struct sock *sock)
{
	static const char *const words[] = {
		[SOCK_TIMER_RETRANS] = "on",
		[SOCK_TIMER_KEEPALIVE] = "keepalive",
		[SOCK_TIMER_TIME_WAIT] = "timewait",
		[SOCK_TIMER_PROBE0] = "persist",
	};

	if (sock->timer == SOCK_TIMER_NONE || sock->timer > SOCK_TIMER_PROBE0)
		return;
	strbuf_printf(text, " timer:(%s,", words[sock->timer]);
	add_milliseconds(text, sock->timer_ms);
	strbuf_printf(text, ",%u)", sock->retransmits);
}

static void add_cgroup(struct strbuf *text, const struct snapshot *snap, const struct sock *sock)
{
	size_t len;
	const char *path = snapshot_text(snap, sock->cgroup, &len);

	if (!len)
		return;
	strbuf_add_text(text, " cgroup:");
	escape_add(text, path, len);
}

static void add_identity(struct strbuf *text, const struct sock *sock)
{
	if (sock->uid && sock->uid != UINT32_MAX)
		strbuf_printf(text, " uid:%u", sock->uid);
	if (sock->inode || sock_is_inet(sock))
		strbuf_printf(text, " ino:%u", sock->inode);
	if (sock->cookie)
		strbuf_printf(text, " sk:%llx", (unsigned long long)sock->cookie);
}

static void add_shutdown(struct strbuf *text, const struct sock *sock)
{
	const uint16_t shut = sock->options & sock->options_known;

	if (sock->options_known & (SOCK_OPTION_SHUT_READ | SOCK_OPTION_SHUT_WRITE))
		strbuf_printf(text, " %c-%c", shut & SOCK_OPTION_SHUT_READ ? '-' : '<',
			      shut & SOCK_OPTION_SHUT_WRITE ? '-' : '>');
}

/* The file behind a path ("ino:" to ss; to us that is the socket), and clients not yet accepted. */
static void add_unix(struct strbuf *text, uint32_t details, const struct sock_extra *extra)
{
	if (!extra)
		return;
	if (extra->has_file)
		strbuf_printf(text, " %s:%u dev:%u/%u", details & DETAIL_LIKE_SS ? "ino" : "file",
			      extra->file_inode, extra->file_major, extra->file_minor);
	if (!extra->has_waiting)
		return;
	strbuf_add_text(text, " peers:");
	for (uint32_t i = 0; i < extra->n_waiting; i++)
		strbuf_printf(text, " %u", extra->waiting[i]);
}

static void add_extended(struct strbuf *text, uint32_t details, const struct snapshot *snap,
			 const struct sock *sock)
{
	/* ss knows nothing of these: it reads them from /proc/net/raw, and UNIX ones without. */
	const bool bare = sock->proto == SOCK_PROTO_UNIX ||
			  (sock->proto == SOCK_PROTO_RAW && !sock->cookie);

	if (!(details & DETAIL_LIKE_SS && bare))
		add_identity(text, sock);
	if (sock->mark)
		strbuf_printf(text, " fwmark:0x%x", sock->mark);
	add_cgroup(text, snap, sock);
	if (sock->local.family == ADDR_IPV6 && sock->options_known & SOCK_OPTION_V6ONLY)
		strbuf_printf(text, " v6only:%d", sock_option_is(sock, SOCK_OPTION_V6ONLY));
	add_shutdown(text, sock);
	if (sock->proto == SOCK_PROTO_UNIX)
		add_unix(text, details, sock_extra(snap, sock));
}

static void add_memory(struct strbuf *text, const struct sock_extra *extra)
{
	static const char *const letters[N_SKMEM] = {"r", "rb", "t", "tb", "f",
						     "w", "o",	"bl", "d"};

	if (!extra || !extra->has_skmem)
		return;
	strbuf_add_text(text, " skmem:(");
	for (int i = 0; i < N_SKMEM; i++)
		strbuf_printf(text, "%s%s%u", i ? "," : "", letters[i], extra->skmem[i]);
	strbuf_add_char(text, ')');
}

static void add_tos(struct strbuf *text, const struct sock_extra *extra)
{
	if (!extra || !(extra->has_tos || extra->has_tclass || extra->class_id))
		return;
	if (extra->has_tos)
		strbuf_printf(text, " tos:%#x", extra->tos);
	if (extra->has_tclass)
		strbuf_printf(text, " tclass:%#x", extra->tclass);
	strbuf_printf(text, " class_id:%#x", extra->class_id);
}

static void add_sockopt(struct strbuf *text, const struct sock_extra *extra)
{
	/* Bit order of struct inet_diag_sockopt (linux/inet_diag.h). */
	static const char *const words[] = {
		"recverr",     "is_icsk",   "freebind", "hdrincl",	     "mc_loop",
		"transparent", "mc_all",    "nodefrag", "bind_addr_no_port", "recverr_rfc4884",
		"defer_connect",
	};
	const char *separator = " inet-sockopt: (";

	if (!extra || !extra->has_sockopt)
		return;
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (extra->sockopt >> i & 1) {
			strbuf_printf(text, "%s %s", separator, words[i]);
			separator = "";
		}
	strbuf_add_text(text, *separator ? " inet-sockopt: ()" : ")");
}

void list_details_add(struct strbuf *text, uint32_t details, const struct snapshot *snap,
		      const struct sock *sock)
{
	const struct sock_extra *extra = sock_extra(snap, sock);

	if (details & DETAIL_TIMER)
		add_timer(text, sock);
	if (details & DETAIL_EXTENDED)
		add_extended(text, details, snap, sock);
	else if (details & DETAIL_CGROUP)
		add_cgroup(text, snap, sock);
	if (details & DETAIL_TOS)
		add_tos(text, extra);
	if (details & DETAIL_SOCKOPT)
		add_sockopt(text, extra);
	if (!(details & (DETAIL_MEMORY | DETAIL_INFO)))
		return;
	const size_t before = text->len;
	if (!(details & DETAIL_ONE_LINE))
		strbuf_add_text(text, "\n\t");
	const size_t start = text->len;
	if (details & DETAIL_MEMORY)
		add_memory(text, extra);
	if (details & DETAIL_INFO)
		list_info_add(text, details, snap, sock);
	if (text->len == start) {
		text->len = before; /* nothing known of it: no empty line */
		if (text->room)
			text->text[before] = '\0';
	}
}
