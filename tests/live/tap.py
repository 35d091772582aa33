# SPDX-License-Identifier: MIT
"""What a test prints: a TAP line for each check. End with tap.finish()."""
import sys

failed = 0


def check(name, good, detail=""):
    """One line; @detail tells more of a failure. True if all is well."""
    global failed
    print(("ok - " if good else "not ok - ") + name + ("" if good else f": {detail}"), flush=True)
    failed += not good
    return bool(good)


def finish(also_failed=False):
    sys.exit(1 if failed or also_failed else 0)
