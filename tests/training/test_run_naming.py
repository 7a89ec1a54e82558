"""What people do to runs that are there: give them names, delete them, list them newest first."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_stand_ins import Room, contents, new_run, scratch_files, write_events

from catdog.errors import DiskError, RunError
from catdog.training.folder import NAME_LENGTH, RunFolder, all_runs
from catdog.training.snapshot import ended, snapshot
from catdog.training.state import State

NOBODY = "20250101-000000000-post4-model1"


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return new_run(tmp_path / "runs")


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> RunFolder:
    """A run that many examples name one after another."""
    return new_run(tmp_path_factory.mktemp("home") / "runs")


def over(room, phase="finished", **more):
    made = new_run(room.runs)
    made.write_state(State(phase=phase, **more))
    return made


def changed_at(run, seconds):
    """The folder's time of change, set by hand: two changes in one tick of the disk's clock look like one."""
    os.utime(run.path, (seconds, seconds))


def test_a_run_has_no_name_until_someone_gives_it_one(run):
    assert run.name == snapshot(run).name == ""
    run.rename("Monday's best")
    assert run.name == snapshot(run).name == "Monday's best"
    assert scratch_files(run.path) == []


def test_an_empty_name_takes_the_old_one_away(run):
    run.rename("one")
    for empty in ("", "   ", "\n\t", "\u202e"):
        run.rename("one")
        run.rename(empty)
        assert run.name == ""


def test_a_name_changes_nothing_else_of_the_run(run):
    before = contents(run.path)
    run.rename("one")
    assert {name: text for name, text in contents(run.path).items() if name != "name.txt"} == before


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("  two   words ", "two words"),
        ("two\nlines\r\nof\ttext", "two lines of text"),
        ("a\x1b[31mred\x07", "a [31mred"),
        ("right\u202eto left", "right to left"),
        ("\ufeffmark", "mark"),
        ("half a letter \ud800", "half a letter"),
        ("\0", ""),
        ("<b>bold</b> & **bold**", "<b>bold</b> & **bold**"),  # where it is shown, it is shown as it is
        ("Katzen über 猫 🐈", "Katzen über 猫 🐈"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("x" * 500, "x" * NAME_LENGTH),
        ("x" * (NAME_LENGTH - 1) + " y", "x" * (NAME_LENGTH - 1)),
    ],
)
def test_a_name_is_one_line_of_letters_and_not_too_long(run, given, name):
    run.rename(given)
    assert run.name == name


@given(given_name=st.text(st.characters() | st.sampled_from(" \n\u202e\ud800\u200d\u00a0"), max_size=2 * NAME_LENGTH))
def test_whatever_is_given_the_name_is_printable_and_naming_it_so_again_changes_nothing(one, given_name):
    one.rename(given_name)
    name = one.name
    assert name.isprintable()
    assert name == name.strip()
    assert len(name) <= NAME_LENGTH
    one.rename(name)
    assert one.name == name


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"\x00" * 2000, "name\n".encode("utf-16"), b"a\nb" * 5000], ids=lambda c: c[:6]
)
def test_a_name_that_was_edited_by_hand_is_made_one_line(run, content):
    (run.path / "name.txt").write_bytes(content)
    assert run.name.isprintable()
    assert len(run.name) <= NAME_LENGTH


def test_a_folder_in_the_name_s_place_is_no_name(run):
    (run.path / "name.txt").mkdir()
    assert run.name == ""


def test_the_board_names_a_run_in_any_phase(room):
    waiting, working = room.submit(2)
    done = over(room)
    for run_id in (waiting, working, done.id):
        room.board.rename(run_id, "mine")
        assert room.board.snapshot(run_id).name == "mine"
        assert room.another_board().snapshot(run_id).name == "mine"
    assert room.state(done.id).phase == "finished"


@pytest.mark.parametrize("run_id", [NOBODY, "..", "", "../runs", "\0"])
def test_a_run_that_is_not_there_cannot_be_named_or_deleted(room, run_id):
    over(room)
    before = contents(room.runs)
    with pytest.raises(RunError, match="There is no run"):
        room.board.rename(run_id, "mine")
    with pytest.raises(RunError, match="There is no run"):
        room.board.delete(run_id)
    assert contents(room.runs) == before


def test_a_name_that_cannot_be_written_is_a_sentence_and_the_old_one_stands(room, monkeypatch):
    run = over(room)
    room.board.rename(run.id, "old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(DiskError, match="No space left"):
        room.board.rename(run.id, "new")
    assert run.name == "old"


@pytest.mark.parametrize("phase", ["finished", "stopped", "failed"])
def test_a_deleted_run_is_gone_with_all_that_it_left_and_the_others_stay(room, phase):
    first, gone, last = over(room), over(room, phase), over(room)
    gone.best_weights.write_bytes(b"weights")
    (gone.path / "more").mkdir()
    (gone.path / "more" / "file").write_text("x")
    others = contents(first.path), contents(last.path)
    assert room.board.count(phase) >= 1
    room.board.delete(gone.id)
    assert [one.id for one in all_runs(room.runs)] == [first.id, last.id]
    assert sorted(path.name for path in room.runs.iterdir()) == [first.id, last.id]
    assert (contents(first.path), contents(last.path)) == others
    with pytest.raises(RunError, match="There is no run"):
        room.board.snapshot(gone.id)


def test_a_deleted_run_is_in_no_list_of_this_board_or_another_any_more(room):
    other, gone, stays = room.another_board(), over(room), over(room)
    for board in (room.board, other):
        board.tick()
        assert len(board.newest(9)[0]) == 2
    room.board.delete(gone.id)
    for board in (room.board, other):
        board.tick()
        assert [run.id for run in board.newest(9)[0]] == [run.id for run in board.newest_over(9)[0]] == [stays.id]
        assert board.newest(9)[1] == []
        assert board.count("finished") == 1
    with pytest.raises(RunError, match="There is no run"):
        other.delete(gone.id)


@pytest.mark.parametrize("phase", ["queued", "starting", "running", "stopping"])
def test_a_run_that_is_under_way_is_not_deleted(room, phase):
    run = over(room, phase)
    before = contents(room.runs)
    with pytest.raises(RunError, match="Stop it first"):
        room.board.delete(run.id)
    assert contents(room.runs) == before


def test_a_damaged_run_can_be_deleted(room):
    run = over(room)
    (run.path / "run.json").write_text("[")
    (run.path / "state.json").write_text("{")
    assert len(room.board.newest(9)[1]) == 1
    room.board.delete(run.id)
    assert all_runs(room.runs) == []


def test_a_folder_that_cannot_be_removed_whole_is_out_of_the_list_all_the_same(room, monkeypatch):
    """On Windows a file that someone reads cannot be removed."""
    run = over(room)
    monkeypatch.setattr("shutil.rmtree", lambda path, ignore_errors: None)
    room.board.delete(run.id)
    assert room.board.newest(9) == ([], [])
    assert all_runs(room.runs) == []


def test_a_run_that_cannot_be_removed_at_all_is_a_sentence_and_stays(room, monkeypatch):
    run = over(room)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    with pytest.raises(DiskError, match="Permission denied"):
        room.board.delete(run.id)
    assert [one.id for one in all_runs(room.runs)] == [run.id]


def test_the_newest_runs_come_first_in_whatever_phase_and_no_more_than_asked_for(room):
    done, (training, waiting), stopped = over(room), room.submit(2), over(room, "stopped")
    everything = [stopped.id, waiting, training, done.id]
    for count in (0, 1, 3, 4, 9):
        runs, unreadable = room.board.newest(count)
        assert ([run.id for run in runs], unreadable) == (everything[:count], [])
    phases = {run.id: run.phase for run in room.board.newest(9)[0]}
    assert [phases[one] for one in everything] == ["stopped", "queued", "starting", "finished"]


def test_a_run_that_cannot_be_read_is_named_among_the_newest(room):
    good, bad = over(room), over(room)
    (bad.path / "run.json").write_text("[]")
    for _ in range(2):  # a failure is not remembered either
        runs, (sentence,) = room.board.newest(9)
        assert [run.id for run in runs] == [good.id]
        assert bad.id in sentence


def test_a_run_that_trains_is_read_anew_at_each_look(room):
    (run_id,) = room.submit()
    run = RunFolder.open(room.runs, run_id)
    for epochs in (0, 1, 2):
        write_events(run, *({"kind": "epoch", "epoch": number, "accuracy": 0.5} for number in range(1, epochs + 1)))
        changed_at(run, 1_000)  # an appended line does not show in the folder's time
        assert room.board.newest(1)[0][0].epochs_done == epochs


def test_a_run_that_ends_shows_its_last_state_and_its_curves_at_the_next_look(room):
    (run_id,) = room.submit()
    assert room.board.newest(1)[0][0].phase == "starting"
    run = RunFolder.open(room.runs, run_id)
    write_events(run, {"kind": "epoch", "epoch": 1, "val_accuracy": 0.75})
    room.launcher.finishes(run_id)
    (shown,) = room.board.newest(1)[0]
    assert (shown.phase, shown.best) == ("finished", (1, 0.75))


def test_a_run_that_has_ended_is_read_once(room, monkeypatch):
    run = over(room)
    changed_at(run, 1_000)
    first = room.board.newest(1)[0][0]
    monkeypatch.setattr("catdog.training.snapshot.snapshot", lambda *_: pytest.fail("read again"))
    assert room.board.newest(1)[0][0] is first
    assert room.another_board().newest(1)[0][0] is first


def test_a_new_name_and_new_answers_are_seen_in_a_run_that_has_ended(room):
    run = over(room)
    changed_at(run, 1_000)
    assert (ended(run).name, ended(run).test_accuracy) == ("", None)
    room.board.rename(run.id, "mine")
    assert ended(run).name == "mine"
    changed_at(run, 2_000)
    assert ended(run).test_accuracy is None
    run.write_evaluation({"test": {"photos": 4, "accuracy": 0.75}})
    assert (ended(run).name, ended(run).test_accuracy) == ("mine", 0.75)


def test_a_run_that_has_ended_and_gone_is_a_sentence(room):
    run = over(room)
    assert ended(run).id == run.id
    run.delete()
    with pytest.raises(RunError, match=f"{run.id} cannot be read: No such file"):
        ended(run)
