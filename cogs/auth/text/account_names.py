"""Names an account of a vendor in a person's language; the shared default has the vendor's title alone."""

from __future__ import annotations

from typing import Final

from openab_auth.cogs.auth.text.language import Language
from openab_auth.cogs.auth.text.markup import label
from openab_auth.cogs.auth.text.units import units
from openab_auth.oauth.accounts import vendor_meant
from openab_auth.oauth.vendors import Catalogue, Vendor
from openab_auth.oauth.vendors.account_labels import person_of

_LONGEST: Final = 60  # units of a title with its label, so that a button never cuts the label off
_AROUND: Final = 4  # the brackets


def account_title(language: Language, vendor: Vendor) -> str:
    """Return the title of an account: that of its vendor, and the label behind it."""
    if not vendor.label:
        return vendor.title
    name = label_name(language, vendor.label)
    title = label(vendor.default_title, _LONGEST - _AROUND - units(name))
    return language.label("account-title", vendor=title, label=name)


def label_name(language: Language, account_label: str) -> str:
    """Return the label of an account for people; a personal account has none that people read."""
    return language.label("account-personal") if person_of(account_label) is not None else account_label


def title_meant(language: Language, catalogue: Catalogue, word: str) -> str:
    """Return the title of the account that `word` means, or the word itself if it means none."""
    vendor = vendor_meant(word, catalogue)
    return account_title(language, vendor) if vendor else word
