"""The race of a notebook's way against the engine: both train the same network on the same photos, one at a time."""

import io
import sys
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from catdog.errors import RunError
from catdog.photos import ready_photos
from catdog.recipes import recipe
from catdog.settings import BFLOAT16, CLASSES, FLOAT32, settings
from tests.benchmarks import side, training
from tests.benchmarks.race import EPOCHS, Measured, alternate, engine_side, link_photos, loaded, middle, notebook_side
from tests.benchmarks.row import Row, rounded
from tests.benchmarks.side import Side

SAME = {
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "activation",
    "pool_size",
    "units",
    "rate",
    "mode",
    "factor",
    "fill_mode",
    "scale",
    "offset",
    "keepdims",
}

# Prints as a side does, and writes into a journal, handed to all of them, when its turn begins and ends.
STAND_IN = """
import json, sys
name, journal = sys.argv[1], open(sys.argv[2], "a", buffering=1)
def say(**values): print(json.dumps(values), flush=True)
say(ready=True)
for turn, _ in enumerate(sys.stdin):
    journal.write(f"{name} begins\\n")
    journal.write(f"{name} ends\\n")
    say(seconds=float(turn), precision="float32", val_accuracy=0.5 + turn / 100)
"""


@pytest.fixture
def photos(own_photos):
    """The 24 + 24 small pictures, prepared."""
    return ready_photos(settings(), lambda progress: None)


def took(start: float, *epochs: float, precision: str = FLOAT32) -> Measured:
    return Measured(start, epochs, tuple(np.linspace(0.5, 0.9, len(epochs))), precision)


def layers_of(model) -> list[tuple]:
    """Kind, output shape, number of weights and settings of each layer but the input."""
    return [
        (
            type(layer).__name__,
            tuple(layer.output.shape),
            layer.count_params(),
            {name: value for name, value in layer.get_config().items() if name in SAME},
        )
        for layer in model.layers
        if type(layer).__name__ != "InputLayer"
    ]


@pytest.mark.parametrize("key", [*training.CNNS.values(), training.TRANSFER])
def test_the_notebook_trains_the_very_network_of_the_recipe(key):
    from catdog.models.build import build, compile_for_training
    from tests.benchmarks import notebook

    ours = build(recipe(key), pretrained=False)
    compile_for_training(ours, recipe(key), recipe(key).learning_rate)
    theirs = notebook.model4(weights=None) if key == training.TRANSFER else notebook.NETWORKS[key]()
    notebook.compiled(theirs)

    assert layers_of(theirs) == layers_of(ours)
    assert theirs.count_params() == ours.count_params()
    assert [tuple(weight.shape) for weight in theirs.trainable_variables] == [
        tuple(weight.shape) for weight in ours.trainable_variables
    ]
    assert theirs.optimizer.get_config() | {"name": ""} == ours.optimizer.get_config() | {"name": ""}
    assert theirs.loss.get_config() == ours.loss.get_config()
    assert (recipe(key).batch_size, recipe(key).image_size) == (notebook.BATCH_SIZE, notebook.IMAGE_SIZE)


def test_the_notebook_gets_links_to_the_training_and_validation_photos_and_to_no_test_photo(photos, tmp_path):
    links = link_photos(photos, tmp_path / "links")
    found = {str(path.relative_to(links)) for path in links.rglob("*") if path.is_file()}
    wanted = np.concatenate([photos.positions("training"), photos.positions("validation")])
    assert found == {photos.files[position] for position in wanted}
    assert not found & {photos.files[position] for position in photos.positions("test")}
    assert all((links / name).resolve() == (photos.root / name).resolve() for name in found)


def test_the_notebook_reads_the_same_photos_with_the_same_labels(photos, tmp_path):
    from tests.benchmarks import notebook

    links = link_photos(photos, tmp_path / "links")
    for split, dataset in zip(("training", "validation"), notebook.datasets(links, seed=0), strict=True):
        labels = np.concatenate([labels.numpy() for _, labels in dataset])
        assert sorted(labels) == sorted(photos.labels[photos.positions(split)])
        pixels, first = next(iter(dataset))
        assert pixels.shape[1:] == (160, 160, 3)
        # A cat of these is bright above, a dog below: the labels belong to the photos.
        brighter_below = pixels.numpy()[:, 80:].mean((1, 2, 3)) > pixels.numpy()[:, :80].mean((1, 2, 3))
        assert list(first.numpy()) == [CLASSES.index("dog" if below else "cat") for below in brighter_below]


def test_sides_work_one_at_a_time_and_in_turn(tmp_path):
    script, journal = tmp_path / "stand_in.py", tmp_path / "journal.txt"
    script.write_text(STAND_IN, encoding="utf-8")
    with loaded({name: [sys.executable, str(script), name, str(journal)] for name in ("a", "b")}) as sides:
        assert journal.read_text(encoding="utf-8") == "", "nobody works before its turn"
        measured = alternate(sides, epochs=2)
    assert journal.read_text(encoding="utf-8").split("\n")[:-1] == 3 * ["a begins", "a ends", "b begins", "b ends"]
    assert measured["a"] == measured["b"] == Measured(0.0, (1.0, 2.0), (0.51, 0.52), "float32")


def test_sides_are_ended_with_their_parents_block_whatever_they_had_still_to_do(tmp_path):
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN, encoding="utf-8")
    with loaded({"a": [sys.executable, str(script), "a", str(tmp_path / "journal.txt")]}) as sides:
        sides["a"].turn()
    assert sides["a"].process.returncode == 0


def test_a_side_that_fails_says_why():
    failing = "import sys; print('no photos here', file=sys.stderr); sys.exit(3)"
    with (
        closing(Side([sys.executable, "-c", failing])) as failed,
        pytest.raises(RunError, match="code 3.*no photos here"),
    ):
        failed.ready()


def test_twenty_epochs_are_summed_and_fewer_are_carried_on_with_the_median_of_the_later_ones():
    assert took(1.0, *range(1, EPOCHS + 1)).total == 1 + 210
    assert took(1.0, 8.0, 5.0).total == 1 + 8 + 19 * 5
    assert took(1.0, 8.0, 5.0, 50.0, 6.0).total == 1 + 8 + 19 * 6
    assert took(1.0, 8.0).total == 1 + 20 * 8


def test_an_accuracy_is_the_mean_of_the_last_five_of_twenty_epochs_and_unknown_before():
    whole = replace(took(0.0, *EPOCHS * [1.0]), val_accuracy=(*15 * [0.1], 0.7, 0.7, 0.7, 0.7, 0.8))
    assert whole.accuracy == pytest.approx(0.72)
    assert took(0.0, 1.0, 1.0).accuracy is None
    assert took(0.0, 1.0, 1.0).as_json()["epochs_measured"] == 2


def test_the_middle_one_of_several_tries_counts():
    assert middle([took(9.0, 1.0), took(0.0, 1.0), took(3.0, 1.0)]) == took(3.0, 1.0)


@pytest.mark.parametrize(
    ("precision", "target", "met"),
    [(BFLOAT16, "at least 2.0", False), (FLOAT32, "at least 1.1", True)],
)
def test_what_a_cnn_has_to_reach_depends_on_what_it_computed_in(precision, target, met):
    ways = {"notebook": took(0.0, 9.0, 9.0), "engine": took(0.0, 5.0, 5.0, precision=precision)}
    (row,) = training.cnn_rows("cnn", ways)
    assert (row.name, row.value, row.target, row.met) == ("cnn_ratio", 1.8, target, met)


def test_float32_has_a_row_of_its_own_only_beside_another_precision():
    plain = took(0.0, 6.0, 6.0)
    ways = {"notebook": took(0.0, 9.0, 9.0), "engine": took(0.0, 3.0, 3.0, precision=BFLOAT16), "engine_float32": plain}
    rows = training.cnn_rows("cnn", ways)
    assert [(row.name, row.value, row.met) for row in rows] == [
        ("cnn_ratio", 3.0, True),
        ("cnn_float32_ratio", 1.5, True),
    ]
    assert len(training.cnn_rows("cnn", ways | {"engine": plain})) == 1


def test_each_way_behind_a_frozen_base_has_its_own_bound():
    ways = {
        "notebook": took(0.0, 10.0, 10.0),
        "exact": took(0.0, 5.0, 5.0),
        "features": took(10.0, *EPOCHS * [0.1]),
        "cached": took(2.0, *EPOCHS * [0.1]),
    }
    rows = {row.name: (row.value, row.target, row.met) for row in training.transfer_rows(ways)}
    assert rows == {
        "transfer_exact_ratio": (2.0, "at least 1.4", True),
        "transfer_features_ratio": (16.7, "at least 15", True),
        "transfer_cached_ratio": (50.0, "at least 60", False),
    }


def test_a_row_is_met_by_its_measured_value_and_not_by_the_rounded_one():
    assert Row.at_least("ratio", 2.0, "times", 2.0).met
    assert not Row.at_least("ratio", 1.9999, "times", 2.0).met
    assert Row.at_most("seconds", 3.0, "s", 3).met
    assert not Row.at_most("seconds", 3.0001, "s", 3).met
    assert not Row.at_least("ratio", float("nan"), "times", 2.0).met
    assert not Row.at_most("seconds", float("nan"), "s", 3).met


def test_a_row_as_json_has_its_note_only_where_there_is_one():
    plain = {"name": "ratio", "value": 2.35, "unit": "times", "target": "at least 2.0", "met": True}
    assert Row.at_least("ratio", 2.3456, "times", 2.0).as_json() == plain
    assert Row.at_least("ratio", 2.3456, "times", 2.0, "why").as_json() == plain | {"note": "why"}


@pytest.mark.parametrize(
    ("value", "shown"), [(1234.6, 1235), (12.345, 12.3), (1.2345, 1.23), (0.01234, 0.012), (-12.345, -12.3), (0, 0)]
)
def test_values_are_rounded_to_what_people_read(value, shown):
    assert rounded(value) == shown


@pytest.fixture
def given_for(photos, tmp_path):
    """What a parent asks of a side of each way, for two epochs of the smallest network."""

    def given(way: str):
        options = {"copies": 2, "precision": FLOAT32, "limit": 12}
        commands = {
            "notebook": lambda: notebook_side("post4-model1", 2, link_photos(photos, tmp_path / "links")),
            "engine": lambda: engine_side(photos, "post4-model1", 2, tmp_path / "features"),
            "features": lambda: engine_side(photos, "post4-model4", 2, tmp_path / "features", **options),
        }
        return side.asked(commands[way]()[3:])  # without "python -m tests.benchmarks.side"

    return given


def test_a_side_understands_what_its_parent_asks(given_for, photos, tmp_path):
    given = given_for("features")
    assert (given.way, given.recipe, given.epochs, given.seed) == ("engine", "post4-model4", 2, 0)
    assert (given.prepared, given.photos) == (settings().prepared, photos.fingerprint)
    assert (given.features, given.copies, given.precision, given.limit) == (tmp_path / "features", 2, FLOAT32, 12)


@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")  # fit's own default, which a notebook leaves
@pytest.mark.parametrize("way", ["notebook", "engine"])
def test_a_side_tells_its_start_and_then_each_epoch_and_ends_when_nobody_gives_it_a_turn(way, given_for, monkeypatch):
    said = []
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n"))  # two turns: the start and one of the two epochs
    with pytest.raises(SystemExit) as end:
        side.serve(given_for(way), lambda **values: said.append(values))
    assert end.value.code == 0
    ready, start, epoch = said
    assert ready == {"ready": True}
    assert start.keys() == {"seconds", "precision"}
    assert epoch.keys() == {"seconds", "epoch", "accuracy", "val_accuracy"}
    assert epoch["epoch"] == 1
    assert start["precision"] in (FLOAT32, BFLOAT16) if way == "engine" else start["precision"] == FLOAT32
    assert Measured.of([start, epoch]).total > 0


def test_a_side_without_its_photos_says_so_in_a_sentence(home, photos, tmp_path):
    command = engine_side(replace(photos, fingerprint=16 * "0"), "post4-model1", 2, tmp_path)
    expected = "said: The prepared photos 0+ are missing or damaged. Prepare them again.$"
    with pytest.raises(RunError, match=expected), loaded({"engine": command}):
        pass


def test_a_side_is_not_started_without_what_its_way_needs(capsys):
    with pytest.raises(SystemExit):
        side.asked(["--way", "engine", "--recipe", "post4-model1", "--photos", "key"])
    assert "--way engine needs --prepared, --features as well" in capsys.readouterr().err
