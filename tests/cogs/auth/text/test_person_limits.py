"""What operators read about a person fits Discord's limits, and the end of the question is never cut off."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.discord.rules import limits as discord_limits
from openab_auth.cogs.auth.replies import layout_of
from openab_auth.cogs.auth.service import Leave, PersonQuestion
from openab_auth.cogs.auth.text import CONTENT, person_words, units
from openab_auth.cogs.auth.text.language import Language, languages
from openab_auth.cogs.auth.views.person import leave_message, person_question
from openab_auth.oauth.logins import EndedLogin, LoginDetails, LogoutResult, PersonHoldings, PersonLogout
from openab_auth.storage import Tenant, UserId
from tests.cogs.auth.login_states import login_state

PERSON = UserId(2**64 - 1)
TENANTS = [Tenant(f"vendor-{number}@u{PERSON}") for number in range(80)]
HELD = PersonHoldings(
    PERSON,
    logins=tuple((tenant, "0" * 10) for tenant in TENANTS),
    pending=tuple((f"vendor-{number}", "1" * 10) for number in range(80)),
    records=("choice:7 vendor",),
    made=tuple(TENANTS),
)
tongues = pytest.mark.parametrize("language", languages().values(), ids=lambda language: language.tag)


def title_of(word: str) -> str:
    return f"{word} {'*_登' * 100}"


@tongues
@pytest.mark.parametrize("revocable", [True, False])
async def test_a_question_about_many_logins_fits_and_keeps_its_end(language: Language, revocable: bool) -> None:
    logins = tuple(
        LoginDetails(login_state(tenant, account="x" * 300), "0" * 10, revocable=revocable, shared_with=())
        for tenant in TENANTS
    )

    asked = person_question(language, PersonQuestion(HELD, logins), title_of)

    discord_limits.check_message({"flags": 1 << 15, "components": layout_of(asked).to_components()})  # type: ignore[no-untyped-call]
    assert language.say("person-shared-stay") in asked.content
    assert (language.say("person-revoke") in asked.content) is revocable
    assert len(asked.buttons) == 2 + revocable
    assert "vendor-0" in asked.content


@tongues
async def test_the_answer_and_the_message_about_a_leave_fit(language: Language) -> None:
    ended = tuple(EndedLogin(LogoutResult(tenant, True, True, note="n" * 400)) for tenant in TENANTS)  # noqa: FBT003

    text = person_words.person_ended(language, PersonLogout(PERSON, ended, ("lab",) * 90, had_choices=True), title_of)
    messages = [
        leave_message(language, Leave(HELD, ended=ended), "g" * 300, [title_of(tenant) for tenant in TENANTS])
        for ended in (True, False)
    ]

    assert units(text) <= 4000
    assert all(units(message.content) <= CONTENT for message in messages)
    assert [len(message.buttons) for message in messages] == [0, 1]


@tongues
async def test_a_question_about_no_login_offers_no_revocation(language: Language) -> None:
    held = PersonHoldings(PERSON, pending=(("lab", "1" * 10),))

    asked = person_question(language, PersonQuestion(held, ()), title_of)

    assert language.say("person-revoke") not in asked.content
    assert len(asked.buttons) == 2
