"""The house's own rules: style, the direction of imports, pins."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess:
    beside = Path(sys.executable).parent / name
    command = str(beside) if beside.exists() else shutil.which(name)
    return subprocess.run([command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("check", "."), ("format", "--check", ".")], ids=lambda words: words[0])
def test_ruff_finds_nothing(arguments):
    result = tool("ruff", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_imports_go_one_way():
    result = tool("lint-imports", "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_requirement_is_pinned_and_every_further_one_has_its_reason():
    named = {"tensorflow", "keras", "streamlit", "plotly", "pillow", "numpy"}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            pin, _, reason = line.partition("#")
            name, _, version = pin.strip().partition("==")
            assert version, f"{line} is not pinned"
            assert name in named or reason.strip(), f"{name} gives no reason"


def test_pages_and_ui_load_without_keras():
    rooms = sorted(f"catdog.ui.{path.stem}" for path in (ROOT / "catdog/ui").glob("[a-z]*.py"))
    assert {"catdog.ui.home", "catdog.ui.results_inside"} <= set(rooms)
    imports = ", ".join([*rooms, "catdog.models.loading", "catdog.models.drawn"])
    code = f"import sys, {imports}\nprint([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("document", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_every_picture_and_file_that_a_document_shows_is_there(document):
    file = ROOT / document
    linked = re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8"))
    assert [name for name in linked if not (file.parent / name).is_file()] == []
