"""The dashboard as its own process, and the browser to look at it: for journeys and for benchmarks."""

import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--no-first-run"]
STARTUP = 60  # seconds
PATIENCE = 60_000  # milliseconds: a shared machine may be slow, and no journey is about speed
A_TRAINING = 4 * PATIENCE  # of an epoch or two, with loading TensorFlow


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@contextmanager
def served(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Serve the dashboard with this environment and give its address; what it prints goes into `log`."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--server.headless=true"], cwd=ROOT, env=environment, stdout=file, stderr=file
        )
        address = f"http://localhost:{port}"
        try:
            _wait_until_healthy(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(address: str, process: subprocess.Popen) -> None:
    pause = threading.Event()
    for _ in range(STARTUP * 5):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pause.wait(0.2)
    raise TimeoutError(f"the server did not answer within {STARTUP} seconds")
