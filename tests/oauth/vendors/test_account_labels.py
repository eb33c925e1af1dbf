"""The label behind a name or key: which texts can be one, and whose account it names."""

from __future__ import annotations

import pytest

from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import LabelError, ProgramsOnlyAccountError, UnknownVendorError
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.oauth.vendors.account_labels import is_label, person_of, split_label
from openab_auth.storage import Tenant


@pytest.mark.parametrize("label", ["work", "a", "0", "u", "u1x", "team.a_b-c", "x" * 32, "u100000000000000001"])
def test_a_label_has_up_to_32_plain_characters(label: str) -> None:
    assert is_label(label)
    assert split_label(f"claude@{label}") == ("claude", label)


@pytest.mark.parametrize(
    "label", ["", "me", "shared", "new", "Work", "a b", "a..b", ".a", "-a", "_a", "x" * 33, "a/b", "a:b", "ä", "a\n"]
)
def test_other_texts_are_no_label_and_stay_a_part_of_the_name(label: str) -> None:
    assert not is_label(label)
    assert split_label(f"claude@{label}") == (f"claude@{label}", "")


@pytest.mark.parametrize(("label", "person"), [("u42", 42), ("u0", 0), ("work", None), ("u4x", None), ("u", None)])
def test_the_account_of_a_person_has_their_id(label: str, person: int | None) -> None:
    assert person_of(label) == person


def test_a_label_counts_only_behind_a_known_name() -> None:
    catalogue = Catalogue.from_config(Config(vendors={"lab": {**LAB, "tenant": "lab@home"}}), {})
    exact, account = catalogue.vendor_of(Tenant("lab@home")), catalogue.vendor_of(Tenant("lab@home@work"))

    assert exact is not None
    assert exact.label == ""
    assert account is not None
    assert (account.tenant, account.label, account.name) == ("lab@home@work", "work", "lab@work")
    assert catalogue.vendor_of(Tenant("strange@work")) is None
    assert catalogue.named(VendorName("lab@home")) is not None


def test_an_account_is_offered_where_its_vendor_is() -> None:
    catalogue = Catalogue.from_config(Config(), {})

    assert catalogue.get("codex@work").tenant == "codex@work"
    assert catalogue.get("codex@work").client() == catalogue.get("codex").of_account("work").client()
    with pytest.raises(LabelError, match="cannot be the label"):
        catalogue.get("codex@Not a label")
    with pytest.raises(UnknownVendorError, match="not offered"):
        catalogue.get("strange@work")


@pytest.mark.parametrize("label", ["u42", "work"])
def test_where_a_program_keeps_the_login_there_is_one_account(label: str) -> None:
    catalogue = Catalogue.from_config(Config(vendors={"shell": {"flow": "command", "command": ["sh"]}}), {})

    assert catalogue.get("shell").name == "shell"
    assert catalogue.named(VendorName(f"shell@{label}")) is None
    assert isinstance(catalogue.refusal(f"shell@{label}"), ProgramsOnlyAccountError)
    with pytest.raises(ProgramsOnlyAccountError, match="every agent here uses"):
        catalogue.get(f"shell@{label}")


@pytest.mark.parametrize("label", ["u042", "u00", "u123456789012345678901", "u" + "9" * 31])
def test_no_second_spelling_names_a_persons_account(label: str) -> None:
    assert split_label(f"codex@{label}") == (f"codex@{label}", "")


def test_what_a_vendor_is_known_for_holds_for_each_account() -> None:
    catalogue = Catalogue.from_config(Config(), {})
    plain, work = catalogue.get("codex").client(), catalogue.get("codex@work").client()

    assert (work.account_id_path, work.revocation_encodings) == (plain.account_id_path, plain.revocation_encodings)


LAB = {
    "authorize_url": "https://lab.example/authorize",
    "token_url": "https://lab.example/token",
    "client_id": "c",
    "redirect_uri": "http://localhost:1/callback",
}
