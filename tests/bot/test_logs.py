"""Logs are text on a terminal and JSON elsewhere; no name forges a line, and no logger prints a code."""

import io
import json
import logging
import re
from pathlib import Path

import pytest

from openab_auth.bot.logs import LEAKY_LOGGERS, begin_command_logs, begin_logs, set_up_logs
from openab_auth.oauth.config import LogFormat, LogSettings
from openab_auth.storage.errors import StorageError

OURS = "openab_auth"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restore() -> object:
    root = logging.getLogger()
    names = (*LEAKY_LOGGERS, OURS)
    kept = (root.level, list(root.handlers), {name: logging.getLogger(name).level for name in names})
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


@pytest.mark.parametrize("name", ["asyncio", "psycopg", "aiohttp.client", "filelock", "openab_authx"])
def test_debug_logging_is_for_our_own_loggers_alone(name: str) -> None:
    stream = io.StringIO()
    set_up_logs(logging.DEBUG, stream)

    logging.getLogger(name).debug("code=canary")
    logging.getLogger(f"{OURS}.oauth").debug("ours")

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["ours"]


def test_a_terminal_gets_text_and_the_config_decides_elsewhere() -> None:
    terminal, file, other = Terminal(), io.StringIO(), Terminal()
    for stream, style in ((terminal, None), (file, "text"), (other, "json")):
        set_up_logs(stream=stream, style=style)  # type: ignore[arg-type]
        logging.getLogger("bot").info("hello %s", "日本")

    pattern = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z INFO    bot: hello 日本\n"
    assert re.fullmatch(pattern, terminal.getvalue())
    assert re.fullmatch(pattern, file.getvalue())
    assert json.loads(other.getvalue())["level"] == "info"


FORGED = "lab\n2026-11-27 21:00:00.000Z ERROR   bot: forged\r\x1b[2K\x9b2J\u2028\u202e"


def test_no_name_forges_a_line_of_text() -> None:
    stream = Terminal()
    set_up_logs(stream=stream)

    logging.getLogger("bot").warning("the vendor %s is not known", FORGED)
    first, second, *others = stream.getvalue().split("\n")

    assert others == [""]
    assert second.startswith("    | 2026")
    assert first.isprintable()
    assert second.isprintable()


def test_no_name_forges_a_line_of_json_or_moves_a_cursor() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    logging.getLogger("bot").warning("%s 日本", FORGED)

    [line] = stream.getvalue().splitlines()
    assert line.isprintable()
    assert json.loads(line)["message"] == f"{FORGED} 日本"


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["json", "text"])
def test_the_words_of_other_peoples_exceptions_are_left_out(stream: io.StringIO) -> None:
    """A library may put an address with a code into them, and asyncio repeats them in its message."""
    set_up_logs(stream=stream)
    address = "http://localhost/?code=canary"

    error = ValueError(address)
    try:
        try:
            dict[str, str]()[address]
        except KeyError as cause:
            raise error from cause
    except ValueError:
        logging.getLogger("asyncio").exception("never retrieved\nfuture: <Task exception=%r>", error)

    said = stream.getvalue()
    assert "canary" not in said
    assert said.index("KeyError") < said.rindex("ValueError")
    assert "test_logs.py" in said


def test_the_words_of_our_own_exceptions_are_kept() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    error = StorageError("the disk is full", kept="nothing was changed", todo="make room")
    logging.getLogger("bot").error("failed", exc_info=error)

    assert "the disk is full" in json.loads(stream.getvalue())["exception"]


CANARY = "canary\n2026-01-01 a forged line"


class Awkward:
    """An argument whose text cannot be had."""

    def __str__(self) -> str:
        raise ValueError(CANARY)

    __repr__ = __str__


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_record_that_cannot_be_formatted_is_one_line_without_its_words(
    style: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().handlers[:] = []  # that of pytest would fail, too
    set_up_logs(style=style)
    logging.getLogger("discord").warning("rt_canary %s %d", Awkward(), 1)
    logging.getLogger("discord").warning("rt_canary\nforged %d", "text")

    first, second = capsys.readouterr().err.splitlines()
    assert "canary" not in first + second
    assert "a log line of discord (test_logs.py:" in first
    assert "was lost: ValueError" in first
    assert "was lost: TypeError" in second


def test_a_stream_that_takes_no_line_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)
    stream.close()
    logging.getLogger("bot").warning("canary")

    assert not capsys.readouterr().err


def test_an_incident_has_a_field_of_its_own() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    logging.getLogger("bot").error("incident %s", "0123abcd", extra={"incident": "0123abcd"})

    assert json.loads(stream.getvalue())["incident"] == "0123abcd"


def test_logs_that_are_set_up_again_say_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        begin_logs(LogSettings(), verbose=False)
    logging.getLogger("bot").info("once")

    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.parametrize(
    ("settings", "verbose", "least"),
    [
        (LogSettings(), False, "info"),
        (LogSettings("debug"), False, "debug"),
        (LogSettings("warning"), False, "warning"),
        (LogSettings("error"), False, "error"),
        (LogSettings("error"), True, "debug"),
    ],
)
def test_the_level_is_that_of_the_config_and_verbose_shows_all(
    settings: LogSettings, verbose: bool, least: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_logs(settings, verbose=verbose)
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger(OURS), level)("said")

    levels = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
    assert levels[0] == least
    assert levels[-1] == "error"


def test_a_command_says_warnings_alone(capsys: pytest.CaptureFixture[str]) -> None:
    begin_command_logs(LogSettings("debug", "text"), verbose=False)
    logging.getLogger(OURS).info("quiet")
    logging.getLogger(OURS).warning("loud")

    assert capsys.readouterr().err.endswith("WARNING openab_auth: loud\n")


def test_a_request_is_not_said_once_more_by_the_http_client() -> None:
    stream = io.StringIO()
    set_up_logs(stream=stream)

    logging.getLogger("httpx2").info("HTTP Request: POST https://login.example.com/token")

    assert not stream.getvalue()


def test_the_page_for_host_bots_names_the_same_loggers() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/host-bot.md").read_text(encoding="utf-8")

    assert f"for name in ({', '.join(map(json.dumps, LEAKY_LOGGERS))}):" in page
