/* SPDX-License-Identifier: MIT */
/* Run the lines of a scenario on the running kernel, one by one, and say what it did. */
#ifndef BERTH_TESTS_KERNEL_EXECUTE_H
#define BERTH_TESTS_KERNEL_EXECUTE_H

#include "lab.h"
#include "op.h"

enum reply {
	REPLY_NOTHING,	   /* somebody got it, or it was no delivery */
	REPLY_RST,
	REPLY_UNREACHABLE, /* ICMP port unreachable */
	REPLY_ACK,	   /* TIME_WAIT answers */
	REPLY_DROPPED,	   /* no answer of any kind */
};

struct answer {
	int error;	  /* errno; 0: it worked */
	uint16_t port;	  /* the local port afterwards, where the line may have given one */
	uint32_t got;	  /* bit per name: who took the connection, or got the packet */
	uint32_t peer_of; /* bit per name: the un-accepted other end of this one got it */
	bool self;	  /* connected to itself */
	bool delivery;	  /* the line was a delivery: an empty .got means nobody */
	bool stuck;	  /* a connect() that nobody answered: the scenario ends here */
	bool swept;	  /* .got is of many source ports together: exactly the model's set */
	bool last;	  /* the line changed what deliveries must not change: end here */
	bool untried;	  /* could not be tried here; compare nothing */
	bool oracle_asked, oracle_differs; /* sock_diag's lookup named another socket */
	uint8_t reply;	  /* enum reply */
	int8_t accepted;  /* OP_ACCEPT: whose connection it is; -1 unknown */
};

struct kernel_sock {
	int fd;
	bool used, udp, inet6, listens, has_tuple, lingering;
	uint32_t uid;
	int pending; /* connections in the accept queue */
	int64_t cookie;
	struct addr local, remote;
	uint16_t local_port, remote_port;
};

struct execution {
	struct lab *lab;
	struct kernel_sock socks[N_OP_NAMES];
	uint32_t nonce;
};

void execute_begin(struct execution *run, struct lab *lab);
/* 0 or -errno when the laboratory itself failed; what the kernel said is in @ret. */
int execute_op(struct execution *run, const struct op *op, struct answer *ret);
/*
 * Close everything and put the host lines back. False when something stayed behind: then the
 * laboratory must not be used again.
 */
bool execute_end(struct execution *run);

/* Append the answer in the language of `berth model`, with a newline. */
void answer_print(const struct answer *answer, struct strbuf *sb);

/* Sockets and options, in execute_options.c. 0 or -errno. */
int execute_socket(struct execution *run, const struct op *op);
int execute_set(int fd, int level, int name, int value);
int execute_option(const struct kernel_sock *sock, uint16_t option, const struct op *op, bool on);

/* Ends, in execute_end.c. @reset: with SO_LINGER 0. 0 or -errno. */
int execute_close(const struct lab *lab, struct kernel_sock *sock, bool reset);
int execute_expire(const struct lab *lab, const struct kernel_sock *sock);

/* Deliveries, in execute_deliver.c. */
void execute_deliver(struct execution *run, const struct op *op, struct answer *ret);
/* Turn a delivery on a live connection (OPT_LIVE) into a plain one; false if there is none. */
bool execute_live(const struct execution *run, struct op *op);
/* Which listener's mark (its TCP_MAXSEG) is in @mss: its bit, or 0. */
uint32_t execute_marked(unsigned mss);

enum { MARK_BASE = 600, MARK_STEP = 16 };

#endif
