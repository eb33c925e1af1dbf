"""The Dockerfile: a pinned base, a user without rights, a health check, and commands that the program takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from openab_auth.bot.cli.parser import parse
from openab_auth.oauth.config import parse_config

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy/container/config.toml"
INSTRUCTION = re.compile(r"^([A-Z]+) (.*)$")
KNOWN = {
    *("FROM", "ARG", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"),
    "CMD",
}


def instructions() -> list[tuple[str, str]]:
    """Return the instructions in order, without comments, each in one line."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = [INSTRUCTION.match(line) for line in whole.splitlines() if line]
    assert all(found)
    return [(match[1], match[2]) for match in found if match]


@pytest.fixture
def image() -> dict[str, str]:
    """Return the last value of each instruction of the last stage."""
    every = instructions()
    last = max(index for index, (name, _) in enumerate(every) if name == "FROM")
    return dict(every[last:])


def test_every_instruction_is_one_that_docker_knows() -> None:
    assert {name for name, _ in instructions()} <= KNOWN


def test_each_stage_stands_on_the_same_base_with_its_digest() -> None:
    bases = {value.partition(" AS ")[0] for name, value in instructions() if name == "FROM"}

    [base] = bases
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)


def test_the_user_has_a_configurable_id_and_no_rights(image: dict[str, str]) -> None:
    arguments = dict(value.split("=") for name, value in instructions() if name == "ARG")

    assert arguments == {"UID": "1000", "GID": "1000"}
    assert 'useradd --uid "$UID" --gid "$GID"' in image["RUN"]
    assert image["USER"] == "agent"


def test_its_commands_are_those_of_the_program(image: dict[str, str]) -> None:
    [program] = json.loads(image["ENTRYPOINT"])
    _, _, probe = image["HEALTHCHECK"].partition("CMD ")

    assert program == "openab-auth"
    assert parse(json.loads(image["CMD"])).command == "run"
    assert json.loads(probe)[0] == program
    assert parse(json.loads(probe)[1:]).command == "health"


def test_its_own_config_answers_the_health_check() -> None:
    config = parse_config(CONFIG, {})

    assert config.mistakes == ()
    assert config.bot.health is not None
    assert config.broker.health is not None
    assert ("COPY", f"{CONFIG.relative_to(ROOT)} /etc/openab-auth/config.toml") in instructions()


def test_a_fresh_volume_belongs_to_its_user(image: dict[str, str]) -> None:
    for folder in (image["VOLUME"], "/run/openab-auth"):
        assert re.search(rf"install -d -o agent -g agent -m 0\d+ [\w/. ]*{folder}( |$)", image["RUN"])
