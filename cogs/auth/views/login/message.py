"""The first content of a login card: the link, the steps and the buttons."""

from __future__ import annotations

from typing import Final

from discord import ui

from openab_auth.cogs.auth.replies import Button, ReplyContent
from openab_auth.cogs.auth.text import LINES, LINK_BUTTON, Language, Markup, fits_card, link, login_words, units, words
from openab_auth.cogs.auth.views.login.how import HowButton
from openab_auth.cogs.auth.views.login.paste_form import PasteButton, fits
from openab_auth.oauth.flows import LoginOffer
from openab_auth.storage.errors import OpenabAuthError

# What the messages about the link are called: its button, the two ways to name it, and the text of the link itself.
_TO_LOGIN: Final = ("button-open", "login-open-button", "login-open-below", "login-page")
_TO_KEYS: Final = ("button-open-keys", "login-open-button-keys", "login-open-below-keys", "login-page-keys")


class LinkTooLongError(OpenabAuthError):
    """This link is too long for every part of a Discord message, and a shortened link would not work."""

    code = "link_too_long"

    def __init__(self, vendor: str, length: int) -> None:
        super().__init__(
            f"the login link to {vendor} has {length} characters, more than a Discord message holds",
            kept="nothing was changed",
            todo="ask the operator to request fewer scopes, or to log in with `openab-auth login`",
        )
        self.vendor = vendor
        self.length = length


def login_message(language: Language, offer: LoginOffer, key: str) -> ReplyContent:
    """Return the message with the whole link, on a button or in the text; a login by key may have no link.

    Raises:
        LinkTooLongError: the link fits nowhere.
    """
    buttons: list[Button] = []
    steps = login_words.key_steps if offer.takes_key else login_words.code_steps if offer.waits else login_words.steps
    button, by_button, by_link, page_name = _TO_KEYS if offer.takes_key else _TO_LOGIN
    on_button = 0 < units(offer.url) <= LINK_BUTTON
    if on_button:
        buttons.append(ui.Button(label=language.label(button), url=offer.url))
    if offer.takes_paste and fits(offer.vendor.name):
        buttons.append(PasteButton(language, offer.vendor.name, key))
    if not (offer.waits or offer.takes_key):  # otherwise there is no last page to copy from
        buttons.append(HowButton(language, "dead" if login_words.ends_on_dead_page(offer.vendor) else "code"))
    if not offer.url:
        text = steps(language, offer, words.about(language, "login-make-key", offer.vendor))
        return ReplyContent(text, tuple(buttons), accent="waits")
    # The link is no value of a message: Fluent takes at most 1000 characters.
    page = link(login_words.page_of(language, offer.vendor, page_name), offer.url)
    if on_button:
        text = steps(language, offer, language.say(by_button))
        below = LINES.join([text, Markup(" ").join([language.say("login-copy-link"), page])])
    else:
        below = LINES.join([steps(language, offer, language.say(by_link)), page])
        if not fits_card(below):  # the link alone is better than no link
            below = LINES.join([words.about(language, "login-title", offer.vendor), page])
        if not fits_card(below):
            raise LinkTooLongError(offer.vendor.title, len(offer.url))
    return ReplyContent(below, tuple(buttons), accent="waits")
