/* SPDX-License-Identifier: MIT */
/* Connected, and then: silence, a reset, an end, data that nobody acknowledges or reads. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

/* The peer has closed its window, or the kernel asks it whether it still is. */
static bool window_closed(const struct attempt *a)
{
	/*
	 * A window that never opened is a SYN proxy's that waits for its server. bytes_acked counts
	 * the SYN.
	 */
	return a->tcp.known && a->tcp.bytes_acked > 1 &&
	       (a->tcp.zero_window || (!a->tcp.snd_wnd && a->tcp.notsent_bytes));
}

static void no_reply(const struct attempt *a, const char *remote, struct findings *to)
{
	struct finding *f;

	if (window_closed(a)) {
		f = finding_add(to, CAUSE_APP_NOT_READING, PROOF_SEEN);
		finding_place(to, f, "the target");
		finding_says(to, f,
			     "The program at %s does not read: its receive window is closed, %u bytes "
			     "wait here.",
			     remote, a->tcp.notsent_bytes);
		finding_fix(to, f, "on the target, see why the program does not read: berth who %u/tcp",
			    a->remote_port);
	}
	if (a->tcp.known && a->tcp.unacked && (a->tcp.retransmits || a->tcp.retrans_total)) {
		f = finding_add(to, CAUSE_DATA_NOT_ACKNOWLEDGED, PROOF_SEEN);
		finding_says(to, f,
			     "The connection to %s stands, but what is sent is not acknowledged: %u "
			     "segments are out, %u were sent again.",
			     remote, a->tcp.unacked, a->tcp.retrans_total);
		finding_evidence(to, f, "tcp_info", "unacked %u, retransmits %u, mss %u, pmtu %u",
				 a->tcp.unacked, a->tcp.retrans_total, a->tcp.snd_mss, a->tcp.pmtu);
		finding_fix(to, f, "look for a firewall that drops the data, a smaller MTU on the path, "
				   "or replies that take another way");
	}
	f = finding_add(to, CAUSE_CONNECTED_NO_REPLY, PROOF_SEEN);
	finding_place(to, f, "the target");
	finding_says(to, f,
		     "%s accepts the connection, then sends no byte: the kernel there completes "
		     "handshakes, the program does not answer.",
		     remote);
	if (a->tcp.known)
		finding_evidence(to, f, "tcp_info", "%llu bytes sent, %llu acknowledged, 0 received",
				 (unsigned long long)a->tcp.bytes_sent,
				 (unsigned long long)a->tcp.bytes_acked);
	finding_fix(to, f, "on the target, see what the program does: stopped, not accepting, or "
			   "waiting for the client to speak first");
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];
	struct finding *f;

	if (!a || !is_after_connect(a) || a->proto != SOCK_PROTO_TCP)
		return;
	remote_text(a, remote);
	if (a->error == ECONNRESET || a->error == EPIPE) {
		f = finding_add(to, CAUSE_RESET_AFTER_CONNECT, PROOF_SEEN);
		finding_place(to, f, "the target or a machine before it");
		finding_says(to, f, "%s accepts the connection and then resets it.", remote);
		finding_fix(to, f, "look at the log of the program there, and at rules that match what "
				   "is sent");
	} else if (a->closed) {
		f = finding_add(to, CAUSE_CLOSED_AFTER_CONNECT, PROOF_SEEN);
		finding_place(to, f, "the target");
		finding_says(to, f, "%s accepts the connection and closes it without a byte.", remote);
		finding_fix(to, f, "look at the log of the program there: an access list, a limit, or "
				   "another protocol than it expects");
	} else if (a->timed_out || a->error == ETIMEDOUT) {
		no_reply(a, remote, to);
	}
}

const struct rule rule_after_connect = {.name = "after-connect", .find = find};
