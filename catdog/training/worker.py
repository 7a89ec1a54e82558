"""The worker: one process for one run, `python -m catdog.training.worker RUN_FOLDER [JOB]` (or `--spare`).

It says within a second that it lives, and only then loads Keras. Exit codes: 0 finished or stopped, 1 failed.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from catdog.disk import reason, tells_full
from catdog.errors import CatdogError
from catdog.training.folder import RunFolder
from catdog.training.launcher import SPARE
from catdog.training.voice import StopAsked, Voice

HANDSHAKE = 5.0  # seconds to wait for the board to write down who we are
HANDSHAKE_AFAR = 60.0  # the same on another machine, which a mounted folder may tell it late
POLL = 0.02  # seconds
NICENESS = 10  # of 19: the page comes first

# Before TensorFlow is loaded: take GPU memory as it is needed, not all at once, and keep the log readable.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def work(run: RunFolder) -> int:
    """Train the run to its end; returns the process's exit code."""
    voice = Voice(run, run.state.worker)
    try:
        voice.check_stop()
        if not run.has_backup:
            run.forget_progress()
        request = run.request  # one that cannot be understood fails here, before the seconds of loading Keras
        from catdog.training.fit import train

        train(run, request, voice)
    except StopAsked:
        voice.end("stopped")
        return 0
    except CatdogError as error:
        return _failed(voice, str(error), error)
    except Exception as error:
        if not isinstance(error, OSError) and not tells_full(error):
            raise  # a bug: its last line in the log becomes the run's sentence
        again = "resume the run" if run.has_backup else "start the run again"
        told = f"The run's folder cannot be written ({reason(error)}). Make room, then {again}."
        return _failed(voice, f"The disk is full. {told}" if tells_full(error) else told, error)
    voice.end("finished")
    run.drop_backup()
    return 0


def _failed(voice: Voice, sentence: str, error: Exception) -> int:
    """The last word before anything else: on a full disk the log takes no other."""
    voice.end("failed", sentence)
    with suppress(OSError):
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 1


def wait_for_board(run: RunFolder, job: str = "") -> bool:
    """Whether the board has given us this run. Until it has written our pid, or the name of our job, into state.json,
    that file is its own.
    """
    for _ in range(round((HANDSHAKE_AFAR if job else HANDSHAKE) / POLL)):
        worker = run.state.worker
        if worker and (worker.job == job if job else worker.pid == os.getpid()):
            return True
        time.sleep(POLL)
    return False


def step_back() -> None:
    """Lower our priority, so that the page answers while all cores compute."""
    with suppress(psutil.Error, OSError):
        lower = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICENESS
        psutil.Process().nice(lower)


def told_folder() -> Path | None:
    """As a spare: load Keras, then wait for the line that names the run; None where the board ended first."""
    import catdog.training.fit  # noqa: F401 - these are the seconds that a spare saves

    line = sys.stdin.buffer.readline().rstrip(b"\n")
    return Path(os.fsdecode(line)) if line else None


def print_into(log: Path) -> None:
    """From now on everything that this process prints, TensorFlow's own lines too, goes into the run's log."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())


def work_afar(folder: Path, job: str) -> int:
    """As an engine's job: the run's folder is to be seen from here, and what is printed is to go where people look."""
    run = RunFolder(folder)
    if not folder.is_dir():
        print(f"This machine does not see {folder}: mount CATDOG_HOME under the same path on all.", file=sys.stderr)
        return 1
    if not wait_for_board(run, job):
        return 1
    print_into(run.log)
    return work(run)


def main(argument: str, job: str = "") -> int:
    """Work on the run folder that the argument names, or that a spare is told later; returns the exit code.

    `job` is what an engine on other machines calls this process.
    """
    if job:
        return work_afar(Path(argument), job)
    step_back()
    if argument != SPARE:
        run = RunFolder(Path(argument))
    elif folder := told_folder():
        run = RunFolder(folder)
        print_into(run.log)
    else:
        return 0
    return work(run) if wait_for_board(run) else 1


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    with suppress(OSError):  # a full disk
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)  # all is written; TensorFlow would take seconds to clear up, on the next run's time
