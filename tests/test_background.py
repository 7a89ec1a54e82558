"""One long task beside the page: seen from outside while it runs, after it ended, and after it failed."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from catdog.background import BackgroundTask
from catdog.errors import DownloadError
from catdog.progress import Pace, Progress

LONG = 10  # seconds; only a broken task takes as long
HALF = Progress("Reading the photos", 5, 10, "photos", 3.0)


class Work:
    """A task's work that waits at a gate, so that a test can look at it while it runs."""

    def __init__(self, outcome="result"):
        self.outcome = outcome
        self.gate, self.inside = threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self, report):
        self.calls += 1
        report(HALF)
        self.inside.set()
        assert self.gate.wait(LONG)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def work():
    work = Work()
    yield work
    work.gate.set()


def test_a_task_that_was_not_started_does_nothing(work):
    task = BackgroundTask(work)
    task.wait(LONG)
    assert (task.running, task.done, task.result, task.progress, task.error) == (False, False, None, None, "")
    assert work.calls == 0


def test_a_running_task_shows_its_newest_report(work):
    task = BackgroundTask(work)
    task.start()
    assert work.inside.wait(LONG)
    assert (task.running, task.done, task.result, task.error) == (True, False, None, "")
    assert task.progress == HALF


def test_waiting_gives_up_after_the_time_that_was_given(work):
    task = BackgroundTask(work)
    task.start()
    task.wait(0.01)
    assert task.running


def test_a_task_that_has_ended_holds_its_result(work):
    task = BackgroundTask(work)
    task.start()
    work.gate.set()
    task.wait(LONG)
    assert (task.running, task.done, task.result, task.error) == (False, True, "result", "")


def test_a_second_start_while_it_runs_changes_nothing(work):
    task = BackgroundTask(work)
    task.start()
    assert work.inside.wait(LONG)
    task.start()
    assert task.progress == HALF
    work.gate.set()
    task.wait(LONG)
    assert (task.result, work.calls) == ("result", 1)


def all_at_once(act) -> None:
    """Let eight threads do it at the same moment."""
    together = threading.Barrier(8, timeout=LONG)

    def visit():
        together.wait()
        act()

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(LONG)


def test_many_starts_at_the_same_moment_run_it_once(work):
    task = BackgroundTask(work)
    all_at_once(task.start)
    work.gate.set()
    task.wait(LONG)
    assert (task.done, work.calls) == (True, 1)


def test_a_start_after_the_end_changes_nothing(work):
    task = BackgroundTask(work)
    work.gate.set()
    for _ in range(2):
        task.start()
        task.wait(LONG)
    assert (task.result, work.calls) == ("result", 1)


def test_a_failed_task_holds_the_sentence_and_can_be_started_again(work):
    task = BackgroundTask(work)
    work.outcome = DownloadError("The photos cannot be reached. Check the network, then try again.")
    work.gate.set()
    task.start()
    task.wait(LONG)
    assert (task.running, task.done, task.result) == (False, False, None)
    assert task.error == "The photos cannot be reached. Check the network, then try again."

    work.outcome = "photos"
    work.gate.clear()
    work.inside.clear()
    task.start()
    assert work.inside.wait(LONG)
    assert (task.running, task.error) == (True, "")
    work.gate.set()
    task.wait(LONG)
    assert (task.done, task.result, task.error, work.calls) == (True, "photos", "", 2)


def test_beginning_starts_a_task_once_and_says_whether_it_did(work):
    task = BackgroundTask(work)
    assert task.begin()
    assert work.inside.wait(LONG)
    assert not task.begin()
    work.gate.set()
    task.wait(LONG)
    assert not task.begin()
    assert (task.result, work.calls) == ("result", 1)


def test_beginning_leaves_a_failed_task_as_it_is_and_starting_tries_again(work):
    task = BackgroundTask(work)
    work.outcome = DownloadError("It broke off.")
    work.gate.set()
    assert task.begin()
    task.wait(LONG)
    assert not task.begin()
    assert (task.running, task.error, work.calls) == (False, "It broke off.", 1)
    work.outcome = "photos"
    task.start()
    task.wait(LONG)
    assert (task.result, task.error, work.calls) == ("photos", "", 2)


def test_many_visitors_who_begin_a_task_at_the_same_moment_run_it_once(work):
    task, began = BackgroundTask(work), []
    all_at_once(lambda: began.append(task.begin()))
    work.gate.set()
    task.wait(LONG)
    assert (task.done, work.calls) == (True, 1)
    assert any(began)


def test_starting_again_forgets_the_progress_of_the_failed_try():
    gate, inside = threading.Event(), threading.Event()

    def fail_then_wait(report):
        if task.progress is None and not inside.is_set():
            report(HALF)
            inside.set()
            raise DownloadError("It broke off.")
        assert gate.wait(LONG)
        return "result"

    task = BackgroundTask(fail_then_wait)
    task.start()
    task.wait(LONG)
    assert (task.error, task.progress) == ("It broke off.", HALF)
    task.start()
    assert (task.error, task.progress) == ("", None)
    gate.set()
    task.wait(LONG)
    assert task.done


def test_a_bug_becomes_a_sentence_and_keeps_its_traceback(work, monkeypatch):
    seen = []  # what Python would print on the terminal
    monkeypatch.setattr(threading, "excepthook", seen.append)
    task = BackgroundTask(work)
    work.outcome = ZeroDivisionError("a bug")
    work.gate.set()
    task.start()
    task.wait(LONG)
    assert (task.running, task.done) == (False, False)
    assert task.error == "Something went wrong that was not foreseen; the terminal shows what."
    assert [bug.exc_type for bug in seen] == [ZeroDivisionError]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_after_a_bug_the_task_can_be_started_again(work):
    task = BackgroundTask(work)
    work.outcome = ZeroDivisionError("a bug")
    work.gate.set()
    task.start()
    task.wait(LONG)
    work.outcome = "result"
    task.start()
    task.wait(LONG)
    assert (task.done, task.error) == (True, "")


def test_progress_is_said_in_words():
    assert HALF.sentence() == "Reading the photos: 5 of 10 photos, 3 s left"
    assert Progress("Fetching", 31_400_000, 68_600_000, "bytes").sentence() == "Fetching: 31 of 69 MB (46 %)"
    assert Progress("Fetching", 31_400_000, 0, "bytes").sentence() == "Fetching: 31 MB"
    assert Progress("Reading", 1_234, 21_000, "photos", 61.6).sentence() == "Reading: 1,234 of 21,000 photos, 62 s left"


def test_the_share_lies_between_nothing_and_all():
    shares = [Progress("Fetching", done, total, "bytes").share for done, total in ((0, 8), (2, 8), (9, 8), (5, 0))]
    assert shares == [0, 0.25, 1, 0]


def test_the_time_left_follows_from_the_speed_so_far(monkeypatch):
    now = iter([100.0, 110.0, 120.0, 120.0])
    monkeypatch.setattr("catdog.progress.time", SimpleNamespace(monotonic=lambda: next(now)))
    pace = Pace("Fetching", "bytes", already=500)
    assert pace.at(600, 1000).seconds_left == pytest.approx(40)  # 100 in 10 seconds; the 500 were there before
    assert pace.at(900, 1000).seconds_left == pytest.approx(5)
    assert pace.at(500, 1000).seconds_left is None


@pytest.mark.parametrize(("brief", "said"), [(True, "begun\nended\n"), (False, "begun\n")])
def test_a_program_that_ends_waits_for_a_brief_task_only(brief, said):
    code = (
        "import threading\n"
        "from catdog.background import BackgroundTask\n"
        "begun, main = threading.Event(), threading.current_thread()\n"
        "def work(report):\n"
        "    print('begun', flush=True)\n"
        "    begun.set()\n"
        "    main.join()\n"  # only now is the program at its end
        "    threading.Event().wait(0.3)\n"
        "    print('ended', flush=True)\n"
        f"BackgroundTask(work, brief={brief}).start()\n"
        "begun.wait()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG, check=True)
    assert ended.stdout == said
