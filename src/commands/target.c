/* SPDX-License-Identifier: MIT */
/* core/ cannot ask the kernel for interface names; here they are resolved. */
#include "commands/target.h"

#include <net/if.h>
#include <string.h>

bool address_parse(const char *text, struct addr *ret)
{
	const char *percent = strchr(text, '%');
	char host[ADDR_TEXT_SIZE];
	struct addr addr;

	if (addr_parse(text, ret))
		return true;
	if (!percent || (size_t)(percent - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(percent - text));
	host[percent - text] = '\0';
	if (!addr_parse(host, &addr))
		return false;
	addr.scope = if_nametoindex(percent + 1);
	if (!addr.scope)
		return false;
	*ret = addr;
	return true;
}
