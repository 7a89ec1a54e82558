"""Every recipe as a Keras network: it is what the recipe says, it learns, and its frozen base stays frozen."""

import math

import numpy as np
import pytest

from catdog.embedded.stored import load_weights
from catdog.errors import WeightsError
from catdog.models.pretrained import missing_weights
from catdog.recipes import RECIPES, named_layers, recipe, total_parameters, trainable_parameters, with_base
from catdog.settings import EMBEDDED, WEIGHTS_FILE
from tests.conftest import skip_or_fail

TRANSFER = [key for key, entry in RECIPES.items() if entry.needs_imagenet]
ON_EMBEDDED = {f"{key} on the embedded base": with_base(recipe(key), EMBEDDED) for key in TRANSFER}
NETWORKS = {**RECIPES, **ON_EMBEDDED}


class Stepped:
    """A network of a recipe before and after one training step."""

    def __init__(self, entry):
        import keras

        from catdog.models.build import build, compile_for_training

        keras.utils.set_random_seed(3)
        random = np.random.default_rng(3)
        self.photos = random.integers(0, 256, (4, 160, 160, 3)).astype(np.float32)
        self.labels = np.array([0, 1, 1, 1])
        self.entry = entry
        self.model = build(entry, pretrained=False)
        compile_for_training(self.model, entry, entry.learning_rate)
        self.model.run_eagerly = True  # one step is done before a graph of it would be traced
        self.before = self.weights()
        self.loss, self.accuracy = self.model.train_on_batch(self.photos, self.labels)
        self.after = self.weights()

    def weights(self):
        """All weights by path, the base's running means among them."""
        return {weight.path: weight.numpy() for weight in self.model.weights}


@pytest.fixture(scope="module", params=NETWORKS, ids=list(NETWORKS))
def stepped(request):
    return Stepped(NETWORKS[request.param])


def test_one_step_gives_a_loss_that_is_a_number(stepped):
    assert math.isfinite(stepped.loss) and stepped.loss > 0
    assert stepped.accuracy in {0, 0.25, 0.5, 0.75, 1}


def test_the_layers_bear_the_recipe_s_names_in_its_order(stepped):
    names = [layer.name for layer in stepped.model.layers]
    assert names == ["photo", *(name for name, _ in named_layers(stepped.entry))]


def test_each_layer_has_the_recipe_s_arguments(stepped):
    for name, layer in named_layers(stepped.entry):
        if layer.frozen:
            continue
        built = stepped.model.get_layer(name)
        assert type(built).__name__ == layer.kind
        config = built.get_config()
        for argument, wanted in layer.arguments.items():
            spelled_out = {
                "kernel_size": (wanted, wanted),
                "pool_size": (wanted, wanted),
                "factor": (-wanted, wanted) if argument == "factor" else None,
            }
            assert config[argument] == spelled_out.get(argument, wanted), argument


def test_it_takes_a_photo_and_gives_as_many_numbers_as_the_recipe_says(stepped):
    assert stepped.model.input_shape == (None, 160, 160, 3)
    answers = stepped.model.predict_on_batch(stepped.photos)
    assert answers.shape == (4, stepped.entry.outputs)
    assert np.isfinite(answers).all()
    if not stepped.entry.from_logits:
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_it_has_as_many_parameters_as_the_table_says(stepped):
    learned = sum(math.prod(weight.shape) for weight in stepped.model.trainable_weights)
    assert stepped.model.count_params() == total_parameters(stepped.entry)
    assert learned == trainable_parameters(stepped.entry)


def test_every_layer_that_should_learn_has_moved(stepped):
    """Kernels only: with raw pixels the answers are so extreme that a bias' four gradients may cancel to nothing."""
    paths = [weight.path for weight in stepped.model.trainable_weights if weight.path.endswith("/kernel")]
    assert 2 * len(paths) == len(stepped.model.trainable_weights)
    assert [path for path in paths if np.array_equal(stepped.before[path], stepped.after[path])] == []


def test_nothing_else_has_moved_not_even_running_means(stepped):
    learning = {weight.path for weight in stepped.model.trainable_weights}
    fixed = stepped.before.keys() - learning
    assert bool(fixed) == stepped.entry.has_frozen_base
    for path in fixed:
        np.testing.assert_array_equal(stepped.before[path], stepped.after[path], err_msg=path)


def test_asking_twice_gives_the_same_answer(stepped):
    """Flips, turns and dropout belong to training alone."""
    first, second = (stepped.model.predict_on_batch(stepped.photos) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("key", [*TRANSFER, *ON_EMBEDDED])
def test_the_frozen_base_holds_all_its_parts_still(key):
    from catdog.models.build import build

    base = build(NETWORKS[key], pretrained=False).get_layer("base")
    assert base.trainable_weights == []
    assert not any(layer.trainable for layer in base.layers)
    assert any("moving_mean" in weight.path for weight in base.weights)


def test_a_whole_epoch_through_fit_leaves_the_base_as_it_was():
    """The same as above, by way of the traced graph that real training uses."""
    import keras

    from catdog.models.build import build, compile_for_training

    keras.utils.set_random_seed(0)
    entry = recipe("post3-model4")
    model = build(entry, pretrained=False)
    compile_for_training(model, entry, entry.learning_rate)
    base, head = model.get_layer("base"), model.get_layer("logits")
    base_before, head_before = ([weight.numpy() for weight in layer.weights] for layer in (base, head))
    photos = np.random.default_rng(0).integers(0, 256, (4, 160, 160, 3)).astype(np.float32)
    history = model.fit(photos, np.array([0, 1, 1, 1]), batch_size=4, epochs=1, verbose=0).history
    assert history.keys() == {"loss", "accuracy"}
    for before, weight in zip(base_before, base.weights, strict=True):
        np.testing.assert_array_equal(before, weight.numpy(), err_msg=weight.path)
    assert all(not np.array_equal(b, w.numpy()) for b, w in zip(head_before, head.weights, strict=True))


def test_the_same_seed_gives_the_same_first_weights():
    import keras

    from catdog.models.build import build

    drawn = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        drawn.append(build(recipe("post4-model3")).get_layer("conv_1").get_weights()[0])
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@pytest.mark.parametrize("key", [key for key in RECIPES if key not in TRANSFER] + ["post2-model4", *ON_EMBEDDED])
def test_in_mixed_precision_weights_augmentation_and_the_answer_stay_float32(key):
    import keras

    from catdog.models.build import build

    model = build(NETWORKS[key], pretrained=False, precision="mixed_bfloat16")
    answered = False
    for name, layer in named_layers(NETWORKS[key]):
        answered = answered or name in {"logits", "probabilities"}
        wanted = "float32" if answered or layer.random else "bfloat16"
        assert model.get_layer(name).compute_dtype == wanted, name
    assert answered
    assert {keras.backend.standardize_dtype(weight.dtype) for weight in model.weights} == {"float32"}
    assert model.output.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("key", ["post4-model4", "post4-model4 on the embedded base"])
def test_all_parts_of_a_frozen_base_compute_with_the_precision_that_was_asked_for(key):
    from catdog.models.build import build

    base = build(NETWORKS[key], pretrained=False, precision="mixed_bfloat16").get_layer("base")
    assert {layer.compute_dtype for layer in base.layers} == {"bfloat16"}
    assert {weight.dtype for weight in base.weights} == {"float32"}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("key", TRANSFER)
def test_missing_weights_are_said_at_once_with_what_to_do(key, tmp_path, monkeypatch):
    from catdog.models.build import build

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(WeightsError) as error:
        build(recipe(key))
    assert WEIGHTS_FILE in str(error.value)
    assert str(tmp_path / "models") in str(error.value)


@pytest.mark.usefixtures("no_network")
def test_a_network_without_borrowed_weights_needs_none(tmp_path, monkeypatch):
    from catdog.models.build import build

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert build(recipe("post4-model1")).count_params() == total_parameters(recipe("post4-model1"))


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("key", ON_EMBEDDED)
def test_the_embedded_base_comes_with_catdog_and_is_the_stored_one(key, tmp_path, monkeypatch):
    from catdog.models.build import build

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    base = build(ON_EMBEDDED[key]).get_layer("base")
    for weight, stored in zip(base.get_weights(), load_weights()[:-2], strict=True):
        np.testing.assert_array_equal(weight, stored)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_network")
def test_damaged_weights_are_said_with_what_to_do(tmp_path, monkeypatch):
    """Keras reads KERAS_HOME once, when it is imported; the second line stands for a process begun with it."""
    import keras

    from catdog.models.build import build

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.src.backend.config, "_KERAS_DIR", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / WEIGHTS_FILE).write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1000))
    with pytest.raises(WeightsError) as error:
        build(recipe("post4-model4"))
    assert WEIGHTS_FILE in str(error.value)
    assert str(tmp_path / "models") in str(error.value)


@pytest.mark.usefixtures("no_network")
def test_the_pretrained_base_is_the_same_each_time_and_not_random():
    if missing := missing_weights():
        skip_or_fail(missing)
    from catdog.models.build import build

    kernels = [
        build(recipe("post4-model4"), pretrained).get_layer("base").get_weights()[0]
        for pretrained in (True, True, False)
    ]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])


def scorer(key, learning_rate=0.001):
    """A network that passes its input on, ready to train by a recipe: what is scored is what the test gives it."""
    import keras

    from catdog.models.build import compile_for_training

    entry = recipe(key)
    answer = keras.Input((entry.outputs,))
    model = keras.Model(answer, keras.layers.Activation("linear")(answer))
    compile_for_training(model, entry, learning_rate)
    model.run_eagerly = True
    return model


def scores(model, answers, labels):
    figures = model.test_on_batch(np.array(answers, np.float32), np.array(labels), return_dict=True)
    return figures["loss"], figures["accuracy"]


@pytest.mark.parametrize(
    ("logit", "label", "accuracy"), [(0.2, 1, 1), (-0.2, 1, 0), (0.2, 0, 0), (-0.2, 0, 1), (30, 1, 1), (-30, 0, 1)]
)
def test_a_single_logit_means_dog_when_it_is_above_zero(logit, label, accuracy):
    loss, right = scores(scorer("post3-model4"), [[logit]], [label])
    assert right == accuracy
    sign = 1 if label else -1
    assert loss == pytest.approx(math.log1p(math.exp(-sign * logit)), abs=1e-5)


def test_two_logits_are_scored_as_such():
    loss, right = scores(scorer("post2-model1"), [[0.0, math.log(3)], [2.0, 0.0]], [1, 1])
    assert right == 0.5
    assert loss == pytest.approx((-math.log(3 / 4) + math.log(1 + math.exp(2))) / 2, rel=1e-5)


def test_two_probabilities_are_not_taken_for_logits():
    loss, right = scores(scorer("post4-model1"), [[0.3, 0.7], [0.9, 0.1]], [1, 0])
    assert right == 1
    assert loss == pytest.approx(-(math.log(0.7) + math.log(0.9)) / 2, rel=1e-5)


def test_sixty_four_logits_are_scored_against_all_sixty_four():
    """The posts' own figure: an answer of class 17 is wrong for either label."""
    answers = np.zeros((2, 64))
    answers[0, 1] = answers[1, 17] = 5
    loss, right = scores(scorer("post5-model1"), answers, [1, 1])
    assert right == 0.5
    others = math.exp(5) + 63
    assert loss == pytest.approx((math.log(others / math.exp(5)) + math.log(others)) / 2, rel=1e-5)


def test_adam_takes_the_learning_rate_that_was_asked_for():
    import keras

    optimizer = scorer("post5-model4", learning_rate=0.0123).optimizer
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert float(optimizer.learning_rate) == pytest.approx(0.0123)
