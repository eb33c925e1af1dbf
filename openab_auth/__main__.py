"""Run the command `openab-auth` as `python -m openab_auth`.

Python started with `-m` looks for modules in the working directory first. This module removes that directory from the
search before it imports anything else, so that no `json.py` of a repository runs. A folder `openab_auth` of the
repository would be found before this one; only `python -P -m openab_auth`, or the command `openab-auth`, prevents that.
"""

import os
import sys

if __name__ == "__main__":
    _OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - no import before the next line
    if not sys.flags.safe_path and sys.path[0] != _OURS:  # a checkout that is not installed keeps it
        del sys.path[0]

    from openab_auth.bot.cli import main

    sys.exit(main())
