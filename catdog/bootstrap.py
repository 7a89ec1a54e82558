"""From a bare Python to a running catdog: `run`, `test`, and every other command in the environment that has it all.

Standard library only: at the first start nothing else is there.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from catdog.environment import RUNNING, SetupError, python_for, read_stamp, stamped_python, unmet, write_stamp
from catdog.errors import CatdogError, SettingError
from catdog.presenter import (
    PASSPHRASE,
    announcement,
    configured_passphrase,
    listens_here_alone,
    new_passphrase,
    read_secrets,
    secrets_files,
)

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
DEV_REQUIREMENTS = ROOT / "requirements-dev.txt"
PHOTO_WORDS = ("real", "sample")  # as catdog.settings spells them, which needs a package that may not be here yet
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")  # two files of tests at a time; `-n 0`, typed after it, wins
HANDED_OVER = "CATDOG_HANDED_OVER"  # set for the Python of .venv, so that it cannot hand over to itself without end
USAGE = """usage: python3 -m catdog COMMAND …

  run [--photos P] [--port N] …        open the dashboard; the first time, fetch what it needs
  doctor                               say what is ready for a lesson, and what to do about the rest
  test [pytest arguments]              run the tests; the first time, fetch what they need
  recipes                              list the recipes
  prepare [--photos P] [--weights F]   get the photos, or a file of pretrained weights, ready for training
  train                                train a recipe here in the terminal
  resume RUN_ID                        let a stopped or failed run go on from its backup
  sweep KEY … [--seeds N] …            train recipes over seeds and learning rates, with mean and spread
  reproduce [KEY …]                    train the posts' recipes and write a table of what came of it
  classify [FILE …]                    cat or dog?
  train-starter                        train the small model that comes with catdog
  bench [--json] [--quick]             measure this machine, beside targets

`python3 -m catdog COMMAND --help` tells more about one of them."""


def run_options(arguments: list[str]) -> argparse.Namespace:
    """The options of `run`: photos, port, address, no_browser. Raises SettingError for anything it does not know."""

    class Options(argparse.ArgumentParser):
        def error(self, message):
            raise SettingError(f"catdog cannot run so: {message}. See `python3 -m catdog run --help`.")

    options = Options(prog="python3 -m catdog run", description="Open the dashboard.", allow_abbrev=False)
    options.add_argument(
        "--photos",
        metavar="real|sample|FOLDER",
        help="the real photos, the drawn sample, or your own in train/ and validation/, each with cats/ and dogs/; "
        "if not given, the real ones where they are here, else the sample while they are fetched",
    )
    options.add_argument("--port", default="8501", metavar="N", help="1 to 65535 (default: %(default)s)")
    options.add_argument(
        "--address", default="localhost", metavar="A", help="0.0.0.0 lets the whole network in: to look"
    )
    options.add_argument("--no-browser", action="store_true", help="only serve; open no page")
    chosen = options.parse_args(arguments)
    if not (chosen.port.isdecimal() and 1 <= int(chosen.port) <= 65535):
        raise SettingError(f"The port is {chosen.port!r}: give a whole number from 1 to 65535, such as `--port 8502`.")
    chosen.port = int(chosen.port)
    if chosen.photos is not None and chosen.photos not in PHOTO_WORDS:
        chosen.photos = own_folder(chosen.photos)
    return chosen


def own_folder(text: str) -> Path:
    """The folder that `--photos` names, as a whole path; raises SettingError where there is none."""
    try:
        folder = Path(text).expanduser().absolute()
        if text and folder.is_dir():
            return folder
    except (OSError, RuntimeError):  # a name that no system allows, a ~someone who does not exist
        pass
    raise SettingError(
        f"There is no folder '{text}': `--photos` takes one with train/ and validation/, or the word real or sample."
    )


def listen_error(address: str, port: int) -> OSError | None:
    """Why a server could not listen there, or None where it can."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        if os.name != "nt":  # as Streamlit does: a server that ended a moment ago is not in the way
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
    return None


def page_at(address: str, port: int) -> str:
    host = "localhost" if address in ("0.0.0.0", "::") else address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_port(address: str, port: int) -> None:
    """Raises SetupError where the dashboard could not listen."""
    error = listen_error(address, port)
    if error is not None and error.errno == errno.EADDRINUSE:
        free = next((other for other in range(port + 1, 65536) if not listen_error(address, other)), 8501)
        raise SetupError(
            f"Port {port} is in use; catdog may already be running at {page_at(address, port)}. "
            f"Open that page, or choose another port with `--port {free}`."
        )
    if error is not None:
        raise SetupError(f"catdog cannot listen at {address}, port {port} ({error.strerror}): choose another of them.")


def has_screen() -> bool:
    """Whether someone sits at this machine: a terminal, and on Linux a display as well."""
    display = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(display) and sys.stdin is not None and sys.stdin.isatty()


def announce(server: subprocess.Popen, page: str, open_page: bool) -> None:
    """Once the server answers, says where the page is and opens it."""
    import webbrowser
    from urllib import request

    direct = request.build_opener(request.ProxyHandler({}))  # a proxy for the internet does not know this machine
    while server.poll() is None:
        try:
            direct.open(page + "/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
            continue
        print(f"catdog is at {page} (Ctrl-C ends it)", flush=True)
        if open_page:
            webbrowser.open(page)
        return


def made_passphrase(address: str) -> dict[str, str]:
    """What a server that others can reach needs in its environment: a passphrase, where nobody has chosen one.

    Raises SettingError where one was chosen that will not do.
    """
    chosen = configured_passphrase(os.environ, read_secrets(secrets_files(ROOT)))
    return {} if chosen or listens_here_alone(address) else {PASSPHRASE: new_passphrase()}


def run_dashboard(arguments: list[str]) -> int:
    """Serves the dashboard until Ctrl-C or SIGTERM, which both end it with 0; else the server's exit code."""
    chosen = run_options(arguments)
    made = made_passphrase(chosen.address)
    check_port(chosen.address, chosen.port)
    command = [str(python_for(REQUIREMENTS)), "-m", "streamlit", "run", "dashboard.py"]
    # Headless, or Streamlit asks for an e-mail address at its first start; announce() opens the page instead.
    command += ["--server.headless=true", "--logger.hideWelcomeMessage=true"]
    command += [f"--server.port={chosen.port}", f"--server.address={chosen.address}"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    photos = {"CATDOG_PHOTOS": str(chosen.photos)} if chosen.photos else {}
    if made:
        print(announcement(made[PASSPHRASE]), flush=True)
    server = subprocess.Popen(command, cwd=str(ROOT), env={**os.environ, **photos, **made})
    told = (server, page_at(chosen.address, chosen.port), has_screen() and not chosen.no_browser)
    threading.Thread(target=announce, args=told, daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:
        if os.name == "posix":
            server.terminate()  # Ctrl-C has reached it already, `kill` has not; it takes both as the same request
        try:
            server.wait(10)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            server.kill()
        return 0


def run_tests(arguments: list[str]) -> int:
    python = python_for(DEV_REQUIREMENTS)
    os.chdir(str(ROOT))
    return hand_over([str(python), "-m", "pytest", *SIDE_BY_SIDE, *arguments])


def run_engine(arguments: list[str]) -> int:
    """Every other command: here if this interpreter has what it needs, else in `.venv`, which it never makes itself."""
    handed_over = os.environ.pop(HANDED_OVER, None)
    wrong = unmet(REQUIREMENTS) if REQUIREMENTS.is_file() else []  # no file: pip installed catdog and what it needs
    if not wrong:
        from catdog.terminal import main as terminal_main

        return terminal_main(arguments)
    python = stamped_python(REQUIREMENTS)
    if not python:
        raise SetupError("catdog's packages are not here yet: run `python3 -m catdog run` once, which fetches them.")
    if handed_over:
        stamp = read_stamp(ROOT / ".venv")
        write_stamp(ROOT / ".venv", RUNNING, [line for line in stamp["installed"] if line not in wrong])
        raise SetupError(f".venv no longer has {', '.join(wrong)}: run `python3 -m catdog run` once to put that right.")
    os.environ[HANDED_OVER] = "1"
    return hand_over([str(python), "-m", "catdog", *arguments])


def hand_over(command: list[str]) -> int:
    """Puts the command in this process's place, where signals and exit code are its own; on Windows, waits for it."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the console sends Ctrl-C to the child as well, and the child answers it


def main(arguments: list[str]) -> int:
    """Runs one command of the terminal; its exit code. An error that a person can act on is one sentence on stderr."""
    command = arguments[0] if arguments else None
    if command in (None, "-h", "--help"):
        print(USAGE, file=sys.stdout if command else sys.stderr)
        return 0 if command else 2
    try:
        if command == "run":
            return run_dashboard(arguments[1:])
        return run_tests(arguments[1:]) if command == "test" else run_engine(arguments)
    except CatdogError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingError) else getattr(error, "exit_code", 1)
