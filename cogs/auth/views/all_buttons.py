"""The kinds of buttons that the cog registers: discord.py then finds them also in messages from before a restart."""

from __future__ import annotations

from typing import Final

from openab_auth.cogs.auth.views.ask_access import AskAccessButton
from openab_auth.cogs.auth.views.buttons import AuthButton, LoginButton
from openab_auth.cogs.auth.views.login.conflict import BesideButton, ReplaceButton
from openab_auth.cogs.auth.views.login.how import HowButton
from openab_auth.cogs.auth.views.login.paste_form import PasteButton
from openab_auth.cogs.auth.views.logout import LogoutButton
from openab_auth.cogs.auth.views.person import EndPersonButton, PersonChoiceButton
from openab_auth.cogs.auth.views.status import CancelButton
from openab_auth.cogs.auth.views.thread.accounts import AgreeButton, DropButton
from openab_auth.cogs.auth.views.thread.requests import RequestButton

ALL_BUTTONS: Final[tuple[type[AuthButton], ...]] = (
    LoginButton,
    PasteButton,
    HowButton,
    CancelButton,
    LogoutButton,
    ReplaceButton,
    BesideButton,
    AskAccessButton,
    DropButton,
    AgreeButton,
    EndPersonButton,
    PersonChoiceButton,
    RequestButton,
)
