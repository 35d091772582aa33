/* SPDX-License-Identifier: MIT */
/* What tools/gen_docs prints for the shells. */
#ifndef BERTH_TOOLS_GEN_COMPLETIONS_H
#define BERTH_TOOLS_GEN_COMPLETIONS_H

void gen_bash(void);
void gen_zsh(void);
void gen_fish(void);

#endif
