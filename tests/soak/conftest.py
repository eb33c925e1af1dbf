"""Fixtures of every soak: its share of the time, a seeded random source, and a place for findings."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.soak.faults.fault_shim import compile_shim
from tests.soak.oracles import Findings
from tests.soak.run import SoakRun

_ROOM = Path(__file__).parent
_PATIENCE = 600  # seconds more than its share that a soak may take on a busy machine


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_ROOM):
            item.add_marker(pytest.mark.soak)
            item.add_marker(pytest.mark.timeout(config.option.soak_seconds + _PATIENCE))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if report.failed:
        options = item.config.option
        again = f"--soak-seed {options.soak_seed} --soak-seconds {options.soak_seconds:g}"
        report.sections.append(("soak", f"run it again with {again}"))
    return report


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> SoakRun:
    options = request.config.option
    return SoakRun(options.soak_seconds, f"{options.soak_seed} {request.node.name}")


@pytest.fixture
def findings() -> Findings:
    return Findings()


@pytest.fixture
def base() -> Iterator[Path]:
    """Return a folder in memory if there is one, because a soak makes thousands of commits and no power cuts."""
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of its own in it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled fault shim; skip the test if there is no C compiler."""
    return compile_shim(tmp_path_factory.mktemp("shim"))
