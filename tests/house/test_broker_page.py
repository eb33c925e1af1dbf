"""docs/how-to/broker.md: the recipes are run as they stand, at a broker that the first of them starts."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

from openab_auth.bot.cli.status_table import STATUSES
from openab_auth.oauth import errors
from openab_auth.storage import FileStore, OpenabAuthError, SeenThread
from tests.support.brokers import BrokerProcess, operate, write_logins
from tests.support.patience import PATIENCE
from tests.support.proxies import certificate_for

PAGE = (Path(__file__).parents[2] / "docs/how-to/broker.md").read_text()
SECTIONS = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = Path(sys.executable).parent
SOCKET = "/run/openab-auth/auth.sock"
USER = 10001


def recipe(title: str, language: str = "sh", number: int = 0) -> str:
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", SECTIONS[title], re.MULTILINE | re.DOTALL)
    return blocks[number]


@dataclass
class Agent:
    """An agent of its own home, with the key that the second recipe makes."""

    broker: BrokerProcess
    home: Path
    key: str

    def run(self, script: str, *before: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a recipe; its places are those of this test."""
        script = script.replace(SOCKET, str(self.broker.socket)).replace("oab_…", self.key)
        found = {"PATH": f"{COMMANDS}:{os.environ['PATH']}", "HOME": str(self.home), **env}
        words = [sys.executable, "-c"] if script.startswith("import") else ["sh", "-c"]
        return subprocess.run(
            [*before, *words, script],
            cwd=self.home,
            env=found,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture
def broker(home: Path) -> Iterator[BrokerProcess]:
    """Run the broker as the first recipe does, in places of this test."""
    write_logins(home, codex={})
    FileStore(home / ".openab/agent/auth.json").update(
        lambda draft: draft.threads.update({"thread:700": SeenThread(1, 2, 70)})
    )
    place = home / "run/auth.sock"
    more = {"An agent in a container": "--mode 0666", "An agent on another host": "--listen 127.0.0.1:8787"}
    assert all(f"Start the broker with `{option}`" in SECTIONS[title] for title, option in more.items())
    command = " ".join([recipe("Start it"), *more.values()]).replace("127.0.0.1:8787", "127.0.0.1:0")
    words = [str(COMMANDS / "openab-auth"), *command.split()[1:], "--socket", str(place), "--json"]
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    with subprocess.Popen(
        words, cwd=home, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield BrokerProcess(home, Path(ready["socket"]), ready["url"], process)
        finally:
            process.kill()


@pytest.fixture
def agent(broker: BrokerProcess, tmp_path_factory: pytest.TempPathFactory) -> Agent:
    add, listing = recipe("Who gets what").strip().splitlines()
    env = {"PATH": f"{COMMANDS}:{os.environ['PATH']}", "HOME": str(broker.home)}
    made = subprocess.run(["sh", "-c", add], env=env, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "agent-700: codex, mcp:* in thread 700, until" in operate(broker.home, *listing.split()[1:]).stdout
    home = tmp_path_factory.mktemp("agent")
    (home / "key.header").write_text(f"Authorization: Bearer {made.stdout}")
    return Agent(broker, home, made.stdout.strip())


def test_the_commands_in_a_container_get_the_tokens(agent: Agent) -> None:
    env = variables(agent)

    done = agent.run(recipe("An agent in a container") + "echo $token", **env)

    assert (done.returncode, done.stdout, done.stderr) == (0, "canary-codex\n", "")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_another_user_id_gets_them_with_its_key_alone(agent: Agent) -> None:
    """It may read every file here, because the interpreter may lie in root's home; the broker sees only its uid."""
    for folder in (*agent.broker.socket.parents[:4], *agent.home.parents[:3], agent.home):
        folder.chmod(folder.stat().st_mode | 0o755)
    caps = "+dac_read_search"
    other = [
        "setpriv",
        f"--reuid={USER}",
        f"--regid={USER}",
        "--clear-groups",
        f"--inh-caps={caps}",
        f"--ambient-caps={caps}",
    ]
    env = variables(agent)

    done = agent.run(recipe("An agent in a container") + "echo $token", *other, **env)
    without = agent.run("openab-auth token codex", *other, OPENAB_AUTH_BROKER=env["OPENAB_AUTH_BROKER"])

    assert (done.returncode, done.stdout, done.stderr) == (0, "canary-codex\n", "")
    assert without.returncode == 2
    assert "without a key" in without.stderr


def variables(agent: Agent) -> dict[str, str]:
    """Return the environment of the container, which mounts the socket's folder and not the store."""
    service = yaml.safe_load(recipe("An agent in a container", "yaml"))["services"]["agent"]
    assert service["volumes"] == [f"{Path(SOCKET).parent}:{Path(SOCKET).parent}:ro"]
    assert service["user"] == f"{USER}:{USER}"
    key = agent.home / "agent-key"
    key.write_text(f"{agent.key}\n")
    key.chmod(0o600)
    places = {SOCKET: str(agent.broker.socket), "/run/secrets/agent-key": str(key)}
    return {
        name: str(re.sub(r"/run\S+", lambda found: places[found[0]], text))
        for name, text in service["environment"].items()
    }


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
def test_an_agent_on_another_host_gets_its_token_through_nginx(agent: Agent, tmp_path: Path) -> None:
    trusted, _ = certificate_for(tmp_path, "localhost")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    block = recipe("An agent on another host", "nginx")
    for ours, theirs in {
        "443 ssl": f"127.0.0.1:{port} ssl",
        "http://127.0.0.1:8787": agent.broker.url,
        "/etc/ssl/broker.example.com.pem": str(tmp_path / "own.pem"),
        "/etc/ssl/private/broker.example.com.key": str(tmp_path / "own.pem"),
    }.items():
        assert ours in block
        block = block.replace(ours, theirs)
    config = tmp_path / "nginx.conf"
    temporary = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log stderr; events {{}}"
        f"http {{ access_log off; {temporary} {block} }}"
    )
    nginx = str(shutil.which("nginx") or "/usr/sbin/nginx")
    with subprocess.Popen([nginx, "-c", str(config), "-p", str(tmp_path)], stderr=subprocess.DEVNULL) as process:
        try:
            await_port(port)
            env = {
                "OPENAB_AUTH_BROKER": f"https://localhost:{port}",
                "OPENAB_AUTH_BROKER_KEY": agent.key,
                "SSL_CERT_FILE": str(trusted),
            }
            found = agent.run("openab-auth token codex", **env)
            distrusted = agent.run("openab-auth token codex", **{**env, "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"]})
            agent.broker.stop()
            away = agent.run("openab-auth token codex", **env)
        finally:
            process.kill()

    assert (found.returncode, found.stdout, found.stderr) == (0, "canary-codex\n", "")
    assert (distrusted.returncode, away.returncode) == (2, 5)
    assert "certificate" in distrusted.stderr
    assert "HTTP 502" in away.stderr


def await_port(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_curl_gets_the_token_and_another_after_a_refused_one(agent: Agent) -> None:
    first = agent.run(recipe("Without openab-auth"))
    second = agent.run(recipe("Without openab-auth", number=1), token="an older one")

    printed = json.loads(first.stdout)
    [shown] = re.findall(r"prints `({.*?})`", SECTIONS["Without openab-auth"], re.DOTALL)
    assert [*printed] == re.findall(r'"(\w+)"', shown)
    assert printed["access_token"] == "canary-codex"
    assert json.loads(second.stdout)["access_token"] == "canary-codex"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_a_key_that_is_wrong_ends_curl_with_a_failure(agent: Agent) -> None:
    (agent.home / "key.header").write_text("Authorization: Bearer oab_wrong\n")

    done = agent.run(recipe("Without openab-auth"))

    assert done.returncode
    assert json.loads(done.stdout)["status"] == 401


def test_a_python_agent_sends_the_token(agent: Agent) -> None:
    seen: list[str | None] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{api.server_port}"
        done = agent.run(recipe("A Python agent", "python").replace("https://api.example.com", url))
        api.shutdown()

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "200"
    assert seen == ["Bearer canary-codex"]


def test_the_description_of_the_api_needs_no_key(broker: BrokerProcess) -> None:
    [path] = set(re.findall(r"`(/v1/\S+\.json)`", PAGE))

    with urlopen(f"{broker.url}{path}", timeout=PATIENCE) as page:  # noqa: S310 - a loopback address
        assert json.load(page)["openapi"]


def test_each_code_of_its_failures_has_the_status_that_it_names() -> None:
    rows = re.findall(r"status (\d)[^|]*?\(`(\w+)`", SECTIONS["What breaks"])
    kinds = [kind for name in errors.__all__ if isinstance(kind := getattr(errors, name), type)]
    of_code = {kind.code: kind for kind in kinds if issubclass(kind, OpenabAuthError)}

    assert {code for _, code in rows} == {"broker_unavailable", "broker_refused", "broker_setting"}
    for status, code in rows:
        assert int(status) == next(number for kind, number in STATUSES if issubclass(of_code[code], kind)), code
