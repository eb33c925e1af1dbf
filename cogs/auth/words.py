"""Every sentence that a person reads; texts in, texts out, and nothing that needs Discord to be tested."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import discord

from cogs.auth.attempts import LIMIT
from oauth.credentials import LoggedIn, LoggedOut
from oauth.logins import LoginOffer
from oauth.pending import PendingLogin
from oauth.status import LoginState, Status
from oauth.vendor import Vendor, is_loopback
from storage.entries import UserId
from storage.errors import OpenabAuthError

PASTE_BUTTON: Final = "Paste the redirect"
OPEN_BUTTON: Final = "Open the login page"
REPLACE_BUTTON: Final = "Replace that login"
KEEP_BUTTON: Final = "Keep it"
REMOVE_BUTTON: Final = "Remove it here"
REVOKE_BUTTON: Final = "Also revoke it at the vendor"
MODAL_FIELD: Final = "The address, or the code that the page shows"
MODAL_HINT: Final = "Copy all of it: the whole line from the address bar."
_RISKS: Final = {
    "tos-risk": "this vendor's terms may not allow its login outside its own tools; the account could be closed",
    "experimental": "this login is experimental and may stop working at any time",
}
_ENDED: Final = "**expired, log in again**"
_STATES: Final = {
    "ok": "logged in",
    "expiring": "logged in, about to be renewed",
    "expired": "expired, renewed at the next use",
    "dead": "**ended by the vendor, log in again**",
}


def plain(text: str, limit: int = 300) -> str:
    """Somebody else's text, made harmless: no markup, no links in disguise, no line breaks, not too long."""
    flat = " ".join(text.split())
    if len(flat) > limit:
        flat = flat[: limit - 1] + "…"
    return discord.utils.escape_markdown(flat)


def when(unix_seconds: int) -> str:
    """A moment as everybody's own client spells it, relative to now."""
    return f"<t:{unix_seconds}:R>" if unix_seconds < 2**40 else "never"


def risk_of(vendor: Vendor) -> str | None:
    """What is risky about a vendor, or None."""
    return _RISKS.get(vendor.risk)


def ends_on_dead_page(vendor: Vendor) -> bool:
    """Whether the browser ends on an address of this machine, where nobody listens."""
    return is_loopback(urlsplit(vendor.redirect_uri).hostname or "")


def steps(offer: LoginOffer, link: str) -> str:
    """The login message: what to do, in order, what the last page looks like, and until when.

    `link` is how the first step names the login page: a word for the button, or the link itself.
    """
    vendor = offer.vendor
    if ends_on_dead_page(vendor):
        last = (
            "The last page **will not load; that is right.** Copy its whole address from the address bar "
            f"(it begins with `{_beginning(vendor)}`)."
        )
    else:
        last = "The last page shows a code. Copy all of it, the part after `#` too (or copy the page's whole address)."
    lines = [f"## Log an agent in to {plain(vendor.title, 80)}"]
    if risk := risk_of(vendor):
        lines.append(f"⚠️ **Careful:** {risk}.")
    if vendor.note:
        lines.append(f"ℹ️ {plain(vendor.note)}")  # noqa: RUF001 - the sign is meant
    lines += [
        f"1. {link} and sign in. Discord asks whether you want to leave; you do.",
        f"2. {last}",
        f"3. Come back, press **{PASTE_BUTTON}** and paste it. (Or use `/auth complete`, or send it to me as a DM.)",
        f"Valid until <t:{offer.expires_at}:t> (<t:{offer.expires_at}:R>). Show the paste to nobody.",
    ]
    return "\n".join(lines)


def _beginning(vendor: Vendor) -> str:
    parts = urlsplit(vendor.redirect_uri)
    return f"{parts.scheme}://{parts.netloc}"


def logged_in(done: LoggedIn) -> str:
    """The end of a login that worked."""
    account = f" as **{plain(done.account, 100)}**" if done.account else ""
    former = f" (before: **{plain(done.replaced, 100)}**)" if done.replaced else ""
    return f"✅ Logged in to **{plain(done.vendor.title, 80)}**{account}{former}. Agents use it from now on."


def link_used(done: LoggedIn) -> str:
    """What the login message says once it has served."""
    return f"✅ This link has done its work: logged in to **{plain(done.vendor.title, 80)}**."


def link_expired(offer: LoginOffer) -> str:
    """What the login message says when its time is over."""
    title = plain(offer.vendor.title, 80)
    return f"⌛ This link to **{title}** has expired; nothing was changed. Begin again with `/auth login`."


def link_replaced(vendor: Vendor) -> str:
    """What the login message says when a newer one took its place."""
    return f"This link to **{plain(vendor.title, 80)}** was replaced by a newer one; use that."


def cancelled(vendor: Vendor) -> str:
    """The end of a pending login that its owner gave up."""
    return f"The pending login to **{plain(vendor.title, 80)}** is forgotten; its link is of no use any more."


def button_expired() -> str:
    """The answer to a button whose link is over."""
    return "⌛ This link has expired; nothing was changed. Begin again with `/auth login`."


def dm_footer() -> str:
    """What to do with a paste that stands in a direct message."""
    return "Please delete your message now: such an address does not belong in a chat history, and I cannot delete it."


def dm_help() -> str:
    """The one answer to ordinary chat."""
    return "I only log agents in. Use `/auth login`, then paste the redirect here. `/auth help` says more."


def ask_replace(title: str, logged_in_by: int | None, account: str | None) -> str:
    """The question before another person's login is replaced."""
    if logged_in_by is None:
        whose = "Somebody, and nobody knows who,"
    else:
        whose = f"<@{logged_in_by}>" if logged_in_by else "Somebody at the console"
    which = f" (account **{plain(account, 100)}**)" if account else ""
    return (
        f"{whose} is logged in to **{plain(title, 80)}**{which}. A new login replaces it for every agent. "
        "Nothing changes until the new login is finished."
    )


def kept() -> str:
    """The answer to "keep it"."""
    return "Nothing was changed."


def ask_logout(state: LoginState, *, revocable: bool) -> str:
    """The question before a logout, with what each choice ends."""
    title = plain(state.vendor.title if state.vendor else state.tenant, 80)
    account = f" (account **{plain(state.account, 100)}**)" if state.account else ""
    lines = [
        f"Log out of **{title}**{account}?",
        f"- **{REMOVE_BUTTON}**: agents that use this store stop using it; the login stays valid at the vendor.",
    ]
    if revocable:
        lines.append(
            f"- **{REVOKE_BUTTON}**: the vendor ends it, and with it every copy of this login, on other machines too."
        )
    else:
        lines.append("- The vendor offers no revocation; to end it there, use the vendor's own security page.")
    if state.shadowed_by:
        lines.append(f"- `{state.shadowed_by}` is set for the agents here and goes on working either way.")
    return "\n".join(lines)


def logged_out(done: LoggedOut) -> str:
    """The end of a logout."""
    if not done.removed:
        what = "there was nothing to remove"
    elif done.revoked:
        what = "revoked at the vendor and removed here"
    else:
        what = "removed here, not revoked at the vendor"
    note = f" {plain(done.note)}" if done.note else ""
    return f"**{plain(done.tenant, 80)}**: {what}.{note}"


def status_lines(status: Status, user: UserId) -> list[str]:
    """Every login, then the person's own pending ones, then what is wrong with the store."""
    lines = [_login_line(state) for state in status.logins]
    lines += [_pending_line(pending) for pending in status.pending if pending.user == user]
    lines += [f"🔧 {plain(problem.what)}: {plain(problem.repair)}" for problem in status.problems]
    return lines or ["Nobody is logged in anywhere. Begin with `/auth login`."]


def _login_line(state: LoginState) -> str:
    title = plain(state.vendor.title, 80) if state.vendor else plain(state.tenant, 80)
    ended = state.state == "expired" and not state.refreshable
    parts = [f"**{title}** (`{state.tenant[:80]}`): {_ENDED if ended else _STATES[state.state]}"]
    if state.account:
        parts.append(f"as {plain(state.account, 100)}")
    if state.state in {"ok", "expiring"} and state.expires_at is not None:
        parts.append(f"token until {when(state.expires_at)}")
    if state.logged_in_at is not None:
        by = f" by <@{state.logged_in_by}>" if state.logged_in_by else ""
        parts.append(f"made {when(state.logged_in_at)}{by}")
    if state.shadowed_by:
        parts.append(f"⚠️ not used while `{state.shadowed_by}` is set")
    return ", ".join(parts)


def _pending_line(pending: PendingLogin) -> str:
    return f"⏳ **{plain(pending.vendor, 80)}**: your login waits for its paste, until {when(pending.expires_at)}"


def help_text(refusal: OpenabAuthError | None, user: UserId) -> str:
    """What this is, the commands, and whether this person may use them."""
    lines = [
        "I log coding agents in to their vendors, in two steps: you get a link, you paste back where it ended.",
        "- `/auth login` gives the link, `/auth complete` takes the paste (so does the button, so does a DM to me).",
        "- `/auth status` shows who is logged in where; `/auth cancel` forgets a login that you began.",
        "- `/auth logout` removes a login, and revokes it at the vendor if you say so.",
        f"Only you see my answers. What you paste is used once and kept nowhere. {LIMIT} tries a minute are allowed.",
    ]
    if refusal is None:
        lines.append(f"You may use it (your id is {user}).")
    else:
        lines.append(f"You may not use it: {refusal.happened}. What to do: {refusal.todo}.")
    return "\n".join(lines)


def failure(error: OpenabAuthError) -> str:
    """What happened, what was kept, what to do next."""
    return f"❌ {_sentence(plain(error.happened, 900))}\n{_sentence(plain(error.kept))}\n**Next:** {error.todo[:600]}."


def apology(incident: str) -> str:
    """A fault of ours; the operator finds it in the log by its id."""
    return f"❌ Something went wrong on my side. Try again; if it stays so, tell the operator this id: `{incident}`."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
