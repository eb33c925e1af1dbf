"""`--thread` and `use`: the account of a thread, on the real command line."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    Agreement,
    Draft,
    FileStore,
    Policies,
    SeenThread,
    Store,
    ThreadId,
    UserId,
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KEYS = ("codex", "codex@work", "codex@u41", "anthropic-oauth")


@pytest.fixture
def store(home: Path) -> Store:
    path = home / ".openab/agent/auth.json"
    path.parent.mkdir(parents=True, mode=0o700)
    rest = {"refresh_token": "r", "expires_at": int(time.time()) + 3600, "token_endpoint": "http://127.0.0.1:9/token"}
    path.write_text(json.dumps({key: {**rest, "access_token": f"{key}-token", "provider": key} for key in KEYS}))
    path.chmod(0o600)
    return FileStore(path)


def personal(draft: Draft) -> None:
    draft.threads["policy:1"] = Policies(PERSONAL_ACCOUNTS)
    draft.threads["thread:7"] = SeenThread(1, 700, 70, UserId(41))


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def code_of(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    return done.returncode, json.loads(done.stderr.splitlines()[-1])["error"]["code"]


@pytest.mark.parametrize(
    ("word", "login", "because"),
    [
        ("codex", "codex", "shared"),
        ("codex@work", "codex@work", "named"),
        ("codex@shared", "codex", "named"),
        ("claude", "anthropic-oauth", "shared"),
    ],
)
def test_a_token_says_which_login_it_is_of_and_why(
    word: str, login: str, because: str, call: Run, store: Store
) -> None:
    for options in ([], ["--thread", "7"]):
        answer = said(call("token", word, "--json", *options))

        assert (answer["access_token"], answer["login"], answer["because"]) == (f"{login}-token", login, because)


def test_a_choice_is_made_shown_used_and_dropped(call: Run, run: Run, store: Store) -> None:
    assert said(call("use", "--thread", "7", "--json")) == {"login": None, "thread": "7", "state": "default"}
    assert said(call("use", "codex", "--thread", "7", "--json")) == {
        "login": "codex",
        "thread": "7",
        "state": "default",
    }
    chosen = {"login": "codex@work", "thread": "7", "state": "chosen"}

    assert said(call("use", "codex@work", "--thread", "7", "--json")) == chosen
    assert said(call("use", "codex", "--thread", "7", "--json")) == chosen
    assert said(call("use", "--thread", "7", "--json")) == chosen
    assert call("token", "codex", "--thread", "7").stdout == "codex@work-token\n"
    assert call("token", "codex", env={"OPENAB_AUTH_THREAD": "7"}).stdout == "codex@work-token\n"
    assert call("token", "codex", env={"OPENAB_CHANNEL_ID": "discord:7"}).stdout == "codex@work-token\n"
    assert call("token", "codex", env={"OPENAB_THREAD_ID": "1.2", "OPENAB_CHANNEL_ID": "slack:C7"}).stdout == (
        "codex-token\n"
    )
    assert call("token", "codex").stdout == call("token", "codex", "--thread", "8").stdout == "codex-token\n"
    child = run("exec", "--thread", "7", "codex", "--", "sh", "-c", "echo $OPENAI_API_KEY")
    assert child.stdout == "codex@work-token\n"

    assert said(call("use", "codex", "--drop", "--thread", "7", "--json")) == {**chosen, "state": "dropped"}
    assert said(call("use", "codex", "--drop", "--thread", "7", "--json"))["state"] == "default"
    assert call("token", "codex", "--thread", "7").stdout == "codex-token\n"


def test_the_person_named_with_user_chooses_the_own_account_and_agrees(call: Run, store: Store) -> None:
    assert said(call("use", "codex@me", "--thread", "7", "--user", "41", "--json"))["login"] == "codex@u41"

    answer = said(call("token", "codex", "--thread", "7", "--json"))
    assert (answer["login"], answer["because"]) == ("codex@u41", "thread")
    assert store.threads()["agreement:41"] == Agreement(frozenset({ThreadId(7)}))


def test_only_the_owner_or_the_operator_at_the_console_chooses(call: Run, store: Store) -> None:
    store.update(lambda draft: draft.threads.__setitem__("thread:7", SeenThread(1, 700, 70, UserId(41))))

    refused = call("use", "codex@me", "--thread", "7", "--user", "42", "--json")

    assert code_of(refused) == (2, "not_thread_owner")
    assert list(store.threads()) == ["thread:7"]  # nobody has agreed to anything
    assert call("use", "codex@work", "--thread", "7").returncode == 0


def test_under_personal_a_thread_gets_its_owners_account_or_nothing(call: Run, store: Store) -> None:
    store.update(personal)

    assert code_of(call("token", "codex", "--thread", "7", "--json")) == (3, "not_agreed")
    assert code_of(call("token", "codex", "--thread", "8", "--json")) == (3, "no_account_for_thread")
    assert code_of(call("token", "codex@work", "--thread", "7", "--json")) == (2, "account_not_for_thread")
    assert code_of(call("exec", "codex@shared", "--thread", "7", "--json", "--", "true")) == (
        2,
        "account_not_for_thread",
    )
    assert code_of(call("refresh", "codex@u42", "--thread", "7", "--json")) == (2, "account_not_for_thread")
    store.update(lambda draft: draft.threads.__setitem__("agreement:41", Agreement(all_own=True)))
    answer = said(call("token", "codex", "--thread", "7", "--json"))
    assert (answer["login"], answer["because"]) == ("codex@u41", "personal")
    assert code_of(call("token", "claude", "--thread", "7", "--json")) == (3, "not_logged_in")


@pytest.mark.parametrize("config", ['[auth]\naccounts = "personal"\n', '[auth.channels."70"]\naccounts = "personal"\n'])
def test_the_config_of_the_process_counts_too(config: str, call: Run, store: Store, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(config)

    assert code_of(call("token", "codex", "--thread", "7", "--json")) == (3, "no_account_for_thread")
    assert call("token", "codex").stdout == "codex-token\n"


def test_status_names_the_accounts_of_a_thread_and_why(call: Run, store: Store) -> None:
    call("use", "codex@work", "--thread", "7")

    found = said(call("status", "--thread", "7", "--json"))["thread"]

    assert found == {
        "id": "7",
        "accounts": [
            {"vendor": "anthropic-oauth", "login": "anthropic-oauth", "because": "shared"},
            {"vendor": "codex", "login": "codex@work", "because": "thread"},
        ],
    }
    assert "thread 7: agents use codex@work, chosen in the thread" in call("status", "--thread", "7").stdout
    assert "thread" not in said(call("status", "--json"))


def test_status_names_the_reason_where_agents_get_nothing(call: Run, store: Store) -> None:
    store.update(personal)

    found = said(call("status", "--thread", "7", "--json"))["thread"]

    assert isinstance(found, dict)
    assert {"vendor": "codex", "login": None, "problem": "not_agreed"} in found["accounts"]


def test_a_choice_without_a_login_says_so(call: Run, store: Store) -> None:
    chosen, shown = call("use", "codex@fresh", "--thread", "7"), call("use", "codex", "--thread", "7")
    status = call("status", "--thread", "7").stdout

    for said_of_it in (chosen.stdout, shown.stdout):
        assert said_of_it == "thread 7: agents use codex@fresh; nobody is logged in to it\n"
    assert "thread 7: agents use codex@fresh, chosen in the thread; nobody is logged in to it\n" in status
    assert "anthropic-oauth, the shared default\n" in status


def test_use_refuses_a_vendor_that_nobody_knows(call: Run, store: Store) -> None:
    for word in ("nix@work", "nix@shared", "nix"):
        assert code_of(call("use", word, "--thread", "7", "--json")) == (2, "unknown_vendor")
    assert code_of(call("use", "codex@new", "--thread", "7", "--json")) == (2, "label")
    assert not store.threads()


def test_an_own_account_of_nobody_names_the_way_of_each_command(call: Run, store: Store) -> None:
    refused = call("use", "codex@me", "--thread", "7")

    assert refused.returncode == 2
    assert "`use`, `login` and `logout` take --user" in refused.stderr


def test_exec_asks_nobody_for_a_token_that_it_cannot_pass(call: Run, store: Store, home: Path) -> None:
    keys = '[vendors.keys]\nflow = "key"\nauthorize_url = "https://keys.example/"\n'
    (home / ".config/openab-auth/config.toml").write_text(keys)
    store.update(personal)

    refused = call("exec", "keys", "--thread", "7", "--wait", "50", "--", "true")

    assert refused.returncode == 2
    assert "set exec_env in [vendors.keys]" in refused.stderr
    assert not (home / ".openab/agent/auth.json.requests").exists()


@pytest.mark.parametrize("words", [("codex", "codex@work"), ("codex@work", "codex-device"), ("codex", "codex@u41")])
def test_two_accounts_of_one_vendor_in_one_exec_are_status_2(words: tuple[str, ...], call: Run, store: Store) -> None:
    done = call("exec", *words, "--", "true")

    assert done.returncode == 2
    assert "two of these tokens need the variable $OPENAI_API_KEY" in done.stderr


@pytest.mark.parametrize("words", [("token", "codex"), ("refresh", "codex"), ("exec", "codex", "--", "true"), ("use",)])
def test_a_thread_that_is_no_id_is_status_2(words: tuple[str, ...], call: Run, store: Store) -> None:
    for options, env in ((("--thread", "x"), {}), ((), {"OPENAB_AUTH_THREAD": ""})):
        done = call(words[0], *options, *words[1:], env=env)

        assert (done.returncode, done.stdout) == (2, "")
        assert "is not the id of a thread" in done.stderr


@pytest.mark.parametrize("words", [("use", "codex@work"), ("use",), ("use", "--drop", "--thread", "7")])
def test_use_without_thread_or_vendor_is_status_2(words: tuple[str, ...], call: Run, store: Store) -> None:
    assert code_of(call(*words, "--json")) == (2, "usage")


def test_damaged_records_are_status_6_and_no_token(call: Run, store: Store, home: Path) -> None:
    (home / ".openab/agent/auth.json.threads").write_text("{torn")

    assert code_of(call("token", "codex", "--thread", "7", "--json")) == (6, "store_unreadable")
    assert call("token", "codex").stdout == "codex-token\n"


@pytest.mark.parametrize("word", ["codex", "codex@team", "codex@u43"])
def test_the_environments_token_never_stands_in_for_an_account(word: str, run: Run, store: Store) -> None:
    run("use", "codex@team", "--thread", "7")

    thread = ["--thread", "7"] if word == "codex" else []
    refused = run("exec", word, *thread, "--json", "--", "true", env={"OPENAI_API_KEY": "operators"})

    assert code_of(refused) == (3, "not_logged_in")
