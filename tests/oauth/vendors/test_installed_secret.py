"""The client secret of an installed app, read from the vendor's own program; each value here is made up."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer, RegisteredClient
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config, obscure
from openab_auth.oauth.errors import ConfigError, LoginDeadError, SecretMissingError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import PROGRAMS, Catalogue, VendorName
from openab_auth.oauth.vendors.vendor_table import _INSTALLED_APPS
from openab_auth.storage import AsyncStore, Secret, TokenEntry

MADE_UP = "GOCSPX-made-up-for-a-test"
CLIENTS = {str(vendor.name): vendor.client_id for vendor in Catalogue.shipped({}).all()}
CORE = "@google/gemini-cli-core/dist/src/code_assist/oauth2.js"
START = "#!/usr/bin/env node\n"


def source(secret: str = MADE_UP, client: str = CLIENTS["gemini"]) -> str:
    """Return JavaScript in the form of the real file, with a made-up secret."""
    return f"const OAUTH_CLIENT_ID = '{client}';\n// an installed app\nconst OAUTH_CLIENT_SECRET = '{secret}';\n"


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def install(folder: Path, start: str, files: dict[str, str], program: str = "gemini") -> dict[str, str]:
    """Lay out a program as npm does: a link in a folder on PATH leads to `start`. Return the environment."""
    for name, text in {start: START, **files}.items():
        write(folder / name, text)
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / program).symlink_to(folder / start)
    return {"PATH": str(folder / "bin"), "HOME": str(folder)}


def refusal(environ: dict[str, str], name: str = "gemini") -> str:
    error = Catalogue.from_config(Config(), environ).refusal(name)
    assert isinstance(error, SecretMissingError)
    return str(error)


CLI = "lib/node_modules/@google/gemini-cli"
LAYOUTS = {
    "nested": (f"{CLI}/dist/index.js", {f"{CLI}/node_modules/{CORE}": source()}),
    "beside": (f"{CLI}/dist/index.js", {f"lib/node_modules/{CORE}": source()}),
    "bundled": (
        f"{CLI}/bundle/gemini.js",
        {f"{CLI}/bundle/chunk-A.js": "// nothing\n" * 99, f"{CLI}/bundle/chunk-B.js": source().replace("'", '"')},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_found_in_each_layout_of_the_npm_package(layout: str, tmp_path: Path) -> None:
    environ = install(tmp_path, *LAYOUTS[layout])

    gemini = Catalogue.shipped(environ).get("gemini")

    assert gemini.client().client_secret == gemini.with_secret().client_secret == Secret(MADE_UP)
    assert MADE_UP not in repr(gemini) + repr(gemini.with_secret())


@pytest.mark.parametrize("app", ["share/antigravity", "Antigravity.app/Contents/Resources/app"])
def test_it_is_found_in_the_editor_of_antigravity(app: str, tmp_path: Path) -> None:
    main = "out/main.js" if app.endswith("app") else "resources/app/out/main.js"
    text = f'var a="{CLIENTS["agy"]}",b="{MADE_UP}";'
    environ = install(tmp_path, f"{app}/bin/antigravity", {f"{app}/{main}": text}, "antigravity")

    found = Catalogue.shipped(environ).named(VendorName("agy"))

    assert found is not None
    assert found.client().client_secret == Secret(MADE_UP)


def test_a_variable_and_an_obscured_secret_come_first(tmp_path: Path) -> None:
    environ = install(tmp_path, *LAYOUTS["nested"])
    config = Config(vendors={"gemini": {"client_secret_obscured": obscure("from-the-config")}})

    assert Catalogue.from_config(config, environ).get("gemini").client().client_secret == Secret("from-the-config")
    environ["GEMINI_OAUTH_CLIENT_SECRET"] = "from-outside"
    assert Catalogue.from_config(config, environ).get("gemini").client().client_secret == Secret("from-outside")


def test_a_missing_program_is_named_with_the_variable() -> None:
    said = refusal({"PATH": "/nonexistent"})

    assert "the program 'gemini', which has it, is not on PATH" in said
    assert "set the variable GEMINI_OAUTH_CLIENT_SECRET, or client_secret_obscured in [vendors.gemini]" in said


@pytest.mark.parametrize(
    "text",
    [
        "// another release\n",
        source(client="another-client"),
        source().replace("const OAUTH_CLIENT_SECRET", "//\n" * 2000 + "const OTHER_SECRET"),
        source(secret=""),
    ],
)
def test_a_program_without_this_client_gives_no_secret(text: str, tmp_path: Path) -> None:
    start, [(file, _)] = LAYOUTS["nested"][0], LAYOUTS["nested"][1].items()

    assert "does not contain it where it is expected" in refusal(install(tmp_path, start, {file: text}))


def test_a_start_script_in_place_of_the_program_gives_no_secret(tmp_path: Path) -> None:
    assert "does not contain it" in refusal(install(tmp_path, "somewhere/bin/gemini", {}))


def test_a_file_that_others_could_change_is_not_read(tmp_path: Path) -> None:
    start, files = LAYOUTS["nested"]
    environ = install(tmp_path, start, files)
    [file] = [tmp_path / name for name in files]
    file.chmod(0o666)

    said = refusal(environ)

    assert "can be changed by other users" in said
    assert MADE_UP not in said
    file.chmod(0o644)
    assert Catalogue.shipped(environ).get("gemini")
    file.parent.chmod(0o777)
    assert "can be changed by other users" in refusal(environ)


def test_a_program_in_the_working_directory_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ADR 12: a stranger's repository may be the working directory."""
    environ = install(tmp_path, *LAYOUTS["nested"])
    monkeypatch.chdir(tmp_path / "bin")

    for path in ("", ".", "bin", f":{Path('/nonexistent')}"):
        assert "is not on PATH" in refusal(environ | {"PATH": path})


async def test_a_refresh_sends_it(store: AsyncStore, tmp_path: Path) -> None:
    environ = install(tmp_path, *LAYOUTS["bundled"])
    client = RegisteredClient(CLIENTS["gemini"], "http://127.0.0.1:8085/oauth2callback")
    async with Issuer.listening(clients=[client]) as issuer:
        catalogue = Catalogue.from_config(Config(vendors={"gemini": {"token_url": issuer.token_url}}), environ)
        entry = TokenEntry(Secret("old"), Secret("unknown"), 1, issuer.token_url, "gemini")
        await store.update(lambda draft: draft.update({"gemini": entry}))
        driver = Driver()
        async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
            with pytest.raises(LoginDeadError):
                await source.get_valid("gemini")
        await driver.aclose()

        [asked] = issuer.requests("/token")
    basic = b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode()
    assert basic == f"{CLIENTS['gemini']}:{MADE_UP}"


def test_it_is_read_once_and_only_when_somebody_needs_it(tmp_path: Path) -> None:
    """Most commands need no client secret, and a bundle has 17 MB."""
    environ = install(tmp_path, *LAYOUTS["bundled"])
    catalogue = Catalogue.shipped(environ)
    found = catalogue.named(VendorName("gemini"))
    write(tmp_path / CLI / "bundle/chunk-B.js", source("GOCSPX-written-after-the-start"))
    assert found is not None

    assert found.client().client_secret == Secret("GOCSPX-written-after-the-start")
    write(tmp_path / CLI / "bundle/chunk-B.js", source())
    assert catalogue.get("gemini").client().client_secret == Secret("GOCSPX-written-after-the-start")


def test_the_apps_are_those_whose_files_are_known() -> None:
    assert set(_INSTALLED_APPS) == set(PROGRAMS)


def test_a_vendor_without_a_known_program_cannot_name_it_as_the_source() -> None:
    lab = {
        "authorize_url": "https://login.example.com/authorize",
        "token_url": "https://login.example.com/token",
        "client_id": "lab",
        "redirect_uri": "http://localhost:1455/auth/callback",
        "client_secret_from": "installed",
    }

    with pytest.raises(ConfigError, match=r"vendors.lab.client_secret_from: works only for gemini and agy"):
        Catalogue.from_config(Config(vendors={"lab": lab}), {})
    with pytest.raises(ConfigError, match="client_secret_from"):
        Catalogue.from_config(Config(vendors={"gemini": {"client_secret_from": "elsewhere"}}), {})
