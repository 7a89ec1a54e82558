"""Texts that reach a path, a setting or a recipe: taken, or refused with a sentence, and no other file is touched."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from catdog.errors import CatdogError, RunError, SettingError
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source
from catdog.recipes import Augmentation, recipe
from catdog.settings import settings, whole_number, with_photos
from catdog.training.events import read_events
from catdog.training.folder import NAME_LENGTH, RUN_ID, RunFolder, all_runs
from catdog.training.request import RunRequest
from catdog.training.snapshot import snapshot
from tests.conftest import half_bright, jpeg
from tests.hostile.cases import every
from tests.hostile.texts import hostile, values
from tests.hostile.watch import touched_outside


def given_or_refused(act: Callable[[], Any]) -> Any:
    """What it gives; None where it was refused with a sentence."""
    try:
        return act()
    except CatdogError as error:
        assert str(error).strip()
        return None


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """One run, in a home beside which lies something that a path may lead to."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "run.json").write_text("{}")
    made = RunFolder.create(tmp_path / "home" / "runs", RunRequest.of(recipe("post1-model1")), {"photos": {}})
    made.write_evaluation({})
    return made


def test_no_id_of_a_run_leads_out_of_the_runs(run):
    inside = st.sampled_from(("", "../", "/", ".", "/../../secret", "/.", "\n", "\0", " "))

    @every("run ids", hostile | st.tuples(inside, st.just(run.id), inside).map("".join))
    def check(run_id):
        with touched_outside(run.path.parent) as touched:
            opened = given_or_refused(lambda: RunFolder.open(run.path.parent, run_id))
        assert not touched
        assert opened is None or (run_id == run.id and RUN_ID.fullmatch(run_id))


def test_a_run_s_name_is_one_short_line_whatever_was_typed(run):
    before = {path.name for path in run.path.iterdir()} | {"name.txt"}

    @every("names of runs", hostile | st.text())
    def check(name):
        with touched_outside(run.path) as touched:
            run.rename(name)
        assert not touched
        assert run.name.isprintable() and len(run.name) <= NAME_LENGTH and run.name == run.name.strip()
        assert {path.name for path in run.path.iterdir()} == before


def test_an_augmentation_is_understood_or_refused():
    names = ("flip", "turn", "fill", "zoom", "shift", "brightness", "contrast")
    part = st.tuples(st.sampled_from(names), st.integers(-9, 999).map(str) | hostile).map("=".join)

    @every("augmentations", hostile | st.lists(part, max_size=4).map(",".join))
    def check(text):
        read = given_or_refused(lambda: Augmentation.from_text(text))
        assert read is None or Augmentation.from_text(read.text) == read


def test_a_recipe_or_a_set_of_photos_is_known_or_refused(home):
    where = settings({"CATDOG_HOME": str(home)})

    @every("recipes and sets", hostile)
    def check(text):
        found = given_or_refused(lambda: recipe(text))
        assert found is None or found.key == text
        with touched_outside(home) as touched:
            chosen = given_or_refused(lambda: with_photos(where, text))
        assert not touched
        assert chosen is None or not chosen.own_photos or chosen.own_photos.is_absolute()


def test_a_number_is_plain_digits_or_none():
    @every("numbers", hostile | st.integers().map(str) | st.floats().map(str))
    def check(text):
        number = whole_number(text)
        assert number is None or (text.lstrip("-").isascii() and abs(number) < 10**18)


def test_a_run_s_settings_are_whole_or_refused(run):
    """run.json, state.json and events.jsonl, edited by anyone: read, or a sentence."""
    fields = st.sampled_from(("recipe", "epochs", "batch_size", "learning_rate", "seed", "limit", "precision", "base"))
    odd = st.dictionaries(fields | hostile, values, max_size=4)
    original = run._read("run.json")

    @every("settings of a run", odd, st.dictionaries(hostile, values, max_size=2), values)
    def check(changed, about, stated):
        content = original | about | {"request": original["request"] | changed}
        (run.path / "run.json").write_text(json.dumps(content), encoding="utf-8")
        (run.path / "state.json").write_text(json.dumps({"phase": "finished", "error": stated}), encoding="utf-8")
        (run.path / "events.jsonl").write_text(json.dumps(changed) + "\n" + json.dumps(stated)[:-1])
        with touched_outside(run.path.parent) as touched:
            given_or_refused(lambda: snapshot(run))
            read_events(run.events)
            asked = given_or_refused(lambda: RunRequest.from_json(original["request"] | changed))
            assert [one.id for one in all_runs(run.path.parent)] == [run.id]
        assert not touched
        assert asked is None or asked == RunRequest.from_json(json.loads(json.dumps(asked.as_json())))


def test_photos_of_any_names_are_read_under_just_those_names(tmp_path):
    image, number = jpeg(half_bright(0, np.random.default_rng(1))), count()
    file = hostile.filter(lambda name: not {"\0", "/"} & set(name) and len(name.encode(errors="replace")) < 99)

    @every("files of photos", st.sets(file.map(lambda name: f"a{name}.jpg"), min_size=1, max_size=3))
    def check(names):
        root = tmp_path / str(next(number))
        for folder in ("train/cats", "train/dogs", "validation/cats", "validation/dogs"):
            (root / folder).mkdir(parents=True)
            for same in range(6):
                (root / folder / f"{same}.jpg").write_bytes(image)
        for name in names:
            (root / "train/cats" / name).write_bytes(image)
        with touched_outside(root) as touched:
            photos = given_or_refused(
                lambda: prepare(Source(root, kind="own"), root / "prepared", lambda progress: None)
            )
        assert not touched
        assert photos is not None
        assert {f"train/cats/{name}" for name in names} <= set(photos.files)


def test_an_id_that_is_no_text_is_refused_with_a_sentence(run):
    for run_id in ("", "x" * 10_000, run.id + "\n", run.id.replace("post1", "post9"), "\udcff"):
        with pytest.raises(RunError, match="There is no run"):
            RunFolder.open(run.path.parent, run_id)
    with pytest.raises(SettingError):
        recipe("../" + "x" * 10_000)
