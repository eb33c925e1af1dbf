"""Which files can be a mirror: only one that a mirror has made, and never one with a refresh token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openab_auth.bot.mirror.errors import ForeignFileError, MirrorRunningError, RefreshTokensError
from openab_auth.bot.mirror.file import MirrorFile
from openab_auth.storage import FileStore, Secret, TokenEntry
from tests.support import strict_reader

LOGIN = TokenEntry(Secret("at"), Secret("rt"), 2**63, "https://x.example/", "codex", {"id_token": "x"})


@pytest.fixture
def claimed(file: MirrorFile) -> Iterator[MirrorFile]:
    file.claim()
    yield file
    file.close()


def texts(file: MirrorFile) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(file.path.read_text())
    return found


def test_it_holds_access_tokens_alone(claimed: MirrorFile) -> None:
    claimed.write({"codex": LOGIN}, {"codex": "http://127.0.0.1:1/secret/codex"})

    assert texts(claimed) == {
        "codex": {
            "access_token": "at",
            "refresh_token": "",
            "expires_at": 2**63,
            "token_endpoint": "http://127.0.0.1:1/secret/codex",
            "provider": "codex",
        }
    }
    assert [shape for shape, _ in strict_reader.read(claimed.path).values()] == ["token"]
    assert claimed.path.stat().st_mode & 0o777 == 0o600


def test_a_login_that_ended_goes(claimed: MirrorFile) -> None:
    claimed.write({"codex": LOGIN, "pi": LOGIN}, {"codex": "a", "pi": "b"})
    claimed.write({"pi": LOGIN}, {"pi": "b"})

    assert [*texts(claimed)] == ["pi"]


def test_nothing_is_written_when_nothing_has_changed(claimed: MirrorFile) -> None:
    claimed.write({"codex": LOGIN}, {"codex": "a"})
    before = claimed.path.stat().st_mtime_ns
    claimed.write({"codex": LOGIN}, {"codex": "a"})

    assert claimed.path.stat().st_mtime_ns == before


def test_a_file_that_no_mirror_has_made_is_refused(file: MirrorFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text("{}")

    with pytest.raises(ForeignFileError, match="store copy"):
        file.claim()

    assert [path.name for path in file.path.parent.iterdir()] == ["auth.json"]


def test_a_mirror_in_which_somebody_logged_in_is_refused_at_the_start(claimed: MirrorFile) -> None:
    FileStore(claimed.path).update(lambda draft: draft.update({"codex": LOGIN}))
    claimed.close()
    before = claimed.path.read_bytes()

    with pytest.raises(RefreshTokensError, match="'codex'"):
        MirrorFile(claimed.path).claim()

    assert claimed.path.read_bytes() == before


def test_a_login_that_comes_in_while_it_runs_is_never_overwritten(claimed: MirrorFile) -> None:
    FileStore(claimed.path).update(lambda draft: draft.update({"codex": LOGIN}))

    with pytest.raises(RefreshTokensError):
        claimed.write({"codex": LOGIN}, {"codex": "a"})

    assert texts(claimed)["codex"]["refresh_token"] == "rt"


def test_the_login_of_the_openab_program_stays(claimed: MirrorFile) -> None:
    FileStore(claimed.path).update(lambda draft: draft.update({"gmail-native": LOGIN}))

    claimed.write({"codex": LOGIN}, {"codex": "a"})

    assert {key: entry["refresh_token"] for key, entry in texts(claimed).items()} == {"gmail-native": "rt", "codex": ""}


def test_one_process_keeps_a_mirror(claimed: MirrorFile) -> None:
    with pytest.raises(MirrorRunningError):
        MirrorFile(claimed.path).claim()
    claimed.close()

    again = MirrorFile(claimed.path)
    again.claim()
    again.close()


def test_its_folder_is_made(tmp_path: Path) -> None:
    file = MirrorFile(tmp_path / "a/b/auth.json")
    file.claim()
    file.close()

    assert (tmp_path / "a/b/auth.json.mirror").exists()
