"""Logs are JSON lines, and the loggers that would print codes stay quiet."""

import io
import json
import logging
from pathlib import Path

import pytest

from openab_auth.bot.logs import LEAKY_LOGGERS, set_up_logs


@pytest.fixture(autouse=True)
def _restore() -> object:
    root = logging.getLogger()
    kept = (root.level, list(root.handlers), {name: logging.getLogger(name).level for name in LEAKY_LOGGERS})
    yield
    root.setLevel(kept[0])
    root.handlers[:] = kept[1]
    for name, level in kept[2].items():
        logging.getLogger(name).setLevel(level)


def test_a_record_is_one_json_line() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    logging.getLogger("bot").info("two\nlines %s", "日本")

    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["message"] == "two\nlines 日本"


def test_a_traceback_stays_within_the_line() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    try:
        dict[str, str]()["key"]
    except KeyError:
        logging.getLogger("bot").exception("failed")

    [line] = stream.getvalue().splitlines()
    assert "KeyError" in json.loads(line)["exception"]


@pytest.mark.parametrize("name", LEAKY_LOGGERS)
def test_debug_logging_does_not_open_the_loggers_that_print_codes(name: str) -> None:
    stream = io.StringIO()
    set_up_logs(logging.DEBUG, stream)

    logging.getLogger(name).debug("code=canary")

    assert "canary" not in stream.getvalue()


def test_a_request_is_not_said_once_more_by_the_http_client() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    logging.getLogger("httpx2").info("HTTP Request: POST https://login.example.com/token")

    assert not stream.getvalue()


def test_the_page_for_host_bots_names_the_same_loggers() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/host-bot.md").read_text(encoding="utf-8")

    assert f"for name in ({', '.join(map(json.dumps, LEAKY_LOGGERS))}):" in page
