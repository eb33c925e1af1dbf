"""Actions and requirements are pinned, the SBOM names each of them, and an audit that did not take place says so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PIN = re.compile(r"^\s*- uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", re.MULTILINE)


def run(*words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, words)], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_action_is_pinned_by_the_hash_of_its_commit(workflow: Path) -> None:
    used = [line for line in workflow.read_text().splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if not PIN.match(line)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_job_has_the_rights_that_it_needs_and_no_others(workflow: Path) -> None:
    found = yaml.safe_load(workflow.read_text())

    assert found["permissions"] == {}
    assert all(job["permissions"] == {"contents": "read"} for job in found["jobs"].values())
    assert all("timeout-minutes" in job for job in found["jobs"].values())


def test_the_forges_files_fit_their_schemas() -> None:
    for schema, file in (("github-workflows", ".github/workflows/ci.yml"), ("dependabot", ".github/dependabot.yml")):
        rules = get_builtin_schema(f"vendor.{schema}")
        read = yaml.safe_load((ROOT / file).read_text())
        found = {"on" if name is True else name: value for name, value in read.items()}  # YAML 1.1 takes `on` for true
        assert list(Draft7Validator(rules).iter_errors(found)) == []


def test_no_workflow_has_a_known_weakness() -> None:
    done = run(BIN / "zizmor", "--offline", "--pedantic", "--no-progress", ".github")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not here")
def test_actionlint_finds_nothing() -> None:
    done = run("actionlint")

    assert done.returncode == 0, done.stdout


def test_the_bill_of_materials_names_the_base_and_every_requirement(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"

    done = run(sys.executable, "scripts/sbom", "--image", path, VENV=str(BIN.parent), SOURCE_DATE_EPOCH="1700000000")

    assert done.returncode == 0, done.stderr  # it is checked against the schema of CycloneDX before it is written
    text, found = path.read_text(), json.loads(path.read_text())
    pins = dict(REQUIREMENT.findall((ROOT / "requirements-service.txt").read_text()))
    base, *parts = found["components"]
    assert (base["type"], base["name"]) == ("container", "python")
    assert f"FROM python:{base['version']}" in (ROOT / "Dockerfile").read_text()
    assert {part["name"]: part["version"] for part in parts} == pins
    hashes = [one for part in parts for one in part["externalReferences"] if one.get("hashes")]
    assert len(hashes) == len(pins)
    assert "serialNumber" not in found  # the same commit gives the same bytes
    assert found["metadata"]["timestamp"].startswith("2023-11-14T22:13:20")
    assert found["metadata"]["component"]["name"] == "openab-auth"
    assert "file://" not in text


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, 0, "1 requirements, no known vulnerability"),
        (
            {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]},
            1,
            "a 1: CVE-1; repaired in 2",
        ),
        ({"dependencies": [{"name": "a", "skip_reason": "not found on PyPI"}]}, 3, "NOT checked: 1 of 1"),
        ({"dependencies": []}, 3, "NOT checked"),
        (None, 3, "NOT checked: the vulnerability service gave no answer (ConnectionError)"),
    ],
)
def test_an_audit_passes_only_if_it_took_place(
    answer: dict[str, object] | None, status: int, said: str, tmp_path: Path
) -> None:
    program = tmp_path / "bin/python"
    program.parent.mkdir()
    told = "echo ConnectionError >&2; exit 1" if answer is None else f"echo '{json.dumps(answer)}'"
    program.write_text(f"#!/bin/sh\n{told}\n")
    program.chmod(0o755)

    done = run(sys.executable, "scripts/audit", VENV=str(tmp_path))

    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done.stderr


def test_the_version_stands_in_one_place() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    files = run("git", "ls-files", "bot", "cogs", "oauth", "storage", "openab_auth", "scripts").stdout.split()
    texts = {file: (ROOT / file).read_text() for file in files if Path(file).suffix == ".py"}

    assert [file for file, text in texts.items() if f'"{version}"' in text] == []
    assert run(BIN / "openab-auth", "--version").stdout == f"openab-auth {version}\n"
