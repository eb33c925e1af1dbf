"""/auth status at a glance: logins, pending logins with their buttons, and problems."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text.language import english
from openab_auth.cogs.auth.views.buttons import LoginButton
from openab_auth.cogs.auth.views.status import CancelButton, status_message
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.logins import LoginState, Status
from openab_auth.oauth.mcp import GrantedAccess
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import DeadToken, Problem, RefreshAttempt, Tenant, UserId
from tests.cogs.auth.login_states import login_state

ADA = UserId(1)
LAB = Vendor(name=VendorName("lab"), title="The Lab", tenant=Tenant("lab"))


state = partial(login_state, vendor=LAB)


def show(
    logins: list[LoginState], pending: tuple[PendingLogin, ...] = (), problems: tuple[Problem, ...] = ()
) -> ReplyContent:
    return status_message(english(), Status(tuple(logins), pending, problems), ADA, lambda name: f"<{name}>")


def text(answer: ReplyContent) -> str:
    title, _, below = answer.content.partition("\n")
    assert title == "## Logins"
    return below.replace("\\", "")


async def test_a_login_is_shown_with_its_state_account_maker_and_end() -> None:
    shown = text(show([state()]))
    assert shown.splitlines() == [
        "✅ **The Lab**: logged in",
        "ada@example.com · logged in <t:1900000000:R> by <@5> · token renews <t:2000000000:R>",
    ]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"state": "expiring"}, "renews soon"),
        ({"state": "expired"}, "renews at the next use"),
        ({"state": "dead"}, "expired; log in again"),
        ({"state": "dead", "died": DeadToken("", "invalid_grant", 0)}, "ended by the vendor; log in again"),
        ({"shadowed_by": "LAB_TOKEN"}, "not used while `LAB_TOKEN` is set"),
        ({"expires_at": 2**53}, "token does not expire"),
        ({"refreshable": False}, "token expires <t:2000000000:R>"),
        ({"logged_in_by": None}, "logged in <t:1900000000:R> · token"),
        ({"vendor": None}, "**lab**"),
    ],
)
async def test_each_state_says_in_words_what_it_means(keys: dict[str, Any], says: str) -> None:
    assert says in text(show([state(**keys)]))


MANY = tuple(f"scope-{number}" for number in range(150))


@pytest.mark.parametrize(
    ("access", "lines"),
    [
        (GrantedAccess("mcp.example", "https://as.example", ("a",), ("a",)), []),
        (GrantedAccess("mcp.example", "", ("a", "b"), ("a",)), ["scopes requested: a b; granted: a"]),
        (
            GrantedAccess("mcp.example", "", ("a",), ("a",), ("admin",), "log-in"),
            ["⚠️ agents need more scopes: admin. Log in again with `/auth login`."],
        ),
        (
            GrantedAccess("mcp.example", "", ("a",), ("a",), ("admin",), "widen"),
            ["⚠️ agents need more scopes: admin. Ask the operator to add them to `scopes` in `[mcp.lab]`. Then log in"],
        ),
        (
            GrantedAccess("mcp.example", "", ("a",), ("a",), ("admin",), "grant"),
            ["⚠️ agents need more scopes: admin. They were requested but not granted. Ask the people who run"],
        ),
    ],
)
async def test_a_servers_login_says_where_it_is_and_which_scopes_it_lacks(
    access: GrantedAccess, lines: list[str]
) -> None:
    shown = text(show([state(kind="mcp", access=access)])).splitlines()
    assert shown[1].endswith(" · at mcp.example")
    assert len(shown[2:]) == len(lines)
    assert all(said.startswith(line) for said, line in zip(shown[2:], lines, strict=True))


async def test_many_scopes_are_cut_and_what_to_do_is_not() -> None:
    access = GrantedAccess("mcp.example", "", MANY, MANY[:99], MANY, "log-in")
    shown = text(show([state(access=access)]))
    assert len(shown) < 1200
    assert shown.endswith("…. Log in again with `/auth login`.")


async def test_a_renewal_that_failed_says_when_the_next_is_tried() -> None:
    shown = text(show([state(failed=RefreshAttempt("f", 100.5, "HTTP 503", answered=True, not_before=160.5))]))
    assert shown.splitlines()[-1] == "⚠️ renewal failed <t:100:R>; next try: <t:160:R>"


async def test_what_another_login_would_give_the_agents_has_a_button() -> None:
    for remedy, wanted in (("log-in", 1), ("widen", 0), ("grant", 0), (None, 0)):
        shown = show([state(access=GrantedAccess("mcp.example", "", missing=("a",), remedy=remedy))])  # type: ignore[arg-type]  # each a Remedy
        assert len(shown.buttons) == wanted


async def test_who_must_log_in_again_can_do_so_with_a_button() -> None:
    answer = show([state(), state("second", state="dead")])
    (button,) = answer.buttons
    assert isinstance(button, LoginButton)
    assert button.item.label == "Log in to The Lab"


async def test_ones_own_pending_logins_alone_are_shown_each_with_a_cancel_button() -> None:
    answer = show([], (PendingLogin("lab", ADA, 0, 900, "a" * 10), PendingLogin("secret-of-bob", UserId(2), 0, 900)))
    assert "**<lab>**: link expires <t:900:R>" in text(answer)
    assert "secret-of-bob" not in text(answer)
    (button,) = answer.buttons
    assert isinstance(button, CancelButton)
    assert button.item.label == "Cancel <lab>"
    assert button.item.custom_id == f"auth:cancel:{'a' * 10}:lab"


async def test_what_the_operator_must_repair_comes_first() -> None:
    """Only how many, and the id in the log: what the store says holds paths."""
    status = Status((state(),), (), (Problem("/home/x/lock", "rm /home/x/lock"),))
    shown = text(status_message(english(), status, ADA, str, incident="0a1b2c3d"))
    assert shown.startswith("🔧 **For the operator:** one problem to repair.")
    assert shown.splitlines()[1] == "Give the operator this id: `0a1b2c3d`. The log explains it."
    assert "/home/x" not in shown


async def test_a_status_that_is_too_long_counts_what_it_leaves_out() -> None:
    shown = text(show([state(f"tenant-{number}", vendor=None) for number in range(200)]))
    assert len(shown) <= 4000
    assert f"and {200 - shown.count('tenant-')} more" in shown


async def test_an_empty_store_says_how_to_begin() -> None:
    answer = show([])
    assert text(answer) == "Nobody is logged in yet. Start with `/auth login`."
    assert not answer.buttons
