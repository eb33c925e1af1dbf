"""`import openab_auth` promises names that exist, are typed, and cost nothing until they are used."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import openab_auth
from tests.support.patience import PATIENCE

PROGRAM = Path(__file__).with_name("every_name.py")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", openab_auth.__all__)
def test_each_public_name_can_be_imported(name: str) -> None:
    assert getattr(openab_auth, name).__name__ == name


def test_the_names_are_listed_in_order_and_no_other_is_there() -> None:
    assert dir(openab_auth) == sorted(openab_auth.__all__) == openab_auth.__all__
    with pytest.raises(AttributeError, match="no_such_name"):
        openab_auth.no_such_name  # type: ignore[attr-defined]  # noqa: B018


def test_the_package_alone_imports_nothing_else() -> None:
    code = "import sys; before = {*sys.modules}; import openab_auth; print({*sys.modules} - before)"

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout == "{'openab_auth'}\n"


def test_the_program_uses_every_public_name() -> None:
    used = set(re.findall(r"\w+", PROGRAM.read_text(encoding="utf-8")))

    assert set(openab_auth.__all__) <= used


@pytest.mark.parametrize("checker", [("mypy", "--strict"), ("pyright", "--project")], ids=lambda words: str(words[0]))
def test_a_strict_type_checker_understands_every_public_name(checker: tuple[str, ...], tmp_path: Path) -> None:
    """The program has its own config, as a user's project does."""
    program = shutil.copy(PROGRAM, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    words = [*checker, str(tmp_path)] if checker[0] == "pyright" else [*checker, "--config-file=", program]

    done = subprocess.run(
        [sys.executable, "-m", *words, *_interpreter(checker[0])],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def _interpreter(checker: str) -> list[str]:
    return ["--pythonpath", sys.executable] if checker == "pyright" else ["--cache-dir", str(ROOT / ".mypy_cache")]
