"""Deny by default; every refusal says what to do."""

import pytest

from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.admission import Admission
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.entries import PendingLogin
from openab_auth.storage import CONSOLE, UserId
from openab_auth.storage.records.notes import Begun

ADA, BOB = UserId(1), UserId(2)


def access(**settings: object) -> Access:
    return Access(DiscordSettings(**settings))  # type: ignore[arg-type]  # each test names one setting


def test_an_empty_list_lets_nobody_in() -> None:
    with pytest.raises(AccessDeniedError, match="add your id 1"):
        access().check(Caller(ADA, frozenset({5})))


def test_a_listed_person_and_a_listed_role_are_let_in_and_nobody_else() -> None:
    rules = access(allowed_users=frozenset({ADA}), allowed_roles=frozenset({7}))
    rules.check(Caller(ADA))
    rules.check(Caller(BOB, frozenset({3, 7})))
    with pytest.raises(AccessDeniedError, match="allowed role"):
        rules.check(Caller(BOB, frozenset({3})))


def test_everybody_is_let_in_only_when_that_is_said_but_no_bot() -> None:
    rules = access(allow_all_users=True)
    rules.check(Caller(BOB))
    with pytest.raises(AccessDeniedError, match="bots"):
        rules.check(Caller(BOB, is_bot=True))


def test_a_listed_bot_is_refused() -> None:
    with pytest.raises(AccessDeniedError):
        access(allowed_users=frozenset({BOB})).check(Caller(BOB, is_bot=True))


def test_direct_messages_can_be_switched_off() -> None:
    rules = access(allowed_users=frozenset({ADA}), allow_dm=False)
    rules.check(Caller(ADA, in_guild=True))
    with pytest.raises(AccessDeniedError, match="in a server"):
        rules.check(Caller(ADA, in_guild=False))


def test_a_role_that_a_direct_message_cannot_show_is_explained() -> None:
    with pytest.raises(AccessDeniedError, match="does not show your roles"):
        access(allowed_roles=frozenset({7})).check(Caller(ADA, in_guild=False))


def test_a_logout_is_for_who_logged_in_and_for_operators() -> None:
    rules = access(allowed_users=frozenset({ADA}), allowed_roles=frozenset({7}))
    member = Caller(BOB, frozenset({7}))
    rules.check_logout(member, BOB)
    rules.check_logout(Caller(ADA), BOB)
    for owner in (ADA, CONSOLE, None):
        with pytest.raises(AccessDeniedError, match="an operator"):
            rules.check_logout(member, owner)


def test_who_lost_the_right_cannot_log_out_their_own_login() -> None:
    with pytest.raises(AccessDeniedError, match="not on the list"):
        access(allowed_users=frozenset({ADA})).check_logout(Caller(BOB), BOB)


def test_a_login_in_another_server_needs_an_allowed_role_there() -> None:
    """A role belongs to one server, and an interaction shows only the roles of its own server."""
    rules = access(allowed_roles=frozenset({7}))
    rules.check(Caller(BOB, frozenset({7}), guild=1))
    with pytest.raises(AccessDeniedError, match="allowed role"):
        rules.check(Caller(BOB, frozenset({8}), guild=2))


@pytest.mark.parametrize(
    ("user", "guild", "roles", "may"),
    [
        (ADA, None, frozenset(), True),  # listed by id: wherever it began
        (BOB, 1, frozenset({7}), True),
        (BOB, 1, frozenset({8}), False),
        (BOB, None, frozenset({7}), False),  # nobody knows where it began
    ],
)
async def test_a_login_without_a_paste_is_admitted_by_id_or_by_discords_roles(
    user: UserId, guild: int | None, roles: frozenset[int], may: bool
) -> None:
    admission = Admission(access(allowed_users=frozenset({ADA}), allowed_roles=frozenset({7})))
    login = PendingLogin("lab", user, 0, 900, begun=Begun(guild=guild))

    async def ask(user: UserId, guild: int) -> Caller:
        return Caller(user, roles, guild=guild)

    admission.fetch_caller = ask
    if may:
        await admission.check(login)
    else:
        with pytest.raises(AccessDeniedError):
            await admission.check(login)


async def test_no_bot_is_admitted_and_nobody_by_role_while_discord_is_silent() -> None:
    admission = Admission(access(allowed_roles=frozenset({7})))
    login = PendingLogin("lab", BOB, 0, 900, begun=Begun(guild=1))
    with pytest.raises(AccessDeniedError):
        await admission.check(login)

    async def ask(user: UserId, guild: int) -> Caller:
        return Caller(user, frozenset({7}), is_bot=True, guild=guild)

    admission.fetch_caller = ask
    with pytest.raises(AccessDeniedError, match="bots"):
        await admission.check(login)


def test_the_consoles_logins_are_left_to_the_console() -> None:
    assert not Admission(access(allow_all_users=True)).may_go_on(PendingLogin("lab", CONSOLE, 0, 900))
