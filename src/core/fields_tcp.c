/* SPDX-License-Identifier: MIT */
/*
 * Fields of struct tcp_info, all that `ss -i` prints. The kernel appends to the struct and older
 * ones send less, so a value is known only where the bytes reach it.
 */
#include "core/fields.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/field_values.h"
#include "core/snapshot.h"
#include "core/sock.h"
#include "core/sock_extra.h"

/* Offsets, not the struct: this file must know members newer than the build machine's headers. */
enum { TCP_INFO_OPTIONS = 5, TCP_INFO_SCALES = 6, TCP_INFO_FLAGS = 7, TCP_INFO_SND_CWND = 80,
       TCP_INFO_SND_MSS = 16, TCP_INFO_RTT = 68 };

/*
 * TCP_INFO_SCALES and TCP_INFO_FLAGS are bit fields, laid out from the low bit up on the
 * little-endian machines this runs on.
 */

/* The @size bytes at @offset in host order, as the kernel wrote them. */
static bool member(const struct snapshot *snap, const struct sock *sock, unsigned offset,
		   unsigned size, uint64_t *ret)
{
	const struct sock_extra *extra = sock_extra(snap, sock);
	const struct tcp_info_bytes *info = extra ? &extra->tcp_info : NULL;
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value;

	if (!info || info->len < offset + size)
		return false;
	memcpy(&value, info->bytes + offset, size);
	*ret = size == 1 ? value.u8 : size == 2 ? value.u16 : size == 4 ? value.u32 : value.u64;
	return true;
}

#define GETTER(id)                                                                                 \
	static bool get_##id(const struct snapshot *snap, const struct sock *sock, uint32_t nth,   \
			     struct value *ret)
#define ROW(id, heading, kind, words)                                                              \
	const struct field field_##id = {                                                          \
		.name = #id,                                                                       \
		.title = heading,                                                                  \
		.type = kind,                                                                      \
		.right = true,                                                                     \
		.needs = FACT_TCP_INFO,                                                            \
		.get = get_##id,                                                                   \
		.help = words,                                                                     \
	};

/* A plain count; @condition on `n` says when it means something. */
#define COUNT_IF(id, heading, kind, offset, size, condition, words)                                \
	GETTER(id)                                                                                 \
	{                                                                                          \
		uint64_t n;                                                                        \
		return !nth && member(snap, sock, offset, size, &n) && (condition) &&              \
		       value_number(ret, n);                                                       \
	}                                                                                          \
	ROW(id, heading, kind, words)
#define COUNT(id, heading, offset, words)                                                          \
	COUNT_IF(id, heading, VALUE_NUMBER, offset, 4, true, words)
#define BYTES32(id, heading, offset, words)                                                        \
	COUNT_IF(id, heading, VALUE_BYTES, offset, 4, true, words)
#define BYTES64(id, heading, offset, words)                                                        \
	COUNT_IF(id, heading, VALUE_BYTES, offset, 8, n != UINT64_MAX, words)
/* A time in units of @per_second; @condition on `n` says when it means something. */
#define TIME(id, heading, offset, size, per_second, condition, words)                                   \
	GETTER(id)                                                                                 \
	{                                                                                          \
		uint64_t n;                                                                        \
		return !nth && member(snap, sock, offset, size, &n) && (condition) &&              \
		       value_seconds(ret, (double)n / (per_second));                               \
	}                                                                                          \
	ROW(id, heading, VALUE_SECONDS, words)

TIME(rtt, "RTT", TCP_INFO_RTT, 4, 1e6, n, "round trip time, smoothed")
TIME(rttvar, "RTT Var", 72, 4, 1e6, true, "deviation of the round trip time")
TIME(min_rtt, "Min RTT", 148, 4, 1e6, n && n != UINT32_MAX, "smallest round trip time seen")
TIME(rto, "RTO", 8, 4, 1e6, n, "time to wait before retransmitting")
TIME(ato, "ATO", 12, 4, 1e6, n, "time to wait before a delayed acknowledgement")
TIME(rcv_rtt, "Rcv RTT", 92, 4, 1e6, n, "round trip time as the receiver guesses it")
TIME(last_sent, "Last Sent", 44, 4, 1e3, true, "time since data was last sent")
TIME(last_received, "Last Received", 52, 4, 1e3, true, "time since data last came in")
TIME(last_ack, "Last Ack", 56, 4, 1e3, true, "time since an acknowledgement last came in")
TIME(busy, "Busy", 168, 8, 1e6, true, "time spent with data to send")
TIME(rwnd_limited, "Rwnd Limited", 176, 8, 1e6, true,
     "part of it that waited for the receiver's window")
TIME(sndbuf_limited, "Sndbuf Limited", 184, 8, 1e6, true,
     "part of it that waited for room in the send buffer")

COUNT(cwnd, "Cwnd", TCP_INFO_SND_CWND, "congestion window, in segments")
/* The kernel starts with 0x7fffffff for "not yet"; ss hides it from 0xffff on, and so do we. */
COUNT_IF(ssthresh, "Ssthresh", VALUE_NUMBER, 76, 4, n < 0xffff, "slow start threshold, in segments")
BYTES32(mss, "MSS", TCP_INFO_SND_MSS, "largest segment sent")
BYTES32(rcv_mss, "Rcv MSS", 20, "largest segment received, as guessed")
BYTES32(adv_mss, "Adv MSS", 84, "largest segment the other side was told to send")
COUNT_IF(pmtu, "PMTU", VALUE_BYTES, 60, 4, n, "path MTU")
BYTES64(bytes_sent, "Bytes Sent", 200, "payload sent, retransmissions included")
BYTES64(bytes_retransmitted, "Bytes Retrans", 208, "payload sent again")
BYTES64(bytes_acked, "Bytes Acked", 120, "payload the other side has acknowledged")
BYTES64(bytes_received, "Bytes Received", 128, "payload received")
COUNT(segs_out, "Segs Out", 136, "segments sent")
COUNT(segs_in, "Segs In", 140, "segments received")
COUNT(data_segs_out, "Data Segs Out", 156, "segments sent that carried data")
COUNT(data_segs_in, "Data Segs In", 152, "segments received that carried data")
BYTES64(pacing_rate, "Pacing", 104, "bytes a second it may send")
BYTES64(max_pacing_rate, "Max Pacing", 112, "limit set by SO_MAX_PACING_RATE, bytes a second")
BYTES64(delivery_rate, "Delivery", 160, "bytes a second that lately arrived")
COUNT(delivered, "Delivered", 192, "segments the other side has received")
COUNT(delivered_ce, "Delivered CE", 196, "of these, marked by congestion on the way (ECN)")
COUNT(unacked, "Unacked", 24, "segments sent and not acknowledged")
COUNT(sacked, "Sacked", 28, "of these, received out of order; LISTEN: the backlog")
COUNT(lost, "Lost", 32, "of these, thought lost")
COUNT(retrans, "Retrans", 36, "of these, sent again")
COUNT(retrans_total, "Retrans Total", 100, "segments sent again, ever")
COUNT(fackets, "Fackets", 40, "segments covered by selective acknowledgements")
COUNT(reordering, "Reordering", 88, "segments that may arrive out of order before one is lost")
COUNT(reorder_seen, "Reorder Seen", 220, "times segments were seen to arrive out of order")
COUNT(dsack_dups, "DSACK Dups", 216, "segments the other side got twice")
COUNT(out_of_order, "Out Of Order", 224, "packets received out of order")
BYTES32(rcv_space, "Rcv Space", 96, "receive window the program's reading speed asks for")
BYTES32(rcv_ssthresh, "Rcv Ssthresh", 64, "receive window threshold")
BYTES32(not_sent, "Not Sent", 144, "bytes in the send queue not sent once")
BYTES32(send_window, "Snd Wnd", 228, "window the other side offers")
BYTES32(recv_window, "Rcv Wnd", 232, "window offered to the other side")
COUNT(rehash, "Rehash", 236, "times it changed its path because of timeouts")
COUNT_IF(backoff, "Backoff", VALUE_NUMBER, 4, 1, true, "doublings of the retransmission timeout")
COUNT_IF(probes, "Probes", VALUE_NUMBER, 3, 1, true, "unanswered window or keepalive probes")
COUNT_IF(rto_total, "RTOs", VALUE_NUMBER, 240, 2, true, "retransmission timeouts, ever")
COUNT_IF(wscale_send, "Wscale Send", VALUE_NUMBER, TCP_INFO_SCALES, 1, (n &= 0xf, true),
	 "window scale the other side uses, as a power of two")
COUNT_IF(wscale_recv, "Wscale Recv", VALUE_NUMBER, TCP_INFO_SCALES, 1, (n >>= 4, true),
	 "window scale offered to the other side, as a power of two")
COUNT_IF(app_limited, "App Limited", VALUE_BOOL, TCP_INFO_FLAGS, 1, (n &= 1, true),
	 "the delivery rate was limited by the program, not by the path")

/* What one window a round trip makes: the rate `ss -i` prints as "send". */
GETTER(send_rate)
{
	uint64_t rtt_us, mss, cwnd;

	if (nth || !member(snap, sock, TCP_INFO_RTT, 4, &rtt_us) || !rtt_us ||
	    !member(snap, sock, TCP_INFO_SND_MSS, 4, &mss) ||
	    !member(snap, sock, TCP_INFO_SND_CWND, 4, &cwnd))
		return false;
	return value_number(ret, (uint64_t)((double)mss * (double)cwnd * 1e6 / (double)rtt_us));
}
ROW(send_rate, "Send", VALUE_BYTES, "bytes a second: one congestion window a round trip")

/* Bits of tcpi_options (linux/tcp.h), in the order ss prints them. */
static const struct {
	uint8_t bit;
	const char *word;
} option_words[] = {
	{1, "ts"}, {64, "usec_ts"}, {2, "sack"}, {8, "ecn"}, {16, "ecnseen"}, {32, "fastopen"},
};

GETTER(tcp_options)
{
	uint64_t bits;

	if (!member(snap, sock, TCP_INFO_OPTIONS, 1, &bits))
		return false;
	for (size_t i = 0; i < N_ELEMENTS(option_words); i++)
		if (bits & option_words[i].bit && !nth--)
			return value_text(ret, option_words[i].word);
	return false;
}

const struct field field_tcp_options = {
	.name = "tcp_options",
	.title = "TCP Options",
	.type = VALUE_TEXT,
	.multiple = true,
	.needs = FACT_TCP_INFO,
	.get = get_tcp_options,
	.help = "agreed in the handshake: ts, usec_ts, sack, ecn, ecnseen, fastopen",
};
