/* SPDX-License-Identifier: MIT */
/* tcp_info in ss's order and words; the values come from the fields, which know the struct. */
#include "commands/list_details.h"
#include "base/auto.h"
#include "base/strbuf.h"
#include "core/fields.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"

#include <linux/inet_diag.h>
#include <string.h>

#define USED(X)                                                                                    \
	X(wscale_send) X(wscale_recv) X(rto) X(backoff) X(rtt) X(rttvar) X(ato) X(mss) X(pmtu)     \
	X(rcv_mss) X(adv_mss) X(cwnd) X(ssthresh) X(bytes_sent) X(bytes_retransmitted)             \
	X(bytes_acked) X(bytes_received) X(segs_out) X(segs_in) X(data_segs_out) X(data_segs_in)   \
	X(send_rate) X(last_sent) X(last_received) X(last_ack) X(pacing_rate) X(max_pacing_rate)   \
	X(delivery_rate) X(delivered) X(delivered_ce) X(app_limited) X(busy) X(rwnd_limited)       \
	X(sndbuf_limited) X(unacked) X(retrans) X(retrans_total) X(lost) X(sacked) X(dsack_dups)   \
	X(fackets) X(reordering) X(reorder_seen) X(rcv_rtt) X(rcv_space) X(rcv_ssthresh)           \
	X(not_sent) X(min_rtt) X(out_of_order) X(send_window) X(recv_window) X(rehash)             \
	X(tcp_options)
#define DECLARE(id) extern const struct field field_##id;
USED(DECLARE)
#undef DECLARE

enum info_form {
	INFO_NUMBER, /* cwnd:10 */
	INFO_PAIR,   /* rtt:0.06/0.03, second field behind .between */
	INFO_RATE,   /* send 3.4Gbps */
	INFO_BUSY,   /* busy:12ms */
	INFO_SEND,   /* as INFO_RATE; the field is whole bytes, which would round it */
	INFO_FLAG,   /* app_limited */
};

struct info_row {
	const char *label;
	const struct field *field;
	enum info_form form;
	const struct field *second;
	char between;
	uint32_t unless; /* not shown when it has this value (0: when it is zero) */
	bool not_listen; /* a listener keeps its queue and backlog in this member */
};

/* In ss's order. */
static const struct info_row rows[] = {
	{"wscale:", &field_wscale_send, INFO_PAIR, &field_wscale_recv, ','},
	{"rto:", &field_rto},
	{"backoff:", &field_backoff},
	{"rtt:", &field_rtt, INFO_PAIR, &field_rttvar, '/'},
	{"ato:", &field_ato},
	{"mss:", &field_mss},
	{"pmtu:", &field_pmtu},
	{"rcvmss:", &field_rcv_mss},
	{"advmss:", &field_adv_mss},
	{"cwnd:", &field_cwnd},
	{"ssthresh:", &field_ssthresh},
	{"bytes_sent:", &field_bytes_sent},
	{"bytes_retrans:", &field_bytes_retransmitted},
	{"bytes_acked:", &field_bytes_acked},
	{"bytes_received:", &field_bytes_received},
	{"segs_out:", &field_segs_out},
	{"segs_in:", &field_segs_in},
	{"data_segs_out:", &field_data_segs_out},
	{"data_segs_in:", &field_data_segs_in},
	{NULL}, /* what the congestion control tells of itself stands here */
	{"send ", &field_send_rate, INFO_SEND},
	{"lastsnd:", &field_last_sent},
	{"lastrcv:", &field_last_received},
	{"lastack:", &field_last_ack},
	{"pacing_rate ", &field_pacing_rate, INFO_RATE, &field_max_pacing_rate, '/'},
	{"delivery_rate ", &field_delivery_rate, INFO_RATE},
	{"delivered:", &field_delivered},
	{"delivered_ce:", &field_delivered_ce},
	{"app_limited", &field_app_limited, INFO_FLAG},
	{"busy:", &field_busy, INFO_BUSY},
	{"rwnd_limited:", &field_rwnd_limited, INFO_BUSY},
	{"sndbuf_limited:", &field_sndbuf_limited, INFO_BUSY},
	{"unacked:", &field_unacked, .not_listen = true},
	{"retrans:", &field_retrans, INFO_PAIR, &field_retrans_total, '/'},
	{"lost:", &field_lost},
	{"sacked:", &field_sacked, .not_listen = true},
	{"dsack_dups:", &field_dsack_dups},
	{"fackets:", &field_fackets},
	{"reordering:", &field_reordering, .unless = 3},
	{"reord_seen:", &field_reorder_seen},
	{"rcv_rtt:", &field_rcv_rtt},
	{"rcv_space:", &field_rcv_space},
	{"rcv_ssthresh:", &field_rcv_ssthresh},
	{"notsent:", &field_not_sent},
	{"minrtt:", &field_min_rtt},
	{"rcv_ooopack:", &field_out_of_order},
	{"snd_wnd:", &field_send_window},
	{"rcv_wnd:", &field_recv_window},
	{"rehash:", &field_rehash},
};

/* A value as a number in ss's units: milliseconds for times. */
static bool number_of(const struct field *field, const struct snapshot *snap,
		      const struct sock *sock, double *ret)
{
	struct value value;

	if (!field->get(snap, sock, 0, &value))
		return false;
	*ret = field->type == VALUE_SECONDS ? value.seconds * 1000 : (double)value.number;
	return true;
}

static void add_rate(struct strbuf *text, double bytes_a_second, bool numeric)
{
	static const char *const units[] = {"", "K", "M", "G", "T"};
	double rate = bytes_a_second * 8;
	size_t unit = 0;

	for (; rate >= 1e3 && unit + 1 < N_ELEMENTS(units) && !numeric; unit++)
		rate /= 1e3;
	if (numeric)
		strbuf_printf(text, "%.0fbps", rate);
	else
		strbuf_printf(text, "%.3g%sbps", rate, units[unit]);
}

/* One congestion window a round trip, in bytes a second. */
static double send_rate(const struct snapshot *snap, const struct sock *sock)
{
	double mss, cwnd, rtt_ms;

	if (!number_of(&field_mss, snap, sock, &mss) ||
	    !number_of(&field_cwnd, snap, sock, &cwnd) ||
	    !number_of(&field_rtt, snap, sock, &rtt_ms) || rtt_ms <= 0)
		return 0;
	return mss * cwnd * 1000 / rtt_ms;
}

struct target {
	struct strbuf *text;
	const struct snapshot *snap;
	const struct sock *sock;
	bool numeric;
};

static void add_row(const struct target *target, const struct info_row *row)
{
	struct strbuf *text = target->text;
	const struct snapshot *snap = target->snap;
	const struct sock *sock = target->sock;
	double first = 0, second = 0;
	const bool has_first = number_of(row->field, snap, sock, &first);
	const bool has_second = row->second && number_of(row->second, snap, sock, &second);

	if (row->not_listen && sock->state == SOCK_STATE_LISTEN)
		return;
	if ((!has_first || first == row->unless) && (!has_second || !second))
		return;
	strbuf_printf(text, " %s", row->label);
	switch (row->form) {
	case INFO_NUMBER:
		strbuf_printf(text, "%.10g", first);
		break;
	case INFO_PAIR:
		strbuf_printf(text, "%.10g%c%.10g", first, row->between, second);
		break;
	case INFO_RATE:
		add_rate(text, first, target->numeric);
		if (has_second && second) {
			strbuf_add_char(text, row->between);
			add_rate(text, second, target->numeric);
		}
		break;
	case INFO_SEND:
		add_rate(text, send_rate(snap, sock), target->numeric);
		break;
	case INFO_BUSY:
		strbuf_printf(text, "%.0fms", first);
		break;
	case INFO_FLAG:
		break;
	}
}

static void add_congestion_info(struct strbuf *text, const struct sock_extra *extra, bool numeric)
{
	union tcp_cc_info info;

	_Static_assert(sizeof(info) <= sizeof(extra->cc_info), "every kind must fit");
	memcpy(&info, extra->cc_info, sizeof(info));
	if (extra->cc_kind == INET_DIAG_DCTCPINFO) {
		if (!info.dctcp.dctcp_enabled)
			strbuf_add_text(text, " dctcp:fallback_mode");
		else
			strbuf_printf(text, " dctcp:(ce_state:%u,alpha:%u,ab_ecn:%u,ab_tot:%u)",
				      info.dctcp.dctcp_ce_state, info.dctcp.dctcp_alpha,
				      info.dctcp.dctcp_ab_ecn, info.dctcp.dctcp_ab_tot);
	} else if (extra->cc_kind == INET_DIAG_BBRINFO) {
		uint64_t bytes = (uint64_t)info.bbr.bbr_bw_hi << 32 | info.bbr.bbr_bw_lo;
		strbuf_add_text(text, " bbr:(bw:");
		add_rate(text, (double)bytes, numeric);
		strbuf_printf(text, ",mrtt:%g", info.bbr.bbr_min_rtt / 1000.0);
		if (info.bbr.bbr_pacing_gain)
			strbuf_printf(text, ",pacing_gain:%g", info.bbr.bbr_pacing_gain / 256.0);
		if (info.bbr.bbr_cwnd_gain)
			strbuf_printf(text, ",cwnd_gain:%g", info.bbr.bbr_cwnd_gain / 256.0);
		strbuf_add_char(text, ')');
	}
}

void list_info_add(struct strbuf *text, uint32_t details, const struct snapshot *snap,
		   const struct sock *sock)
{
	const struct target target = {text, snap, sock, details & DETAIL_NUMERIC};
	const struct sock_extra *extra = sock_extra(snap, sock);
	struct value value;

	if (!extra || !extra->tcp_info.len)
		return;
	for (uint32_t nth = 0; field_tcp_options.get(snap, sock, nth, &value); nth++)
		strbuf_printf(text, " %.*s", (int)value.len, value.text);
	if (*extra->congestion)
		strbuf_printf(text, " %s", extra->congestion);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (rows[i].label)
			add_row(&target, &rows[i]);
		else
			add_congestion_info(text, extra, target.numeric);
	if (extra->ulp)
		strbuf_printf(text, " tcp-ulp-%s", extra->ulp);
}
