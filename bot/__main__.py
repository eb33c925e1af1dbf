"""`python -m openab_auth` is `openab-auth`; in a folder of somebody else type `python -P -m bot`, or the command itself.

Python started with `-m` looks for modules in the working directory before anywhere else. That is undone here before
anything more is imported, so that no `json.py` or `openab_auth.storage.py` of a repository is run. A `bot` folder of the repository
is found before this one even so; only `-P`, or the command `openab-auth`, prevents that.
"""

import os
import sys

if __name__ == "__main__":
    _OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - no import before the next line
    if not sys.flags.safe_path and sys.path[0] != _OURS:  # a checkout that is not installed keeps it
        del sys.path[0]

    from openab_auth.bot.cli import main

    sys.exit(main())
