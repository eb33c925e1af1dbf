"""The manifests of deploy/kubernetes: Kubernetes takes them, and the program knows every path, port and key in them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from openab_auth.bot.cli.parser import parse
from openab_auth.cogs.auth import read_settings
from openab_auth.oauth.config import Config, parse_config

DEPLOY = Path(__file__).parents[2] / "deploy/kubernetes"
KUSTOMIZATIONS = sorted(file.parent for file in DEPLOY.glob("*/kustomization.yaml"))
FILES = sorted(file for file in DEPLOY.glob("*/*.yaml") if file.name != "kustomization.yaml")
VERSION = "1.31"
Manifest = dict[str, Any]


def name_of(path: Path) -> str:
    return str(path.relative_to(DEPLOY))


def manifests_in(text: str) -> list[Manifest]:
    return [one for one in yaml.safe_load_all(text) if one]


def pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield each workload with the spec of its pods."""
    for one in manifests:
        if one["kind"] in {"Deployment", "StatefulSet"}:
            yield one, one["spec"]["template"]["spec"]


def containers(folder: Path) -> list[tuple[Manifest, Manifest, Manifest]]:
    """Return each container of the program in a folder, with its workload and its pod."""
    found = [one for file in FILES if file.parent == folder for one in manifests_in(file.read_text())]
    return [
        (workload, pod, container)
        for workload, pod in pods(found)
        for container in pod["containers"]
        if container["image"].startswith("openab-auth:")
    ]


def config_of(folder: Path) -> Config:
    return parse_config(folder / "config.toml", {"HOME": "/home/agent"})


def mounted_at(path: str, container: Manifest) -> str | None:
    """Return the volume in which a container finds this path."""
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    return next((name for place, name in mounts.items() if path.startswith(f"{place}/")), None)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_each_manifest_is_valid(file: Path) -> None:
    for manifest in manifests_in(file.read_text()):
        kubernetes_validate.validate(manifest, VERSION, strict=True)


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=name_of)
def test_kustomize_builds_valid_manifests(folder: Path) -> None:
    tool = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    if shutil.which(tool[0]) is None:
        pytest.skip("neither kustomize nor kubectl is installed")
    done = subprocess.run([*tool, folder], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    built = manifests_in(done.stdout)

    kinds = sorted(one["kind"] for one in built)
    for manifest in built:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    if folder.name == "base":
        assert kinds == ["ConfigMap", "Deployment", "PersistentVolumeClaim"]
    else:
        assert "Deployment" not in kinds
        assert kinds.count("StatefulSet") == 2
    configs = {one["metadata"]["name"] for one in built if one["kind"] == "ConfigMap"}
    for _, pod in pods(built):
        assert {one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one} <= configs


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=name_of)
def test_the_config_has_no_mistake_but_the_secrets_that_are_not_here(folder: Path) -> None:
    config = config_of(folder)

    assert config.mistakes == ()
    settings = read_settings(Config(config.file, discord={**config.discord, "token_file": ""}), {})
    assert settings.allowed_users == frozenset()


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=name_of)
def test_each_path_of_the_config_is_in_a_volume(folder: Path) -> None:
    config = config_of(folder)
    secrets = [str(config.discord["token_file"]), config.store.url_file]
    secrets += [key.partition("=file:")[2] for key in config.store.options.keys]

    for _, pod, container in containers(folder):
        volumes = {one["name"]: one for one in pod["volumes"]}
        for path in filter(None, secrets):
            volume = volumes[str(mounted_at(path, container))]
            assert volume["secret"] == {"secretName": "openab-auth", "defaultMode": 0o440}
        assert mounted_at("/etc/openab-auth/config.toml", container) == "config"
        store = config.store.options.journal or "/home/agent/.openab/agent/auth.json"
        assert mounted_at(store, container) in {"logins", "state"}


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=name_of)
def test_commands_and_ports_are_those_of_the_program(folder: Path) -> None:
    config = config_of(folder)
    for _, _, container in containers(folder):
        arguments = parse(container["args"])
        health = config.bot.health if arguments.command == "run" else config.broker.health
        assert health is not None
        assert [(port["name"], port["containerPort"]) for port in container["ports"]] == [("health", health.port)]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["port"] == "health"
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=name_of)
def test_no_container_may_do_more_than_it_must(folder: Path) -> None:
    found = [one for file in FILES if file.parent == folder for one in manifests_in(file.read_text())]
    for _, pod in pods(found):
        assert pod["automountServiceAccountToken"] is False
        assert pod["terminationGracePeriodSeconds"] > 10
        assert pod["securityContext"]["runAsNonRoot"]
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert ":" in container["image"]
            assert not container["image"].endswith(":latest")


def test_a_store_in_a_file_has_one_bot_that_is_never_there_twice() -> None:
    [(workload, _, _)] = containers(DEPLOY / "base")

    assert workload["spec"]["replicas"] == 1
    assert workload["spec"]["strategy"] == {"type": "Recreate"}


def test_nginx_waits_longer_than_the_broker_and_finds_it() -> None:
    nginx = (DEPLOY / "postgres/nginx.conf").read_text()
    [broker] = [one for _, _, one in containers(DEPLOY / "postgres") if one["name"] == "broker"]

    assert f"proxy_pass http://{parse(broker['args']).listen};" in nginx
    assert "proxy_read_timeout 90s" in nginx
