"""Code of a process that becomes another user: it imports everything before.

Its Python, or this checkout, may lie in a folder that only root can enter.
"""

from __future__ import annotations

IMPORT_ALL = """
import importlib, os, pkgutil
def import_all(*packages):
    for package in map(importlib.import_module, packages):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
"""
