"""The board's queue: one run at a time, in order, and a stop that always wins. The workers exist only in memory."""

import threading

import pytest
from training_stand_ins import PHOTOS, MemoryLauncher, Room, asked, contents, until

from catdog.errors import RunError
from catdog.settings import RUNS_IN_TOTAL, RUNS_OF_ONE
from catdog.training import Board
from catdog.training.folder import RunFolder
from catdog.training.launcher import STOP_GRACE


@pytest.fixture
def room(tmp_path) -> Room:
    return Room(tmp_path / "home")


def test_a_run_starts_at_once_when_none_trains(room):
    (run_id,) = room.submit()
    assert room.launcher.launched == [run_id]
    state = room.state(run_id)
    assert (state.phase, state.activity) == ("starting", "Starting Python")
    assert room.launcher.alive(state.worker)


def test_a_submitted_run_remembers_photos_split_and_versions(room):
    (run_id,) = room.submit()
    about = RunFolder.open(room.runs, run_id).about()
    assert about["photos"] == PHOTOS
    assert about["split"] == {"seed": 0, "test_share": 0.192}
    assert set(about["versions"]) == {"catdog", "keras", "tensorflow"}


def test_runs_train_one_at_a_time_in_the_order_in_which_they_were_submitted(room):
    ids = room.submit(4)
    for number, run_id in enumerate(ids):
        room.board.tick()
        assert room.launcher.launched == ids[: number + 1]
        assert room.phases(ids) == ["finished"] * number + ["starting"] + ["queued"] * (3 - number)
        room.launcher.finishes(run_id)
    assert room.board.tick() is False
    assert room.phases(ids) == ["finished"] * 4


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed"])
def test_the_next_run_starts_whatever_became_of_the_one_before(room, outcome):
    first, second = room.submit(2)
    room.launcher.finishes(first, outcome)
    room.board.tick()
    assert room.launcher.launched == [first, second]
    assert room.state(first).phase == outcome


def test_an_empty_board_is_not_busy_and_one_with_a_run_is(room):
    assert room.board.tick() is False
    room.submit()
    assert room.board.tick() is True


def test_the_place_is_the_number_of_runs_that_come_first(room):
    ids = room.submit(3)
    assert [room.board.place(run_id) for run_id in ids] == [0, 1, 2]
    room.launcher.finishes(ids[0])
    room.board.tick()
    assert [room.board.place(run_id) for run_id in ids] == [0, 0, 1]
    assert room.board.place("20261105-130709123-post4-model1") == 0


def test_what_is_under_way_is_listed_with_the_one_that_trains_first(room):
    ids = room.submit(3)
    room.board.stop(ids[0])
    assert [(run.id, run.phase) for run in room.board.under_way()] == list(
        zip(ids, ("stopping", "queued", "queued"), strict=True)
    )
    room.launcher.finishes(ids[0], "stopped")
    room.board.tick()
    assert [run.id for run in room.board.under_way()] == ids[1:]


def test_the_order_under_way_follows_who_trains_and_not_who_was_first(room):
    ids = room.submit(2)
    room.launcher.finishes(ids[0])
    room.board.tick()
    # A clock that was set back gives a later run an earlier id.
    earlier = room.runs / f"20000101-000000000-{ids[1][19:]}"
    RunFolder.create(room.runs, asked(), {"photos": PHOTOS}).path.rename(earlier)
    assert [run.id for run in room.board.under_way()] == [ids[1], earlier.name]


def test_a_waiting_run_is_stopped_at_once_and_never_starts(room):
    first, second, third = room.submit(3)
    room.board.stop(second)
    assert room.phases([first, second, third]) == ["starting", "stopped", "queued"]
    room.launcher.finishes(first)
    room.board.tick()
    assert room.launcher.launched == [first, third]
    assert room.launcher.ended == []


def test_a_run_that_trains_is_asked_first_and_ended_after_the_grace(room):
    (run_id,) = room.submit()
    room.launcher.says(run_id, phase="running")
    room.board.stop(run_id)
    assert RunFolder.open(room.runs, run_id).stop_asked
    assert room.board.snapshot(run_id).phase == "stopping"
    room.later(STOP_GRACE - 0.1)
    assert (room.launcher.ended, room.state(run_id).phase) == ([], "running")
    room.later(0.2)
    assert (room.launcher.ended, room.state(run_id).phase) == ([run_id], "stopped")
    assert room.state(run_id).error == ""


def test_a_worker_that_ends_by_itself_within_the_grace_is_not_ended_by_force(room):
    first, second = room.submit(2)
    room.board.stop(first)
    room.launcher.finishes(first, "stopped")
    room.later(STOP_GRACE + 1)
    assert room.launcher.ended == []
    assert room.phases([first, second]) == ["stopped", "starting"]


def test_the_next_run_waits_until_the_stopped_one_is_over(room):
    first, second = room.submit(2)
    room.board.stop(first)
    room.later(STOP_GRACE / 2)
    assert room.launcher.launched == [first]
    room.later(STOP_GRACE)
    room.board.tick()
    assert room.launcher.launched == [first, second]


def test_a_second_stop_neither_hurries_nor_delays_the_first(room):
    (run_id,) = room.submit()
    room.board.stop(run_id)
    room.later(STOP_GRACE - 0.2)
    room.board.stop(run_id)
    assert room.launcher.ended == []
    room.later(0.3)
    assert room.launcher.ended == [run_id]


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed"])
def test_a_stop_after_the_end_changes_nothing(room, outcome):
    (run_id,) = room.submit()
    room.launcher.finishes(run_id, outcome)
    room.board.tick()
    before = contents(room.runs)
    room.board.stop(run_id)
    room.later(STOP_GRACE + 1)
    assert contents(room.runs) == before


def test_a_run_that_finished_while_it_was_asked_to_stop_stays_finished(room):
    (run_id,) = room.submit()
    room.board.stop(run_id)
    room.launcher.finishes(run_id, "finished")
    room.later(STOP_GRACE + 1)
    assert room.board.snapshot(run_id).phase == "finished"


@pytest.mark.parametrize("run_id", ["20261105-130709123-post4-model1", "../runs", "", "<b>"])
def test_what_is_not_there_cannot_be_stopped_shown_or_read(room, run_id):
    for act in (room.board.stop, room.board.snapshot, lambda name: room.board.log_tail(name, 5)):
        with pytest.raises(RunError, match="There is no run"):
            act(run_id)


def test_the_log_tail_of_a_run_is_its_last_lines(room):
    (run_id,) = room.submit()
    assert room.board.log_tail(run_id, 2) == ""
    RunFolder.open(room.runs, run_id).log.write_text("one\ntwo\nthree\n")
    assert room.board.log_tail(run_id, 2) == "two\nthree"


@pytest.fixture
def watched(room):
    """The room, with its board looking after the runs by itself until the test ends."""
    room.board.watch()
    yield room
    room.board.tick = lambda: False  # the thread lives as long as the process: from here on it sleeps


def test_a_board_that_watches_starts_and_stops_runs_by_itself(watched):
    first, second = watched.submit(2)
    until(lambda: watched.state(first).phase == "starting", seconds=10)
    watched.launcher.finishes(first)
    until(lambda: watched.state(second).phase == "starting", seconds=10)
    watched.board.stop(second)
    watched.clock.now += STOP_GRACE + 0.1
    until(lambda: watched.state(second).phase == "stopped", seconds=10)
    assert watched.launcher.launched == [first, second]
    assert watched.launcher.ended == [second]


def test_a_board_that_watches_prepares_the_next_worker_only_while_nothing_trains(watched):
    until(lambda: watched.launcher.prepared, seconds=10)
    (run_id,) = watched.submit()
    looks, tick = [], watched.board.tick
    watched.board.tick = lambda: looks.append(watched.launcher.prepared) or tick()
    until(lambda: len(looks) >= 3, seconds=10)
    assert looks[-1] == looks[1]  # the look that was under way may still have seen an empty board
    watched.launcher.finishes(run_id)
    until(lambda: watched.launcher.prepared > looks[1], seconds=10)


def test_a_second_watch_changes_nothing(watched):
    thread = watched.board.watching
    watched.board.watch()
    assert watched.board.watching is thread
    assert thread.daemon


class SlowLauncher(MemoryLauncher):
    """Takes as long to launch as the test likes, so that a second launch has every chance to slip in."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on = threading.Semaphore(0), threading.Event()

    def launch(self, run, place):
        self.entered.release()
        self.go_on.wait(10)
        return super().launch(run, place)


@pytest.mark.parametrize("boards", [1, 2], ids=["one board", "two boards"])
def test_two_threads_that_look_at_the_same_moment_start_one_worker(room, boards):
    room.launcher = slow = SlowLauncher()
    first_board = room.another_board()
    second_board = first_board if boards == 1 else room.another_board()
    run = RunFolder.create(room.runs, asked(), {"photos": PHOTOS})
    threads = [threading.Thread(target=board.tick) for board in (first_board, second_board)]
    threads[0].start()
    assert slow.entered.acquire(timeout=10)
    threads[1].start()
    second_launch = slow.entered.acquire(timeout=0.5)
    slow.go_on.set()
    for thread in threads:
        thread.join(20)
    assert not second_launch
    assert slow.launched == [run.id]


def test_two_boards_that_look_in_turn_never_start_two_runs(room):
    boards = [room.board, room.another_board()]
    ids = [boards[number % 2].submit(asked(), PHOTOS) for number in range(4)]
    for number, run_id in enumerate(ids):
        for board in boards * 2:
            board.tick()
            assert len(room.launcher.living) == 1
        assert room.launcher.launched == ids[: number + 1]
        room.launcher.finishes(run_id)
    assert [board.tick() for board in boards] == [False, False]


def test_two_boards_in_two_threads_serve_every_run_once_and_one_at_a_time(room):
    done = threading.Event()
    ids = [RunFolder.create(room.runs, asked(), {"photos": PHOTOS}).id for _ in range(6)]

    def serve(board: Board):
        while not done.wait(0.001):  # so that the other one has its turn as well
            board.tick()

    threads = [threading.Thread(target=serve, args=(room.another_board(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for run_id in ids:
            until(lambda run_id=run_id: room.state(run_id).phase == "starting")
            room.launcher.finishes(run_id)
        until(lambda: not room.board.under_way())
    finally:
        done.set()
        for thread in threads:
            thread.join(20)
    assert room.launcher.launched == ids
    assert room.launcher.most_at_once == 1
    assert room.phases(ids) == ["finished"] * 6


def test_a_run_that_is_looked_at_while_it_is_being_written_is_not_lost(room, monkeypatch):
    write_state, looks = RunFolder.write_state, []

    def look_first(run, state):
        if not looks:
            looks.append(threading.Thread(target=lambda: (room.board.under_way(), room.board.tick()), daemon=True))
            looks[0].start()
            looks[0].join(0.5)  # where the board has to wait for the writer, it does
        write_state(run, state)

    monkeypatch.setattr(RunFolder, "write_state", look_first)
    (run_id,) = room.submit()
    looks[0].join(20)
    room.board.tick()
    assert room.launcher.launched == [run_id]
    assert [run.id for run in room.board.under_way()] == [run_id]


def test_a_visitor_may_have_two_runs_under_way_and_the_next_is_refused_with_what_to_do(room):
    for _ in range(RUNS_OF_ONE):
        room.board.submit(asked(), PHOTOS, visitor="one")
    with pytest.raises(RunError, match=r"2 runs of yours train or wait.*Wait until one has ended, or stop one"):
        room.board.submit(asked(), PHOTOS, visitor="one")
    room.board.submit(asked(), PHOTOS, visitor="another")
    room.board.submit(asked(), PHOTOS)
    assert [run.visitor for run in room.board.under_way()] == ["one", "one", "another", ""]


def test_a_visitor_whose_run_has_ended_may_start_another(room):
    first, second = (room.board.submit(asked(), PHOTOS, visitor="one") for _ in range(RUNS_OF_ONE))
    room.board.stop(second)
    assert room.board.submit(asked(), PHOTOS, visitor="one")
    room.launcher.finishes(first)
    room.board.tick()
    assert room.board.submit(asked(), PHOTOS, visitor="one")


def test_the_queue_takes_so_many_runs_and_no_more_whoever_asks(room):
    room.submit(RUNS_IN_TOTAL)
    for visitor in ("", "one"):
        with pytest.raises(RunError, match=r"40 runs train or wait, and 40 may be under way"):
            room.board.submit(asked(), PHOTOS, visitor=visitor)
    assert len(room.board.under_way()) == RUNS_IN_TOTAL


def test_of_many_who_press_start_at_once_no_more_get_in_than_may(room):
    boards, refused, ready = [room.board, room.another_board()], [], threading.Barrier(12)

    def press(board):
        ready.wait()
        try:
            board.submit(asked(), PHOTOS, visitor="one")
        except RunError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=press, args=[boards[number % 2]]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(room.board.under_way()) == RUNS_OF_ONE
    assert len(refused) == 12 - RUNS_OF_ONE


def test_a_board_is_busy_while_a_run_trains_or_waits(room):
    assert not room.board.busy
    first, second = room.submit(2)
    assert room.board.busy
    room.launcher.finishes(first)
    assert room.board.busy
    room.board.stop(second)
    assert not room.board.busy
