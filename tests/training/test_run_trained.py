"""Trained networks loaded to be asked: the starter, and runs with the weights of their best epoch."""

import json

import numpy as np
import pytest
from training_stand_ins import ABOUT

from catdog.errors import RunError
from catdog.photos import ready_photos
from catdog.recipes import Augmentation, recipe
from catdog.settings import settings
from catdog.training import RunRequest
from catdog.training.folder import RunFolder
from catdog.training.state import State

KEY = "post4-model1"


@pytest.fixture
def prepared(own_photos):
    """The 24 + 24 small pictures, prepared below CATDOG_HOME."""
    return ready_photos(settings(), lambda progress: None)


@pytest.fixture(scope="module")
def network():
    """post4-model1 with random weights."""
    import keras

    from catdog.models.build import build

    keras.utils.set_random_seed(5)
    return build(recipe(KEY), pretrained=False)


def make_run(model, photos=None, phase="finished", request=None):
    """A run that is over and has left these weights."""
    about = ABOUT | ({"photos": photos.reference} if photos else {})
    run = RunFolder.create(settings().runs, request or RunRequest.of(recipe(KEY)), about)
    run.write_state(State(phase=phase))
    model.save_weights(run.best_weights)
    return run


def load(name):
    from catdog.training.trained import load_classifier

    return load_classifier(settings().runs, name)


def pictures(count=3):
    return np.random.default_rng(0).integers(0, 256, (count, 160, 160, 3)).astype(np.uint8)


def odds(classifier, given):
    return [answer.odds for answer in classifier.answers(given)]


def own_odds(model, given):
    probabilities = np.asarray(model(given.astype(np.float32), training=False), np.float64)
    return np.log(probabilities[:, 1] / probabilities[:, 0])


def test_the_starter_is_loaded_by_its_name_and_needs_no_run(home):
    from catdog.embedded.stored import card

    starter = load("starter")
    assert starter.model.name == "starter"
    assert starter.temperature == card()["calibration"]["temperature"]
    assert len(starter.answers(pictures())) == 3
    assert not home.exists()


def test_a_finished_run_answers_with_its_weights_and_the_calibration_stored_with_it(network, prepared):
    from catdog.insight.evaluate import scored

    run = make_run(network, prepared)
    stored = scored(network, recipe(KEY), prepared, []).as_json()
    stored["calibration"]["temperature"] = 1.75  # by which it is told from one that would be fitted now
    run.write_evaluation(stored)
    before = (run.path / "evaluation.json").read_bytes()
    classifier = load(run.id)
    assert classifier.temperature == 1.75
    np.testing.assert_allclose(odds(classifier, pictures()), own_odds(network, pictures()), rtol=1e-3, atol=1e-3)
    assert (run.path / "evaluation.json").read_bytes() == before


def test_a_stopped_run_is_calibrated_when_it_is_loaded_and_that_is_kept(network, prepared):
    from catdog.insight.calibration import calibrate

    run = make_run(network, prepared, phase="stopped")
    assert run.evaluation() is None
    classifier = load(run.id)
    validation = prepared.positions("validation")
    wanted = calibrate(own_odds(network, prepared.photos[validation]), prepared.labels[validation])
    assert classifier.calibration.photos == len(validation) == 20
    assert classifier.temperature == pytest.approx(wanted.temperature, rel=1e-2)

    kept = run.evaluation()
    assert kept.keys() == {"weights", "validation", "test", "calibration"}
    assert kept["test"]["photos"] == 4
    (settings().prepared / f"{prepared.fingerprint}.json").unlink()
    assert load(run.id).calibration == classifier.calibration


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: json.dumps(json.loads(text) | {"calibration": None}),
        lambda text: json.dumps(json.loads(text) | {"calibration": json.loads(text)["calibration"] | {"photos": "?"}}),
        lambda text: text.replace('"temperature": ', '"temperature": 1e999, "was": '),
        lambda text: json.dumps({name: value for name, value in json.loads(text).items() if name != "calibration"}),
    ],
    ids=["half", "a list", "none", "no number", "endless", "from before there was one"],
)
def test_a_damaged_calibration_is_fitted_anew(network, prepared, damage):
    run = make_run(network, prepared)
    wanted = load(run.id).calibration
    file = run.path / "evaluation.json"
    whole = json.loads(file.read_text())
    file.write_text(damage(file.read_text()))
    assert load(run.id).calibration == wanted
    assert json.loads(file.read_text()) == whole


@pytest.mark.parametrize("split", ["validation", "test"])
def test_answers_that_an_older_version_wrote_without_their_odds_are_asked_again(network, prepared, split):
    """It kept probabilities, of which the surest mistakes were all 1."""
    run = make_run(network, prepared)
    wanted = load(run.id).calibration
    file = run.path / "evaluation.json"
    whole = json.loads(file.read_text())
    old = json.loads(file.read_text())
    old[split]["dog"] = [float(odds > 0) for odds in old[split].pop("odds")]
    old["calibration"]["temperature"] = 1.75  # by which it would be told that the old file was believed
    file.write_text(json.dumps(old))
    assert load(run.id).calibration == wanted
    assert json.loads(file.read_text()) == whole


def test_without_the_prepared_photos_there_is_no_calibration(network, home):
    run = make_run(network)
    classifier = load(run.id)
    assert (classifier.calibration, classifier.temperature) == (None, 1.0)
    assert len(classifier.answers(pictures())) == 3
    assert run.evaluation() is None


@pytest.mark.parametrize(
    "photos", [{}, {"fingerprint": None}, {"fingerprint": "../../etc"}, {"fingerprint": 5}], ids=str
)
def test_a_run_that_does_not_know_its_photos_has_no_calibration(network, home, photos):
    run = make_run(network)
    about = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(about | {"photos": photos}))
    assert load(run.id).calibration is None


def test_a_run_that_still_trains_keeps_its_folder_to_itself(network, prepared):
    """Its weights may get better, and evaluation.json is for its worker to write."""
    run = make_run(network, prepared, phase="running")
    assert load(run.id).calibration.photos == 20
    assert run.evaluation() is None


def test_a_calibration_that_cannot_be_kept_is_used_all_the_same(network, prepared, monkeypatch):
    def full(run, evaluation):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "write_evaluation", full)
    assert load(make_run(network, prepared).id).calibration.photos == 20


def test_the_run_s_own_augmentation_is_part_of_its_network(home):
    from catdog.models.build import build

    own = Augmentation("vertical", 10, "constant", zoom=5, shift=4, brightness=3, contrast=2)
    request = RunRequest.of(recipe("post4-model3"), augmentation=own)
    model = build(request.network, pretrained=False)
    run = make_run(model, request=request)
    classifier = load(run.id)
    assert [layer.name for layer in classifier.model.layers] == [layer.name for layer in model.layers]
    assert "contrast" in [layer.name for layer in classifier.model.layers]
    assert odds(classifier, pictures()) == odds(classifier, pictures())
    np.testing.assert_allclose(odds(classifier, pictures()), own_odds(model, pictures()), rtol=1e-3, atol=1e-3)


def refusal(name) -> str:
    with pytest.raises(RunError) as refused:
        load(name)
    return str(refused.value)


def test_weights_that_are_gone_are_a_sentence(network, home):
    run = make_run(network)
    run.best_weights.unlink()
    assert refusal(run.id) == (
        f"The weights of run {run.id} are missing or damaged (best.weights.h5). "
        f"Train it again, or choose another model."
    )


def test_damaged_weights_are_a_sentence(network, home):
    run = make_run(network)
    whole = run.best_weights.read_bytes()
    damaged = [b"", b"hello", whole[:100], whole[: len(whole) // 2], whole[:-1], b"\0" * len(whole)]
    random = np.random.default_rng(0)
    head = 4096  # where HDF5 says what lies where
    for _ in range(20):
        broken = bytearray(whole)
        broken[8:head] = random.integers(0, 256, head - 8).astype(np.uint8).tobytes()
        damaged.append(bytes(broken))
    for content in damaged:
        run.best_weights.write_bytes(content)
        assert "missing or damaged" in refusal(run.id)


def test_another_network_s_weights_are_a_sentence(home):
    from catdog.models.build import build

    for key in ("post4-model2", "post2-model1"):
        run = make_run(build(recipe(key), pretrained=False))
        assert "missing or damaged" in refusal(run.id)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Starter",
        "../../etc",
        "/etc",
        "..",
        "20250101-000000000-post4-model1",
        "20250101-000000000-post4-model1/..",
        "\0",
    ],
)
def test_a_name_that_is_no_run_is_a_sentence(name, home):
    assert refusal(name).startswith("There is no run '")


def test_a_run_whose_request_was_edited_is_a_sentence(network, home):
    run = make_run(network)
    (run.path / "run.json").write_text("{}")
    assert run.id in refusal(run.id)
