"""Ids and secrets from files and variables often end with a newline; it is never a part of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from openab_auth.oauth.config import AuthSettings, Config, obscure
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import Secret, Tenant

LAB: dict[str, object] = {
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "redirect_uri": "http://localhost:1455/auth/callback",
    "env": ["LAB_TOKEN"],
}
SERVER: dict[str, object] = {"url": "https://mcp.example.com/mcp"}


def catalogue(table: Mapping[str, object], environ: dict[str, str]) -> Catalogue:
    config = Config(
        auth=AuthSettings(vendors=("lab",)), vendors={"lab": {**LAB, **table}}, mcp={"srv": {**SERVER, **table}}
    )
    return Catalogue.from_config(config, environ)


def catalogue_of_vendor(table: Mapping[str, object]) -> Catalogue:
    return Catalogue.from_config(Config(auth=AuthSettings(vendors=("lab",)), vendors={"lab": {**LAB, **table}}), {})


@pytest.mark.parametrize(
    "given", ["lab-id\n", " lab-id", "lab-id\r\n", "\tlab-id \n", "\ufefflab-id\r\n", "lab-id\xa0\u200b"]
)
@pytest.mark.parametrize("table", [{"client_id_env": "LAB_ID"}, {"client_id": "{given}"}], ids=str)
def test_blanks_around_a_client_id_are_no_part_of_it(table: dict[str, object], given: str) -> None:
    written = {name: str(value).replace("{given}", given) for name, value in table.items()}

    found = catalogue(written, {"LAB_ID": given})

    server = found.server_of(Tenant("srv"))
    assert server is not None
    assert (found.get("lab").client_id, server.client_id) == ("lab-id", "lab-id")


def test_blanks_around_a_variable_in_a_table_are_no_part_of_it() -> None:
    server = catalogue({"client_id": "lab-${LAB_ID}"}, {"LAB_ID": "id\n"}).server_of(Tenant("srv"))

    assert server is not None
    assert server.client_id == "lab-id"


@pytest.mark.parametrize("given", ["s3cret\n", " s3cret ", "s3cret\r\n", "\ufeff s3cret\r\n", "\u200bs3cret\xa0\n"])
def test_blanks_around_a_secret_are_no_part_of_it(given: str) -> None:
    found = catalogue({"client_id": "lab-id", "client_secret_env": "LAB_SECRET"}, {"LAB_SECRET": given})

    server = found.server_of(Tenant("srv"))
    assert server is not None
    assert (found.get("lab").client_secret, server.client_secret) == (Secret("s3cret"), Secret("s3cret"))


def test_blanks_around_an_obscured_secret_are_no_part_of_it() -> None:
    found = catalogue_of_vendor({"client_id": "lab-id", "client_secret_obscured": obscure("\ufeffs3cret\r\n")})

    assert found.get("lab").client_secret == Secret("s3cret")


def test_a_variable_of_blanks_alone_is_not_set() -> None:
    found = catalogue(
        {"client_id": "lab-id", "client_secret_env": "LAB_SECRET"}, {"LAB_SECRET": " \n", "LAB_TOKEN": " "}
    )

    lab = found.named(VendorName("lab"))
    assert lab is not None
    assert lab.lacks_secret
    assert found.shadowed_by(lab) is None
