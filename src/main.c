/* SPDX-License-Identifier: MIT */
/* Hands the words of the command line to the command they name. */
#include "commands/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
