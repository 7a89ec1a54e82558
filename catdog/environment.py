"""Find or make the Python that has what catdog needs: the running one, or that of `.venv`.

Standard library only: at the first start nothing else is there.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from catdog.errors import CatdogError

RUNNING = "{}.{}".format(*sys.version_info)
FIRST_INSTALL_GB = 5  # 2.8 of packages, and 0.8 of wheels twice: where pip unpacks them and in its cache
LATER_INSTALL_GB = 1  # enough for one changed pin, even TensorFlow's
INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]+(\S+)")
PIN = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*==\s*([^\s;]+)")
OFFLINE = re.compile(
    r"connection (broken|refused|reset)|new connection|timed out|max retries|name resolution|getaddrinfo|proxyerror"
    r"|network is unreachable|no route to host|sslerror|certificate verify failed|(failed to|unable to|cannot) connect",
    re.IGNORECASE,
)
UNMATCHED = re.compile(r"No matching distribution found for (\S+)")


class SetupError(CatdogError):
    """catdog cannot be set up or started here; `exit_code` is what the terminal gets."""

    def __init__(self, sentence, exit_code=1):
        super().__init__(sentence)
        self.exit_code = exit_code


def requirement_lines(requirements: Path) -> list[str]:
    """What the file asks for, one line each: without comments, and with the lines of the files that it includes."""
    lines = []
    for raw in requirements.read_text(encoding="utf-8").splitlines():
        line = re.sub(r"(^|\s)#.*", "", raw).strip()
        include = INCLUDE.match(line)
        lines += requirement_lines(requirements.parent / include.group(1)) if include else [line]
    return [line for line in lines if line]


def unmet(requirements: Path) -> list[str]:
    """The lines `name==version` that the running interpreter does not have installed in that very version."""

    def installed(name):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return ""

    pinned = [(line, PIN.match(line)) for line in requirement_lines(requirements)]
    # 2.21.0+cpu is a build of 2.21.0.
    return [line for line, pin in pinned if pin and installed(pin.group(1)).partition("+")[0] != pin.group(2)]


def venv_python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def python_version(python: Path) -> str | None:
    """Its version such as "3.11", or None where it does not start. Takes about 10 ms."""
    probe = [str(python), "-I", "-S", "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    try:
        answer = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def read_stamp(folder: Path) -> dict | None:
    """What was installed to the end: {"python": "3.11", "installed": [line, …]}; None where catdog made no folder."""
    try:
        return json.loads((folder / "catdog-requirements.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_stamp(folder: Path, python: str | None, installed: list[str]) -> None:
    draft = folder / "catdog-requirements.json.part"
    draft.write_text(json.dumps({"python": python, "installed": installed}, indent=1), encoding="utf-8")
    draft.replace(folder / "catdog-requirements.json")


def stamped_python(requirements: Path) -> Path | None:
    """The Python of `.venv` if all that the file asks for was installed there to the end, else None."""
    folder = requirements.parent / ".venv"
    stamp = read_stamp(folder)
    if stamp is None or not set(requirement_lines(requirements)) <= set(stamp["installed"]):
        return None
    return venv_python(folder) if python_version(venv_python(folder)) == stamp["python"] else None


def python_for(requirements: Path) -> Path:
    """The Python that has what the file pins: the running one, that of `.venv` beside the file, or a new `.venv`.

    Raises SetupError with a sentence where it cannot be made: no network, no disk space, no permission, stopped.
    """
    if not requirements.is_file():
        raise SetupError(f"There is no file {requirements}: start catdog from a complete checkout.")
    if not unmet(requirements):
        return Path(sys.executable)
    folder = requirements.parent / ".venv"
    try:
        return stamped_python(requirements) or install(requirements, folder)
    except KeyboardInterrupt:
        raise SetupError("The installation was stopped; the same command goes on with it.", exit_code=130) from None
    except OSError as error:
        raise SetupError(why_setup_failed(str(error), folder, error.errno)) from error


def install(requirements: Path, folder: Path) -> Path:
    """Installs the file into the folder, which it makes first if need be, and stamps it once pip has ended well."""
    wanted, reuse = requirement_lines(requirements), reusable(folder)
    kept = unaffected(read_stamp(folder), wanted) if reuse else []
    check_disk(folder, LATER_INSTALL_GB if kept else FIRST_INSTALL_GB)
    size = "what has changed is fetched." if kept else "about 810 MB are fetched once, this takes a few minutes."
    print(f"Setting up .venv: {size}", flush=True)
    if not reuse:
        make_venv(folder)
    python, version = venv_python(folder), python_version(venv_python(folder))
    write_stamp(folder, version, kept)  # what pip is about to change no longer counts as installed
    code, words = run_pip([str(python), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(requirements)])
    if code != 0:
        raise SetupError(why_setup_failed(words.strip() or f"pip ended with code {code}", folder, version=version))
    write_stamp(folder, version, sorted({*kept, *wanted}))
    return python


def unaffected(stamp: dict | None, wanted: list[str]) -> list[str]:
    """The installed lines that stay true when the wanted ones are installed: the same line, or another project."""

    def project(line):
        return re.split(r"[^\w.-]", line)[0]

    projects = {project(line) for line in wanted}
    installed = stamp["installed"] if stamp else []
    return [line for line in installed if line in wanted or project(line) not in projects]


def check_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(str(folder.parent)).free / 1e9
    if free < needed:
        raise SetupError(
            f"The disk of {folder.parent} has {free:.1f} GB free, and the installation needs {needed} GB: "
            "free some space, then run the same command again."
        )


def reusable(folder: Path) -> bool:
    """Whether pip can go on in this folder. One that catdog did not make is kept as long as its Python starts."""
    stamp, version = read_stamp(folder), python_version(venv_python(folder))
    if version is None or (stamp and stamp["python"] != version):
        return False
    with_pip = [[str(venv_python(folder)), "-m", *rest] for rest in (["pip", "--version"], ["ensurepip"])]
    return any(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in with_pip)


def make_venv(folder: Path) -> None:
    """Makes the folder anew, with pip in it. Raises SetupError where this Python lacks the modules for it."""
    if not (util.find_spec("venv") and util.find_spec("ensurepip")):
        raise SetupError(
            f"This Python {RUNNING} lacks the modules venv and ensurepip, which make .venv: install them "
            f"(Debian and Ubuntu: `apt install python{RUNNING}-venv`), then run the same command again."
        )
    import venv

    if folder.exists():
        shutil.rmtree(str(folder))
    folder.mkdir()
    write_stamp(folder, None, [])  # names no Python yet, so that a folder left half-made is made anew
    try:
        venv.EnvBuilder(symlinks=os.name != "nt", with_pip=True).create(str(folder))
    except subprocess.CalledProcessError as error:
        words = (error.output or b"").decode(errors="replace") or str(error)
        raise SetupError(why_setup_failed(words, folder)) from error


def run_pip(command: list[str]) -> tuple[int, str]:
    """Runs pip in this terminal; its exit code, and a copy of what it wrote to stderr."""
    words = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace") as pip:
        try:
            for line in pip.stderr:
                sys.stderr.write(line)
                words.append(line)
        except BaseException:
            pip.terminate()
            raise
    return pip.returncode, "".join(words)


def why_setup_failed(words: str, folder: Path, number: int | None = None, version: str = RUNNING) -> str:
    """One sentence for a failure, told by its errno or by the words of pip; `version` is the Python that pip ran in."""
    unmatched = UNMATCHED.search(words)
    if OFFLINE.search(words) and (not unmatched or "(from versions: none)" in words):
        return "pip could not reach a package registry: check the network and the proxy, then run it again."
    if unmatched:
        return (
            f"There is no {unmatched.group(1)} for Python {version} on this system: delete {folder}, "
            "then start catdog with another Python, for example `python3.12 -m catdog run`."
        )
    if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in words:
        return f"The disk became full while {folder} was set up: free some space, then run the same command again."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS) or "Permission denied" in words:
        return f"{folder} cannot be written: get permission to write there, or move catdog to a folder of your own."
    last = words.strip().splitlines()[-1]
    return f"Setting up {folder} failed ({last}): run the same command again, or delete that folder first."
