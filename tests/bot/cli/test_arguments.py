"""The words after `openab-auth`: a paste may look like an option, and no error repeats a word."""

import argparse
import importlib.metadata
import json
import subprocess
from collections.abc import Callable

import pytest

from openab_auth.bot.cli import arguments
from openab_auth.bot.cli.arguments import UsageError, split_arguments
from openab_auth.bot.cli.parser import COMMANDS, make_parser, parse

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary-3f9c"


@pytest.mark.parametrize("paste", ["-Zcanary#state", "-h1canary#state", "--json#x", "-", "a b"])
@pytest.mark.parametrize("options", [(), ("--config=y",), ("--store", "x", "--json")])
def test_a_paste_may_look_like_an_option(paste: str, options: tuple[str, ...]) -> None:
    for line in (["complete", "codex", paste, *options], [*options, "complete", "codex", paste]):
        arguments = parse(line)

        assert arguments.paste == paste
        assert arguments.vendor == "codex"
        assert arguments.json is ("--json" in options)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("status", ("--store", "x", "--json", "--config=y")),
        ("token lab", ("--min-ttl", "60", "--json")),
        ("token lab", ("--min-ttl=60", "--store=x")),
        ("refresh lab", ("--rejected",)),
        ("login lab", ("--user", "7", "--no-wait")),
        ("complete lab", ("--user=7",)),
        ("complete lab -Zx#state", ("--user", "7", "--json")),
        ("cancel lab", ("--user", "7")),
        ("logout lab", ("--local", "--json")),
        ("playground", ("--port", "7")),
        ("exec lab codex", ("--json", "--store", "x")),
    ],
)
def test_options_may_stand_before_between_and_after_the_words(command: str, options: tuple[str, ...]) -> None:
    words = command.split()
    wanted = vars(parse([*words, *options]))
    for at in range(len(words)):
        assert vars(parse([*words[:at], *options, *words[at:]])) == wanted
    assert vars(parse([*options, *words, *options])) == wanted


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("token", "--version"),
        ("--version", "status"),
        ("login", "lab", "--version"),
        ("--version", "x"),
    ],
    ids=" ".join,
)
def test_the_version_is_that_of_the_installed_package(words: tuple[str, ...], call: Run) -> None:
    text, as_json, before = call(*words), call(*words, "--json"), call("--json", *words)

    number = importlib.metadata.version("openab-auth")
    assert (text.returncode, text.stdout, text.stderr) == (0, f"openab-auth {number}\n", "")
    assert json.loads(as_json.stdout) == json.loads(before.stdout) == {"version": number}


def test_a_version_that_a_paste_or_a_child_asks_for_is_theirs() -> None:
    assert parse(["complete", "lab", "--", "--version"]).paste == "--version"
    assert parse(["exec", "lab", "--", "codex", "--version"]).child == ("codex", "--version")


def test_a_paste_after_two_dashes_is_taken_as_it_stands() -> None:
    arguments = parse(["complete", "codex", "--user", "42", "--", "--json"])

    assert (arguments.paste, arguments.user, arguments.json) == ("--json", 42, False)


@pytest.mark.parametrize(
    "words",
    [
        ("complete", "codex", "half", f"{CANARY}"),
        ("complete", "codex", "half", f"-{CANARY}"),
        ("complete", "codex", f"-{CANARY}", f"--{CANARY}"),
        ("token", "codex", f"--{CANARY}"),
        ("token", "codex", f"-{CANARY}"),
        ("token", "codex", CANARY),
        ("token", f"--json={CANARY}"),
        ("token", "codex", "--min-ttl", CANARY),
        ("login", "codex", "--user", CANARY),
        ("playground", "--port", CANARY),
        ("status", f"--help={CANARY}"),
        (CANARY,),
        (f"--{CANARY}",),
        ("login", f"sk-{CANARY}"),
        ("login", f"http://localhost:1455/auth/callback?code={CANARY}&state=x"),
        ("login", f"{CANARY}#state"),
        ("token", f"sk-{CANARY}"),
        ("token", f"http://localhost/?code={CANARY}"),
        ("refresh", f"sk-{CANARY}"),
        ("logout", f"sk-{CANARY}"),
        ("cancel", f"sk-{CANARY}"),
        ("complete", f"sk-{CANARY}", "x"),
    ],
)
def test_no_mistake_repeats_what_might_be_a_secret(words: tuple[str, ...], call: Run) -> None:
    done = call(*words)

    assert done.returncode in {2, 3, 7, 8}
    assert done.stderr.startswith("openab-auth: ")
    assert CANARY not in done.stdout + done.stderr


def test_a_paste_in_several_words_is_told_to_be_quoted(call: Run) -> None:
    assert "quotes" in call("complete", "codex", "first", "second").stderr


def test_a_name_that_was_mistyped_is_repeated(call: Run) -> None:
    assert "codx" in call("token", "codx").stderr
    assert "codx" in call("login", "codx").stderr


def test_json_is_for_our_own_words_alone() -> None:
    assert split_arguments(["token", "codex", "--json"]).json
    assert not split_arguments(["exec", "codex", "--", "tool", "--json"]).json


def test_a_mistake_in_the_words_is_one_json_object_where_that_is_asked_for(call: Run) -> None:
    done = call("complete", "codex", "a", "b", "--json")

    assert json.loads(done.stderr)["error"]["code"] == "usage"


def test_an_option_is_not_guessed_from_its_beginning() -> None:
    with pytest.raises(UsageError):
        parse(["token", "codex", "--min", "5"])


def test_every_option_is_known_before_argparse_sees_it() -> None:
    parser = make_parser(COMMANDS)
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    actions = [action for one in (parser, *commands.choices.values()) for action in one._actions]
    options = {word: action.nargs == 0 for action in actions for word in action.option_strings}

    assert {word for word, alone in options.items() if not alone} == arguments._WITH_VALUE
    assert {word for word, alone in options.items() if alone} == arguments._ALONE
