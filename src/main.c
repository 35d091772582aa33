/* SPDX-License-Identifier: MIT */
/* Hands the words of the command line to the command they name. */
#include "commands/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const int code = command_main(argc, argv);

	/* What stdio still holds; a reader who closed the pipe has seen enough. */
	if ((fflush(stdout) || ferror(stdout)) && errno != EPIPE)
		return failure(NULL, "cannot write the answer: %s", strerror(errno));
	return code;
}
