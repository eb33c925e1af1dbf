"""`vendors`: print what people can log in to; no request is sent."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_for_reading
from openab_auth.oauth.flows import flow_of
from openab_auth.oauth.vendors import Vendor

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
            "shadowed_by": catalogue.shadowed_by(vendor),
        }
        for vendor in catalogue.all()
    ]
    lines = [line for vendor, row in zip(catalogue.all(), rows, strict=True) for line in _vendor_lines(vendor, row)]
    lines += [f"problem: {problem.what}; {problem.repair}" for problem in catalogue.problems]
    result: dict[str, object] = {"vendors": rows}
    if catalogue.problems:
        result["problems"] = [{"what": problem.what, "repair": problem.repair} for problem in catalogue.problems]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _vendor_lines(vendor: Vendor, row: Mapping[str, object]) -> list[str]:
    facts = [vendor.title, f"tenant {vendor.tenant}", flow_of(vendor).name, vendor.risk, _KNOWN_FROM[vendor.verified]]
    if not row["enabled"]:
        facts.append("not offered")
    if row["shadowed_by"]:
        facts.append(f"shadowed by ${row['shadowed_by']}")
    return [f"{vendor.name:<12} {' · '.join(facts)}", *([f"{'':<12} {vendor.note}"] if vendor.note else [])]
