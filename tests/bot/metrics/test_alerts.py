"""The alerts and the dashboard ask for metrics that there are, and each alert fires for its own trouble."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from openab_auth.bot.health.readiness import CheckReport
from openab_auth.bot.metrics.page import Moment
from openab_auth.bot.metrics.registry import Metrics
from openab_auth.bot.metrics.stored import ExpiryKey, StoredNumbers
from openab_auth.oauth.observer import RefreshReport
from openab_auth.oauth.vendors import VendorName
from openab_auth.storage.commit.timing import CommitReport
from tests.support.patience import PATIENCE

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus/openab-auth.rules.yml"
TESTS = DEPLOY / "prometheus/openab-auth.test.yml"
DASHBOARD = DEPLOY / "grafana/openab-auth.json"
OF_PROMETHEUS = {"up"}
ALERTS: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
PANELS: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in ALERTS} | {
    f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]
}
NAME = re.compile(r"\b(?:openab_auth|process|python|up)(?:_[a-z_]+)?\b(?=\s*[{\[<>=)]|\s*$)", re.MULTILINE)
LABELS = re.compile(r"(\w+)(?:!?=~?)\"")


def samples() -> Iterator[tuple[str, set[str]]]:
    """Yield the name of each series with its labels; there is one of every metric."""
    metrics = Metrics()
    metrics.login_step("begin", "codex", None)
    metrics.login_step("finish", "codex", None)
    metrics.login_step("finish", None, ValueError())
    metrics.acknowledged("taken", 0.1)
    metrics.refreshed(RefreshReport(VendorName("codex"), 0.1, adopted=False, error=None))
    metrics.committed(CommitReport(0.1, 0.2, None))
    numbers = StoredNumbers({("codex", "ok"): 1}, {ExpiryKey("codex", renewable=True, rank=1): 60.0}, 0, 0)
    check = CheckReport("store", ok=True, is_well=True, message="well", hint=None)
    for metric in Moment(metrics, (check,), 1, numbers).collect():
        yield from ((sample.name, set(sample.labels)) for sample in metric.samples)


THERE = dict(samples())


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_each_expression_names_metrics_and_labels_that_there_are(name: str) -> None:
    found = NAME.findall(EXPRESSIONS[name])
    labels = set(LABELS.findall(EXPRESSIONS[name])) - {"job", "instance"}

    assert found
    assert set(found) <= THERE.keys() | OF_PROMETHEUS
    assert labels <= {label for metric in found for label in THERE.get(metric, ())}


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    shown = {metric for panel in PANELS for target in panel["targets"] for metric in NAME.findall(target["expr"])}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in THERE if name.startswith("openab_auth_")}

    assert families - {re.sub("_bucket$", "", name) for name in shown} == {"openab_auth_store_readable"}


def test_panels_have_ids_of_their_own_and_do_not_lie_on_each_other() -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_each_alert_says_what_to_do_and_has_its_own_test() -> None:
    text = TESTS.read_text()

    for alert in ALERTS:
        assert {"summary", "action"} == alert["annotations"].keys()
        assert re.search(rf"alertname: {alert['alert']}\n +eval_time: \w+\n +exp_alerts:", text), alert["alert"]


def test_the_page_for_operators_has_every_metric_and_every_alert() -> None:
    page = (DEPLOY.parent / "docs/operations.md").read_text()
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `openab_auth_")]
    told = {
        name: set(re.findall(r"`(\w+)`", labels)) for names, labels in rows for name in re.findall(r"`(\w+)`", names)
    }
    families = {re.sub(r"_(bucket|sum|count)$", "", name): labels - {"le"} for name, labels in THERE.items()}
    ours = {name: labels for name, labels in families.items() if name.startswith("openab_auth_")}

    assert told == ours | {"openab_auth_ready": {"check"}}  # it shares a row with the checks
    assert re.findall(r"^\| `(OpenabAuth\w+)`", page, re.MULTILINE) == [alert["alert"] for alert in ALERTS]


@pytest.fixture
def promtool() -> str:
    if (found := shutil.which("promtool")) is None:
        pytest.skip("promtool is missing: install Prometheus")
    return found


def test_promtool_finds_the_alerts_right_and_their_tests_pass(promtool: str) -> None:
    for words in (["check", "config", "prometheus.yml"], ["test", "rules", TESTS.name]):
        done = subprocess.run(
            [promtool, *words], check=False, cwd=RULES.parent, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_can_read_every_expression_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    expressions = [target["expr"].replace("$instance", ".*") for panel in PANELS for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions)]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))

    done = subprocess.run(
        [promtool, "check", "rules", str(file)], check=False, capture_output=True, text=True, timeout=PATIENCE
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_nothing_to_mend_in_a_scrape(promtool: str) -> None:
    body = generate_latest(Moment(Metrics(), (), 1, StoredNumbers({}, {}, 0, 0)))
    done = subprocess.run(
        [promtool, "check", "metrics"], input=body, check=False, capture_output=True, timeout=PATIENCE
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
