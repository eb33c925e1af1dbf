"""The options of the soak; pytest reads them only here, at the top of the tests."""

from __future__ import annotations

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("soak")
    group.addoption("--soak-seconds", type=float, default=60.0, help="how long the whole soak runs, in seconds")
    group.addoption("--soak-seed", type=int, default=None, help="the seed of the soak's chances; printed on failure")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.soak_seed is None:  # the processes of xdist get the options, and with them this seed
        config.option.soak_seed = random.SystemRandom().randrange(10**6)
