import pytest

from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.failures import failure
from openab_auth.cogs.auth.text.language import english, languages
from openab_auth.cogs.auth.text.limits import plain
from openab_auth.cogs.auth.views.login.message import LinkTooLongError, login_message
from openab_auth.cogs.auth.views.login.paste_form import message_key
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.oauth.flows import LoginOffer
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import Tenant
from tests.cogs.auth.login_states import login_state

LOOPBACK = "http://localhost:1455/auth/callback"
HOSTED = "https://vendor.example/oauth/code"


def vendor(**keys: object) -> Vendor:
    values: dict[str, object] = {"name": "lab", "title": "The Lab", "tenant": Tenant("lab"), "redirect_uri": LOOPBACK}
    return Vendor(**{**values, **keys})  # type: ignore[arg-type]  # each test names one key


def offer(length: int = 300, **keys: object) -> LoginOffer:
    url = "https://vendor.example/authorize?x="
    return LoginOffer(vendor(**keys), url + "y" * (length - len(url)), 2_000_000_000)


def ids_and_urls(offered: LoginOffer) -> tuple[list[str], list[str]]:
    buttons = login_message(english(), offered, message_key(offered)).buttons
    components = [button.to_component_dict() for button in buttons]
    return [one["custom_id"] for one in components if "custom_id" in one], [
        one["url"] for one in components if "url" in one
    ]


async def test_the_steps_are_in_order_and_say_until_when() -> None:
    text = login_message(english(), offer(), "0-000000").content
    assert text.index("1. ") < text.index("2. ") < text.index("3. ") < text.index("<t:2000000000:R>")


async def test_a_dead_last_page_is_announced_and_a_hosted_one_shows_a_code() -> None:
    dead = login_message(english(), offer(), "0-000000").content
    assert "does not load. That is expected." in dead
    assert "`http://localhost:1455`" in dead
    hosted = login_message(english(), offer(redirect_uri=HOSTED), "0-000000").content
    assert "shows a code" in hosted
    assert "not load" not in hosted


async def test_risk_and_note_are_shown() -> None:
    text = login_message(english(), offer(risk="tos-risk", note="Needs a paid plan."), "0-000000").content
    assert "terms may not allow" in text
    assert "Needs a paid plan" in text


async def test_a_vendor_without_a_note_has_no_line_for_it() -> None:
    assert "\N{INFORMATION SOURCE}" not in login_message(english(), offer(), "0-000000").content


@pytest.mark.parametrize("length", [300, 512])
async def test_a_link_that_fits_is_a_button_and_can_be_copied_too(length: int) -> None:
    offered = offer(length)
    assert ids_and_urls(offered)[1] == [offered.url]
    assert f"](<{offered.url}>)" in login_message(english(), offered, "0-000000").content


@pytest.mark.parametrize("length", [513, 900])
async def test_a_link_beyond_512_characters_is_a_masked_link_in_the_text(length: int) -> None:
    offered = offer(length)
    message = login_message(english(), offered, "0-000000")
    assert ids_and_urls(offered)[1] == []
    assert f"[Login page of The Lab](<{offered.url}>)" in message.content
    assert "1. " in message.content


@pytest.mark.parametrize("length", [3000, 3900])
async def test_a_link_that_leaves_no_room_for_the_steps_is_whole(length: int) -> None:
    offered = offer(length)
    message = login_message(english(), offered, "0-000000")
    assert message.content.endswith(f"\n[Login page of The Lab](<{offered.url}>)")
    assert len(message.content) <= 4000


async def test_a_link_that_fits_nowhere_is_refused_and_never_cut() -> None:
    with pytest.raises(LinkTooLongError, match="openab-auth login"):
        login_message(english(), offer(5000), "0-000000")


async def test_what_would_end_a_masked_link_is_escaped() -> None:
    offered = LoginOffer(vendor(), "https://v.example/a?x=(1)> <" + "y" * 600, 2_000_000_000)
    assert "a?x=%281%29%3E%20%3C" in login_message(english(), offered, "0-000000").content


async def test_the_longest_titles_and_notes_keep_the_message_within_the_limit() -> None:
    offered = offer(500, title="*" * 500, note="_" * 3000, risk="experimental")
    assert len(login_message(english(), offered, "0-000000").content) <= 4000


async def test_a_buttons_id_fits_and_names_no_secret() -> None:
    offered = offer(300, name="a" * 32)
    custom_id, _how = ids_and_urls(offered)[0]
    assert custom_id.startswith(f"auth:paste:{'a' * 32}:")
    assert len(custom_id) <= 100


def test_somebody_elses_text_cannot_pretend_to_be_ours() -> None:
    assert plain("[log in](https://evil.example)\n# Title") == "\\[log in\\]\\(https\\://evil.example) # Title"
    assert len(plain("x" * 5000)) == 300


def test_a_failure_says_what_happened_what_was_kept_and_what_next() -> None:
    text = failure(english(), NotLoggedInError("lab"))
    assert "Nobody is logged in to lab." in text
    assert "Nothing was changed." in text
    assert "Next: `/auth login`" in text


def test_a_logout_says_what_each_choice_ends() -> None:
    asked = words.ask_logout(english(), login_state(vendor=vendor(), shadowed_by="LAB_TOKEN"), revocable=True)
    assert "It stays valid at the vendor" in asked
    assert "it ends everywhere" in asked
    assert "`LAB_TOKEN` is set" in asked
    assert "no way to revoke it" in words.ask_logout(english(), login_state(), revocable=False)


@pytest.mark.parametrize("locale", ["en-US", "zh-TW"])
def test_who_gets_an_accounts_token_is_named_before_the_link_and_in_status(locale: str) -> None:
    language = languages()[locale]
    there = {"token_for": "mcp.evil.example", "account_at": "auth.good.example"}

    message = login_message(language, offer(300, **there), "0-000000").content
    shown = words.login(language, login_state(vendor=vendor(**there)))

    for text in (message.split("1. ")[0], shown):
        assert "`mcp.evil.example`" in text
        assert "`auth.good.example`" in text
    assert "example`" not in login_message(language, offer(), "0-000000").content
