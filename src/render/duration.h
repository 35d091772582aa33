/* SPDX-License-Identifier: MIT */
/* A length of time as people say it: two units at most. */
#ifndef BERTH_RENDER_DURATION_H
#define BERTH_RENDER_DURATION_H

struct strbuf;

/* "80us" "12ms" "4.2s" "42s" "5m12s" "3h12m" "12d4h" "3y12d". */
void duration_add(struct strbuf *text, double seconds);

#endif
