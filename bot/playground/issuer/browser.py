"""A person's browser at the vendor's pages, over real HTTP."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Literal

import aiohttp
from yarl import URL

_DEADLINE = aiohttp.ClientTimeout(total=10)


class SignInRefusedError(Exception):
    """The server showed an error page instead of its sign-in page."""

    def __init__(self, status: int, page: str) -> None:
        super().__init__(f"the sign-in link was refused with status {status}: {page[:500]}")
        self.status = status
        self.page = page


async def decide(link: str, decision: Literal["allow", "deny"], account: str) -> str:
    """Open `link`, press Allow or Deny, and return the redirect's address without opening it.

    Raises:
        SignInRefusedError: the link did not lead to a sign-in page.
    """
    async with aiohttp.ClientSession(timeout=_DEADLINE) as session:
        async with session.get(URL(link, encoded=True), allow_redirects=False) as reply:
            if "Location" in reply.headers:
                return reply.headers["Location"]
            page = await reply.text()
            if not reply.ok:
                raise SignInRefusedError(reply.status, page)
        form = _Form()
        form.feed(page)
        fields = {**form.fields, "account": account, "decision": decision}
        async with session.post(reply.url.join(URL(form.action)), data=fields, allow_redirects=False) as ended:
            if "Location" not in ended.headers:
                raise SignInRefusedError(ended.status, await ended.text())
            return ended.headers["Location"]


async def decide_device(page: str, user_code: str, decision: Literal["allow", "deny"], account: str) -> None:
    """Type the code into the device `page`, and press Allow or Deny.

    Raises:
        SignInRefusedError: the code is unknown, used or expired.
    """
    fields = {"user_code": user_code, "account": account, "decision": decision}
    async with aiohttp.ClientSession(timeout=_DEADLINE) as session, session.post(page, data=fields) as reply:
        if not reply.ok:
            raise SignInRefusedError(reply.status, await reply.text())


async def make_key(page: str) -> str:
    """Press the button of the `page` for API keys, and return the key that it shows.

    Raises:
        SignInRefusedError: the page showed no key.
    """
    async with aiohttp.ClientSession(timeout=_DEADLINE) as session, session.post(page) as reply:
        shown = await reply.text()
        key = re.search(r'<code id="key">(.+?)</code>', shown)
        if key is None:
            raise SignInRefusedError(reply.status, shown)
        return unescape(key[1])


class _Form(HTMLParser):
    """Read a page's form: its action and its named inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Store the form's action or a named input."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")
