"""The compose file: the program knows its commands and paths, and its containers may do no more than they must."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

from openab_auth.bot.cli.parser import parse
from openab_auth.oauth.config import parse_config

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONFIG = parse_config(FOLDER / "config.toml", {})


def test_it_fits_the_compose_specification() -> None:
    """Compose merges `<<` before it reads a file, and so has YAML here."""
    rules = get_builtin_schema("vendor.compose-spec")

    assert [error.message for error in Draft7Validator(rules).iter_errors(COMPOSE)] == []


def test_docker_takes_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode:
        pytest.skip("`docker compose` is not installed")
    done = subprocess.run(
        [docker, "compose", "--file", FOLDER / "compose.yaml", "config", "--quiet"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


def test_its_config_has_no_mistake_and_reads_the_token_where_it_is_mounted() -> None:
    [secret] = COMPOSE["secrets"]

    assert CONFIG.mistakes == ()
    assert CONFIG.discord["token_file"] == f"/run/secrets/{secret}"
    assert SERVICES["bot"]["secrets"] == [secret]
    assert CONFIG.broker.uids == ()


@pytest.mark.parametrize("name", SERVICES)
def test_commands_and_health_checks_are_those_of_the_program(name: str) -> None:
    service = SERVICES[name]
    arguments = parse(service["command"])
    kind, program, *words = service["healthcheck"]["test"]

    assert arguments.command == {"bot": "run", "broker": "serve"}[name]
    assert (kind, program) == ("CMD", "openab-auth")
    assert (parse(words).command, parse(words).process) == ("health", name)
    assert (CONFIG.bot.health if name == "bot" else CONFIG.broker.health) is not None


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_where_the_image_has_their_folders(name: str) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    mounts = [mount.split(":") for mount in SERVICES[name]["volumes"]]

    assert ["./config.toml", "/etc/openab-auth/config.toml", "ro"] in mounts
    for source, place, *_ in mounts:
        if source.startswith("./"):
            assert (FOLDER / source).is_file()
        else:
            assert source in COMPOSE["volumes"]
            assert place in dockerfile


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_may_do_more_than_it_must(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["stop_grace_period"].removesuffix("s")) > 10
