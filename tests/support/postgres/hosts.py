"""Network namespaces as hosts: each has its own addresses, and its cable to the others can be pulled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres.ground import Ground, account, wait_until


@dataclass(frozen=True, slots=True)
class Host:
    """A namespace that lives as long as its first process, which the ground's reaper ends."""

    address: str
    first: int
    cable: str  # the name of its interface
    hub: int  # the first process of the namespace that connects the hosts

    @property
    def enter(self) -> tuple[str, ...]:
        """Return the words that start a command on this host."""
        return ("nsenter", f"--net=/proc/{self.first}/ns/net")

    @property
    def enter_as_server(self) -> tuple[str, ...]:
        """Return the words that start a server's command on this host, as the servers' user."""
        user = account()
        return (*self.enter, "setpriv", f"--reuid={user['user']}", f"--regid={user['group']}", "--clear-groups")

    def start(self, code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        """Start Python code on this host."""
        command = [*self.enter, sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)

    def unplug(self) -> None:
        """Pull the cable: packets are lost, and neither end hears of it."""
        _in(self.hub, "ip", "link", "set", self.cable, "nomaster")

    def plug(self) -> None:
        _in(self.hub, "ip", "link", "set", self.cable, "master", "hub")


def make_hosts(ground: Ground, count: int) -> list[Host]:
    """Make hosts on one network; skip the test where nobody may make a namespace, or iproute2 is missing."""
    if os.geteuid() != 0 or not Path("/usr/sbin/ip").exists() or not _may_unshare():
        pytest.skip("only root may make network namespaces, with iproute2, and not in every container")
    hub = _namespace(ground)
    _in(hub, "ip", "link", "add", "hub", "type", "bridge")
    _in(hub, "ip", "link", "set", "hub", "up")
    hosts = []
    for number in range(1, count + 1):
        host = Host(f"10.77.0.{number}", _namespace(ground), f"host{number}", hub)
        _in(hub, "ip", "link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", str(host.first))
        _in(hub, "ip", "link", "set", host.cable, "up", "master", "hub")
        _in(host.first, "ip", "address", "add", f"{host.address}/24", "dev", "eth0")
        for interface in ("lo", "eth0"):
            _in(host.first, "ip", "link", "set", interface, "up")
        hosts.append(host)
    return hosts


def _may_unshare() -> bool:
    return subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode == 0


def _namespace(ground: Ground) -> int:
    """Make a namespace and return its first process, which does nothing."""
    place = ground.place()
    first = ground.start(["unshare", "--net", "sleep", "infinity"], place, as_root=True).pid
    own = Path("/proc/self/ns/net").readlink()
    wait_until(lambda: Path(f"/proc/{first}/ns/net").readlink() != own, place / "log")
    return first


def _in(first: int, *command: str) -> None:
    done: Sequence[str] = ["nsenter", f"--net=/proc/{first}/ns/net", *command]
    subprocess.run(done, check=True, capture_output=True)
