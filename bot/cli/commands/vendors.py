"""`vendors`: print what people can log in to; no request is sent."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_for_reading
from openab_auth.oauth.errors import OAuthError, UnknownVendorError
from openab_auth.oauth.flows import flow_of
from openab_auth.oauth.vendors import Catalogue, Vendor

_KNOWN_FROM: Final = {
    "source": "facts from its tools' source",
    "inferred": "facts inferred, never tried",
    "live": "tried with an account",
}


def vendors(arguments: argparse.Namespace) -> int:
    """Print every vendor and every MCP server, offered or not."""
    _, catalogue, _ = open_for_reading(arguments)
    offered = {vendor.name for vendor in catalogue.offered()}
    rows = [
        {
            "vendor": vendor.name,
            "title": vendor.title,
            "tenant": vendor.tenant,
            "flow": flow_of(vendor).name,
            "risk": vendor.risk,
            "enabled": vendor.name in offered,
            "not_offered_because": _reason(catalogue.refusal(vendor.name)),
            "shadowed_by": catalogue.shadowed_by(vendor),
        }
        for vendor in catalogue.all()
    ]
    shipped = {vendor.name for vendor in Catalogue.shipped({}).all()}
    lines: list[str] = []
    for vendor, row in zip(catalogue.all(), rows, strict=True):
        lines += _vendor_lines(vendor, row, shipped=vendor.name in shipped)
    lines += [f"problem: {problem.what}; {problem.repair}" for problem in catalogue.problems]
    result: dict[str, object] = {"vendors": rows}
    if catalogue.problems:
        result["problems"] = [{"what": problem.what, "repair": problem.repair} for problem in catalogue.problems]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _vendor_lines(vendor: Vendor, row: Mapping[str, object], *, shipped: bool) -> list[str]:
    """Return the vendor's line and its note; only of a `shipped` vendor do we know where its facts come from."""
    facts = [vendor.title, f"tenant {vendor.tenant}", flow_of(vendor).name]
    if vendor.risk != "ok":
        facts.append(f"risk {vendor.risk}")
    if shipped:
        facts.append(_KNOWN_FROM[vendor.verified])
    if not row["enabled"]:
        facts.append("not offered")
    if row["shadowed_by"]:
        facts.append(f"shadowed by ${row['shadowed_by']}")
    reason = str(row["not_offered_because"] or "")
    told = "" if vendor.note.rstrip(".") in reason else vendor.note
    return [f"{vendor.name:<12} {' · '.join(facts)}", *(f"{'':<12} {line}" for line in (told, reason) if line)]


def _reason(refused: OAuthError | None) -> str | None:
    """Return why a vendor is not offered, and what to do about it."""
    if refused is None:
        return None
    if type(refused) is UnknownVendorError:  # the config lists other vendors
        return "to offer it, add it to [auth] vendors in the config"
    return f"{refused.happened}; {refused.todo}"
