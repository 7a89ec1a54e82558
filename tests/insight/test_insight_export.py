"""What is taken away answers as the network does, wherever it is opened; what cannot be made is a sentence."""

import errno
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from catdog.errors import CatdogError, ExportError
from catdog.insight import export
from catdog.insight.export import FORMATS, exported, missing_package
from catdog.recipes import recipe, with_base
from catdog.settings import EMBEDDED

ROOT = Path(__file__).parents[2]
AUGMENTED = "post4-model3"  # mirrors and turns its photos, ends in a softmax; the smallest of all files
OTHERS = ["post5-model3", "nested", "embedded"]  # 64 logits; a base within the network; catdog's own base
TOLERANCE = 1e-3
ABSENT = "Add what is missing with `pip install -r requirements-export.txt`."

needs_onnx = pytest.mark.skipif(missing_package("onnx") is not None, reason=missing_package("onnx") or "")
ignores_the_old_interpreter = pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")


def nested(keras):
    """A network within a network, with a batch normalisation that is held still and a dropout."""
    photo, given = keras.Input((160, 160, 3), name="photo"), keras.Input((160, 160, 3))
    seen = keras.layers.Conv2D(4, 8, strides=8)(keras.layers.Rescaling(1 / 255)(given))
    base = keras.Model(given, keras.layers.BatchNormalization()(seen), name="base")
    base.trainable = False
    x = base(keras.layers.RandomFlip()(photo), training=False)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    return keras.Model(photo, keras.layers.Dense(1)(x))


@pytest.fixture(scope="module")
def networks():
    """Networks with random weights, and with random biases and moving means too, which else are all 0."""
    import keras

    from catdog.models.build import build

    def network(key):
        keras.utils.set_random_seed(6)
        if key == "embedded":
            return build(with_base(recipe("post4-model4"), EMBEDDED))
        model = nested(keras) if key == "nested" else build(recipe(key), pretrained=False)
        for weight in model.weights:
            if weight.path.endswith(("bias", "beta", "moving_mean")):
                weight.assign(keras.random.uniform(weight.shape, 0, 1))
        return model

    return {key: network(key) for key in (AUGMENTED, *OTHERS)}


@pytest.fixture(scope="module")
def model(networks):
    return networks[AUGMENTED]


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(5).integers(0, 256, (3, 160, 160, 3)).astype(np.float32)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder that everything temporary goes to, in this test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def answers_of_litert(content, photos):
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=content)
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, photos.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, photos)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def answers_of_onnx(content, photos):
    import onnx
    from onnx.reference import ReferenceEvaluator  # comes with onnx, so that no further package is needed to look

    (answers,) = ReferenceEvaluator(onnx.load_from_string(content)).run(None, {"photo": photos})
    return answers


def answers_of(model, photos):
    return np.asarray(model(photos, training=False))


def replace_export(monkeypatch, replacement):
    import keras

    monkeypatch.setattr(keras.Model, "export", replacement)


def test_every_format_says_what_it_is_and_what_it_is_for():
    assert list(FORMATS) == ["keras", "litert", "onnx"]
    for title, ending, purpose in FORMATS.values():
        assert title
        assert ending.startswith(".")
        assert purpose.endswith(".")


def test_the_test_network_would_answer_otherwise_if_it_augmented_its_answers(model, photos):
    training = np.asarray(model(photos, training=True))
    assert np.abs(training - answers_of(model, photos)).max() > 10 * TOLERANCE


def test_a_keras_file_loads_back_and_answers_the_same(model, photos, tmp_path):
    import keras

    file = tmp_path / "taken.keras"
    file.write_bytes(exported(model, "keras"))
    loaded = keras.models.load_model(file)
    np.testing.assert_allclose(answers_of(loaded, photos), answers_of(model, photos), atol=1e-6)


def test_a_keras_file_on_the_embedded_base_loads_in_plain_keras(networks, photos, tmp_path):
    """In a process that knows nothing of catdog."""
    (tmp_path / "taken.keras").write_bytes(exported(networks["embedded"], "keras"))
    np.save(tmp_path / "photos.npy", photos)
    code = (
        "import sys, keras, numpy as np; model = keras.saving.load_model('taken.keras'); "
        "np.save('answers.npy', np.asarray(model(np.load('photos.npy'), training=False))); "
        "assert not [name for name in sys.modules if name.startswith('catdog')]"
    )
    subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, check=True)
    wanted = answers_of(networks["embedded"], photos)
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), wanted, atol=1e-5)


def test_a_keras_file_keeps_the_layers_that_act_while_training(model, tmp_path):
    import keras

    file = tmp_path / "taken.keras"
    file.write_bytes(exported(model, "keras"))
    kinds = [type(layer) for layer in keras.models.load_model(file).layers]
    assert kinds == [type(layer) for layer in model.layers]
    assert keras.layers.RandomFlip in kinds


@ignores_the_old_interpreter
@pytest.mark.parametrize("key", [AUGMENTED, *OTHERS])
def test_a_litert_file_answers_as_the_network_for_one_photo_and_for_several(networks, photos, key):
    content = exported(networks[key], "litert")
    for count in (1, 3):
        wanted = answers_of(networks[key], photos[:count])
        np.testing.assert_allclose(answers_of_litert(content, photos[:count]), wanted, atol=TOLERANCE)


@needs_onnx
@pytest.mark.parametrize("key", [AUGMENTED, "nested", "embedded"])
def test_an_onnx_file_answers_as_the_network_for_one_photo_and_for_several(networks, photos, key):
    content = exported(networks[key], "onnx")
    for count in (1, 3):
        wanted = answers_of(networks[key], photos[:count])
        np.testing.assert_allclose(answers_of_onnx(content, photos[:count]), wanted, atol=TOLERANCE)


@needs_onnx
def test_an_onnx_file_with_something_untranslated_is_refused(model, monkeypatch):
    """As tf2onnx writes it, with no more than a line in the log, where augmentation is left in the network."""
    monkeypatch.setattr(export, "_as_it_answers", lambda network: network)
    with pytest.raises(ExportError, match=r"ONNX \(ValidationError\)"):
        exported(model, "onnx")


@pytest.mark.parametrize("key", FORMATS)
def test_nothing_is_left_behind_or_said(model, temporary, key, capfd):
    if missing_package(key):
        pytest.skip(missing_package(key))
    capfd.readouterr()
    assert exported(model, key)
    left = [path.name for path in temporary.iterdir()]
    assert [name for name in left if not name.startswith("__autograph")] == []  # TensorFlow's, which it removes later
    assert capfd.readouterr() == ("", "")


@ignores_the_old_interpreter
def test_the_network_itself_stays_as_it_was(model, photos):
    before, weights = answers_of(model, photos), model.get_weights()
    names = [layer.name for layer in model.layers]
    exported(model, "litert")
    np.testing.assert_array_equal(answers_of(model, photos), before)
    assert [layer.name for layer in model.layers] == names
    assert all((one == two).all() for one, two in zip(model.get_weights(), weights, strict=True))


def test_what_other_threads_ask_meanwhile_is_answered(model, photos):
    from catdog.insight.classifier import Classifier

    classifier = Classifier(model, from_logits=False, calibration=None)
    pictures = photos.astype(np.uint8)
    alone = classifier.answers(pictures)
    with ThreadPoolExecutor(4) as threads:
        files = [threads.submit(exported, model, key) for key in ("litert", "keras")]
        asked = [threads.submit(classifier.answers, pictures) for _ in range(4)]
        assert all(one.result() == alone for one in asked)
        assert all(len(one.result()) > 100_000 for one in files)


def test_nobody_else_uses_keras_while_a_file_is_made(model, monkeypatch):
    from catdog.insight.classifier import ONE_AT_A_TIME

    got = []

    def look(self, file, **options):
        other = threading.Thread(target=lambda: got.append(ONE_AT_A_TIME.acquire(blocking=False)))
        other.start()
        other.join()
        raise ValueError

    replace_export(monkeypatch, look)
    with pytest.raises(ExportError):
        exported(model, "litert")
    assert got == [False]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("no idea how to write /secret/place/model.tflite"), "ValueError"),
        (OSError(errno.ENOSPC, "No space left on device", "/secret/place"), "No space left on device"),
        (ImportError("cannot open /secret/lib.so"), "ImportError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_conversion_that_fails_is_a_sentence_without_a_path_and_leaves_nothing(
    model, temporary, monkeypatch, error, reason
):
    def fail(self, file, **options):
        with open(file, "wb") as half:  # noqa: PTH123 - as Keras does
            half.write(b"half a file")
        raise error

    replace_export(monkeypatch, fail)
    with pytest.raises(CatdogError) as caught:
        exported(model, "litert")
    assert str(caught.value) == f"This network could not be made into LiteRT ({reason}). Choose another format."
    assert not list(temporary.iterdir())


def test_an_unknown_format_is_a_bug(model):
    with pytest.raises(KeyError):
        exported(model, "pickle")


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        ({"tf2onnx", "onnx"}, "ONNX needs the packages tf2onnx and onnx."),
        ({"tf2onnx"}, "ONNX needs the package tf2onnx."),
        ({"onnx"}, "ONNX needs the package onnx."),
    ],
    ids=["both", "tf2onnx", "onnx"],
)
def test_a_package_that_is_not_installed_is_named(model, monkeypatch, absent, said):
    monkeypatch.setattr(export, "find_spec", lambda name: None if name in absent else object())
    assert missing_package("onnx") == f"{said} {ABSENT}"
    with pytest.raises(ExportError) as caught:
        exported(model, "onnx")
    assert str(caught.value) == missing_package("onnx")


def test_keras_and_litert_need_no_further_package(monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    assert (missing_package("keras"), missing_package("litert")) == (None, None)


def test_the_file_that_the_sentence_names_pins_each_package_it_names():
    lines = (ROOT / export.REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    pinned = [line.partition("==")[0] for line in lines if "==" in line]
    assert pinned == list(export.NEEDED["onnx"])


def test_what_can_be_made_is_known_without_loading_keras():
    code = "import sys; from catdog.insight.export import missing_package; missing_package('onnx'); "
    code += "print([name for name in ('keras', 'tensorflow', 'onnx', 'tf2onnx') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
