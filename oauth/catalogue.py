"""Every vendor: the shipped table and the operator's, which may add vendors and override single keys."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from oauth.config import Config
from oauth.errors import ConfigError, UnknownVendorError
from oauth.table import Mistakes
from oauth.vendor import Vendor, parse_vendor
from storage.entries import Tenant


class Catalogue:
    """The vendors by name; `offered` are those that people may log in to."""

    def __init__(self, vendors: Mapping[str, Vendor], offered: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self._vendors = vendors
        self._offered = offered
        self._environ = environ
        self._by_tenant = {vendor.tenant: vendor for vendor in vendors.values()}

    @classmethod
    def shipped(cls, environ: Mapping[str, str] = os.environ) -> Catalogue:
        """The shipped table alone."""
        return cls.from_config(Config(), environ)

    @classmethod
    def from_config(cls, config: Config, environ: Mapping[str, str] = os.environ) -> Catalogue:
        """The shipped table with the operator's laid over it.

        Raises:
            ConfigError: a table has mistakes; all of them are named.
        """
        mistakes: Mistakes = []
        vendors = read_vendors(config, environ, mistakes)
        if mistakes:
            raise ConfigError(config.file or "oauth/vendors.toml", tuple(mistakes))
        wanted = dict.fromkeys(config.auth.vendors if config.auth.vendors is not None else vendors)
        accepted = config.auth.accept_risk
        return cls(vendors, tuple(name for name in wanted if vendors[name].risk == "ok" or name in accepted), environ)

    def get(self, name: str) -> Vendor:
        """The offered vendor of this name.

        Raises:
            UnknownVendorError: there is none, or it is not offered here.
        """
        if name not in self._offered:
            raise UnknownVendorError(name, self._offered)
        return self._vendors[name]

    def find(self, tenant_or_name: str) -> Vendor | None:
        """The vendor of this name or tenant, offered or not."""
        return self._vendors.get(tenant_or_name) or self._by_tenant.get(Tenant(tenant_or_name))

    def tenant_of(self, tenant_or_name: str) -> Tenant:
        """The tenant of the vendor of this name; any other word is a tenant itself."""
        vendor = self._vendors.get(tenant_or_name)
        return vendor.tenant if vendor else Tenant(tenant_or_name)

    def offered(self) -> tuple[Vendor, ...]:
        """The vendors that people may log in to, in the operator's order."""
        return tuple(self._vendors[name] for name in self._offered)

    def all(self) -> tuple[Vendor, ...]:
        """Every vendor of both tables."""
        return tuple(self._vendors.values())

    def shadowed_by(self, vendor: Vendor) -> str | None:
        """The variable that the vendor's own tools read before any stored login, if one is set here."""
        return next((name for name in vendor.env if self._environ.get(name)), None)


def read_vendors(config: Config, environ: Mapping[str, str], mistakes: Mistakes) -> dict[str, Vendor]:
    """Both tables as one; what is wrong in the operator's, or in `[auth]` about its names, goes to `mistakes`."""
    shipped = tomllib.loads((files("oauth") / "vendors.toml").read_text(encoding="utf-8"))
    vendors = {
        name: parse_vendor(
            name, {**shipped.get(name, {}), **config.vendors.get(name, {})}, environ, mistakes, at=f"vendors.{name}"
        )
        for name in [*shipped, *(name for name in config.vendors if name not in shipped)]
    }
    _check_tenants(vendors, mistakes)
    for key, names in (("auth.vendors", config.auth.vendors or ()), ("auth.accept_risk", config.auth.accept_risk)):
        mistakes += [(key, f"there is no vendor {name!r}") for name in names if name not in vendors]
    return vendors


def _check_tenants(vendors: Mapping[str, Vendor], mistakes: Mistakes) -> None:
    """Two vendors under one tenant would overwrite each other's login, and a name that is another's tenant hides it."""
    owners: dict[str, str] = {}
    for vendor in vendors.values():
        for word in {vendor.tenant, vendor.name}:
            if (owner := owners.setdefault(word, vendor.name)) != vendor.name:
                mistakes.append((f"vendors.{vendor.name}.tenant", f"{word!r} belongs to the vendor {owner} already"))
