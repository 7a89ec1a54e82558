"""The Training page through AppTest: choosing, starting, watching, stopping, and every state that a run can be in."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from catdog.models import precision, pretrained
from catdog.models.pretrained import FEWEST_BYTES, weights_file
from catdog.recipes import RECIPES, Augmentation, blocks_in_words, layer_table, previous, with_augmentation, with_base
from catdog.settings import AUTO, BFLOAT16, DATASET_NAME, DEFAULT_COPIES, EMBEDDED, FLOAT32, PRECISIONS
from catdog.training import Board, RunRequest
from catdog.ui import training_effort
from catdog.ui.shared import weights_task
from catdog.ui.training_runs import NEXT
from tests.pages.conftest import drawn, spoken, tell

TRAINING = "pages/3_Training.py"
OWN = "flip=vertical,turn=10,fill=wrap,contrast=40"
OWN_IN_WORDS = "flip up-down, turn up to ±10°, gaps filled from the other side, contrast up to ±40 %"
POST_IN_WORDS = "flip left-right, turn up to ±72°, gaps filled by mirroring"
INSTEAD = "**Embedded base, not the post's.** A run that is started now builds on the small network"
PHOTOS = {"fingerprint": "0" * 16, "name": "own"}


@pytest.fixture
def training(app: AppTest) -> AppTest:
    return app.switch_page(TRAINING).run()


def submitted(home, key="post4-model1", **overrides) -> str:
    return Board(home / "runs").submit(RunRequest.of(RECIPES[key], **overrides), PHOTOS)


def watching(app: AppTest, run_id: str) -> AppTest:
    app.query_params["run"] = run_id
    return app.switch_page(TRAINING).run()


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.header, app.info, app.success, app.warning, app.error)
    return spoken("\n".join(element.value for kind in kinds for element in kind))


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_the_page_begins_with_the_plain_network_of_post_4(training):
    assert not training.exception
    assert training.title[0].value == "Can it learn?"
    assert training.radio(key="training.architecture").value == "cnn"
    assert training.segmented_control(key="training.post.cnn").value == "post4-model1"
    assert "742,194" in texts(training)


@pytest.mark.parametrize("key", RECIPES)
def test_every_recipe_can_be_chosen_by_its_address(app, key):
    app.query_params["recipe"] = key
    page = app.switch_page(TRAINING).run()
    assert not page.exception
    assert page.segmented_control(key=f"training.post.{RECIPES[key].architecture}").value == key
    assert page.query_params["recipe"] == key
    table = page.table[-1].value if page.table else None
    assert table is not None
    assert len(table) == len(layer_table(RECIPES[key]))


def test_an_unknown_recipe_in_the_address_is_told_with_the_nearest_one(app):
    app.query_params["recipe"] = "post4-modle3"
    page = app.switch_page(TRAINING).run()
    assert "post4-model3" in page.warning[0].value
    assert page.segmented_control(key="training.post.cnn").value == "post4-model1"


def test_another_architecture_keeps_the_post(training):
    training.segmented_control(key="training.post.cnn").set_value("post3-model1.2").run()
    training.radio(key="training.architecture").set_value("preprocessing").run()
    assert training.query_params["recipe"] == "post3-model3"
    assert "What changed since model 2" in [expander.label for expander in training.expander]


def test_a_link_to_another_recipe_on_the_same_page_is_followed(training):
    training.radio(key="training.architecture").set_value("augmentation").run()
    training.query_params["recipe"] = "post2-model3"
    training.run()
    assert training.radio(key="training.architecture").value == "preprocessing"
    assert training.segmented_control(key="training.post.preprocessing").value == "post2-model3"
    assert training.query_params["recipe"] == "post2-model3"


def test_the_settings_begin_with_the_recipes_own(app):
    app.query_params["recipe"] = "post5-model4"
    page = app.switch_page(TRAINING).run()
    assert page.number_input(key="training.rate.post5-model4").value == pytest.approx(0.0001)
    assert page.number_input(key="training.epochs.post5-model4").value == 20
    assert page.number_input(key="training.epochs.post5-model4").min == 1
    assert page.number_input(key="training.batch.post5-model4").max == 256


def test_start_submits_what_was_chosen_and_puts_the_run_into_the_address(training, home, workers):
    training.number_input(key="training.epochs.post4-model1").set_value(3)
    training.number_input(key="training.seed").set_value(11)
    training.select_slider(key="training.share").set_value(50)
    training.button(key="training.start").click().run()
    assert not training.exception
    run_id = training.query_params["run"]
    assert workers.launched == [run_id]
    request = Board(home / "runs").snapshot(run_id).request
    assert request == RunRequest("post4-model1", 3, 32, 0.001, seed=11, limit=12)
    assert "post4-model1: starting" in texts(training)


def test_a_second_start_queues_and_says_its_place(training, workers):
    training.button(key="training.start").click().run()
    training.button(key="training.start").click().run()
    assert len(workers.launched) == 1
    assert training.query_params["run"] not in workers.launched
    assert "post4-model1: waiting" in texts(training)
    assert "1 run is before this one" in training.progress[0].proto.text


def test_a_running_run_shows_how_far_and_how_good_it_is(app, home):
    run_id = submitted(home, epochs=5)
    tell(home, run_id, [(0.61, 0.58), (0.70, 0.64)])
    page = watching(app, run_id)
    assert not page.exception
    assert "post4-model1: training" in texts(page)
    progress = page.progress[0].proto
    assert progress.text == "Epoch 3 of 5 · step 2 of 4 · 1 min 12 s left · 430 photos/s · 2 CPU cores · float32"
    assert progress.value == 48  # 2.4 of 5 epochs
    assert metrics(page) == {
        "validation": "64.0 %",
        "best": "64.0 %",
        "post 4": "about 58 %",
        "training": "50.0 %",
        "gap in points": "6.0",
    }


def test_a_reload_and_a_second_browser_show_the_same_run(app, home):
    run_id = submitted(home, epochs=5)
    tell(home, run_id, [(0.61, 0.58)])
    first = watching(app, run_id)
    second = AppTest.from_file(app._script_path, default_timeout=30).run()
    assert metrics(watching(second, run_id)) == metrics(first)


def test_stop_asks_the_run_to_stop_and_cannot_be_pressed_again(app, home):
    run_id = submitted(home, epochs=5)
    run = tell(home, run_id, [(0.61, 0.58)])
    page = watching(app, run_id)
    page.button(key="training.stop").click().run()
    assert run.stop_asked
    assert "post4-model1: stopping" in texts(page)
    assert page.button(key="training.stop").disabled


def test_a_finished_run_tells_its_test_accuracy_and_offers_no_stop(app, home):
    run_id = submitted(home, epochs=2)
    run = tell(home, run_id, [(0.61, 0.58), (0.70, 0.64)], "finished")
    run.write_evaluation({"test": {"accuracy": 0.734, "photos": 192}})
    page = watching(app, run_id)
    assert "On 192 photos it has never seen: **73.4 %** right" in page.success[0].value
    assert "This run differs from the post: epochs 2 instead of 20." in texts(page)
    assert not [button for button in page.button if button.key == "training.stop"]
    assert "Train the next: Augmented" in [link.label for link in page.get("page_link")]


@pytest.mark.parametrize(
    "test", [None, [], {}, {"accuracy": "high", "photos": 192}, {"accuracy": 0.7}, {"accuracy": 0.7, "photos": None}]
)
def test_an_evaluation_or_events_edited_by_hand_do_not_break_the_page(app, home, test):
    run_id = submitted(home, epochs=2)
    run = tell(home, run_id, [], "finished")
    run.write_evaluation({"test": test})
    run.events.write_text('{"kind": "epoch", "epoch": 1}\n{"kind": "step", "epoch": 2}\n')
    page = watching(app, run_id)
    assert not page.exception
    assert not page.success
    tell(home, run_id, [], "running")
    run.events.write_text('{"kind": "step", "epoch": 1, "step": 3}\n{"kind": "step", "epoch": 1, "steps": 0}\n')
    assert not page.run().exception


def test_a_stopped_run_says_which_weights_are_kept(app, home):
    run_id = submitted(home, epochs=5)
    tell(home, run_id, [(0.61, 0.60), (0.70, 0.59)], "stopped")
    assert "Stopped after 2 of 5 epochs. The weights of epoch 1 are kept." in texts(watching(app, run_id))


def test_a_failed_run_says_why(app, home):
    run_id = submitted(home)
    tell(home, run_id, [], "failed", error="The disk is full. Make room, start again.")
    assert watching(app, run_id).error[0].value == "The disk is full. Make room, start again."


def test_a_loss_that_ran_away_is_named(app, home):
    run_id = submitted(home, epochs=1)
    run = tell(home, run_id, [], "finished")
    run.events.write_text('{"kind": "epoch", "epoch": 1, "loss": null, "accuracy": 0.5, "val_accuracy": 0.5}\n')
    page = watching(app, run_id)
    assert not page.exception
    assert "no longer a number" in page.warning[0].value


@pytest.mark.parametrize("run_id", ["../../etc/passwd", "<script>alert(1)</script>", "20260101-000000000-post1-model1"])
def test_an_unknown_run_in_the_address_is_a_sentence(app, run_id):
    page = watching(app, run_id)
    assert not page.exception
    assert page.error[0].value.startswith("There is no run")


def test_a_run_folder_edited_by_hand_is_a_sentence_and_the_others_stay_listed(app, home):
    broken, good = submitted(home), submitted(home, epochs=1)
    tell(home, good, [(0.6, 0.6)], "finished")
    tell(home, broken, [], "finished")
    (home / "runs" / broken / "run.json").write_text("{")
    assert "cannot be read" in watching(app, broken).error[0].value
    del app.query_params["run"]
    page = app.switch_page(TRAINING).run()
    assert not page.exception
    assert [link.proto.label for link in page.get("page_link") if "post4-model1 · finished" in link.proto.label]
    assert "cannot be read" in texts(page)


def test_someone_elses_training_is_shown_with_a_way_to_watch_it(app, home):
    run_id = submitted(home, epochs=5)
    tell(home, run_id, [(0.61, 0.58)])
    page = app.switch_page(TRAINING).run()
    assert "**Training now.** post4-model1: epoch 2 of 5, best 58%." in texts(page)


def test_those_that_wait_say_their_place_and_of_many_only_the_next_are_shown(app, home):
    tell(home, submitted(home, epochs=5), [(0.61, 0.58)])
    for _ in range(NEXT + 2):
        submitted(home, epochs=1)
    page = app.switch_page(TRAINING).run()
    shown = [line for line in texts(page).split("\n") if "before it" in line]
    assert shown[0] == "**Waiting, 1 run before it.** post4-model1, 1 epoch."
    assert len(shown) == NEXT
    assert "2 more runs of others wait." in texts(page)


def transfer(app: AppTest) -> AppTest:
    """The page with network 4 chosen, after the pretrained weights were looked for, and at."""
    app.query_params["recipe"] = "post4-model4"
    page = app.switch_page(TRAINING).run()
    weights_task().wait(30)
    assert not page.run().exception
    return page


def test_without_weights_the_transfer_network_says_what_takes_their_place_and_why_and_can_be_started(app, home):
    page = transfer(app)
    assert INSTEAD in texts(page)
    why = next(text.value for text in page.markdown if "Fetching them failed" in text.value)
    assert f"KERAS_HOME/models lacks {weights_file().name}" in spoken(why)
    assert "refused" in why
    assert not page.button(key="training.start").disabled
    page.button(key="training.start").click().run()
    assert not page.exception
    run_id = page.query_params["run"]
    assert Board(home / "runs").snapshot(run_id).request == RunRequest.of(RECIPES["post4-model4"], base="embedded")
    assert "post4-model4 (embedded base): starting" in texts(page)
    told = "This run differs from the post: frozen base “embedded base, not the post's” instead of “MobileNetV2”."
    assert told in texts(page)


def test_weights_can_be_tried_for_again_where_they_could_not_be_had(app, monkeypatch):
    page = transfer(app)
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: None)
    monkeypatch.setattr(pretrained, "fetch", lambda url, target, *_: target.write_bytes(bytes(FEWEST_BYTES)))
    page.button(key="weights.retry").click().run()
    weights_task().wait(30)
    assert INSTEAD not in texts(page.run())
    assert not page.exception


@pytest.mark.usefixtures("weights")
def test_with_weights_the_transfer_network_stands_on_the_post_s_own_base(app, home):
    page = transfer(app)
    assert INSTEAD not in texts(page)
    page.button(key="training.start").click().run()
    run_id = page.query_params["run"]
    assert Board(home / "runs").snapshot(run_id).request.base == "imagenet"
    assert "post4-model4: starting" in texts(page)
    assert "frozen base" not in "".join(caption.value for caption in page.caption if "differs" in caption.value)


@pytest.mark.usefixtures("damaged_weights")
def test_weights_that_keras_cannot_load_are_not_built_on_and_the_reason_is_said(app, home):
    page = transfer(app)
    assert INSTEAD in texts(page)
    assert "Keras cannot load it: bad object header" in texts(page)
    page.button(key="training.start").click().run()
    assert Board(home / "runs").snapshot(page.query_params["run"]).request.base == "embedded"
    assert weights_file().exists()  # whoever brought it may want it back


def test_weights_that_have_gone_meanwhile_can_be_fetched_again(weights, app, monkeypatch):
    assert INSTEAD not in texts(transfer(app))
    weights.unlink()
    page = transfer(app)
    assert INSTEAD in texts(page)
    assert "are not on this machine" in texts(page)
    monkeypatch.setattr(pretrained, "fetch", lambda url, target, *_: target.write_bytes(bytes(FEWEST_BYTES)))
    page.button(key="weights.retry").click().run()
    weights_task().wait(30)
    assert INSTEAD not in texts(page.run())


def test_weights_that_are_here_are_only_loaded_where_a_network_needs_them(weights, app, monkeypatch):
    looked = []
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: looked.append(path))
    app.query_params["recipe"] = "post4-model1"
    app.switch_page(TRAINING).run()
    assert not weights_task().running
    assert looked == []
    transfer(app)
    weights_task().wait(30)
    assert looked == [weights]


@pytest.mark.parametrize("key", ["post4-model1", "post4-model2", "post4-model3"])
def test_a_network_without_a_frozen_base_has_no_word_about_one(app, home, key):
    weights_task().wait(30)
    app.query_params["recipe"] = key
    page = app.switch_page(TRAINING).run()
    assert INSTEAD not in texts(page)
    page.button(key="training.start").click().run()
    assert Board(home / "runs").snapshot(page.query_params["run"]).request == RunRequest.of(RECIPES[key])


@pytest.mark.parametrize(
    ("photos", "told"),
    [
        ({"kind": "sample", "name": "drawn_sample"}, "It learned from the drawn sample. The dotted curves are"),
        ({"kind": "own", "name": "*pets*"}, "It learned from the folder *pets*. The dotted curves are the post's"),
        ({"kind": "real", "name": DATASET_NAME}, None),
        ({"name": DATASET_NAME}, None),  # before sets had kinds
    ],
    ids=["the sample", "own photos", "the real photos", "an older run"],
)
def test_a_run_on_other_photos_says_that_the_dotted_curves_are_the_post_s_on_the_real_ones(app, home, photos, told):
    request = RunRequest.of(RECIPES["post4-model1"], epochs=2)
    run_id = Board(home / "runs").submit(request, PHOTOS | photos)
    tell(home, run_id, [(0.61, 0.58), (0.70, 0.64)], "finished")
    page = watching(app, run_id)
    assert not page.exception
    assert told in texts(page) if told else "It learned from" not in texts(page)
    assert ("post4-model1 (drawn sample): finished" in texts(page)) == (photos.get("kind") == "sample")


def choosing(app: AppTest, recipe: str, augmentation: str) -> AppTest:
    """Arriving with a recipe and an augmentation of one's own, as the links of the Augmentation page lead here."""
    app.query_params.update({"recipe": recipe, "augmentation": augmentation})
    return app.switch_page(TRAINING).run()


def layers_of(page: AppTest) -> list[str]:
    return page.table[-1].value["layer"].tolist()


def test_an_own_augmentation_is_said_beside_the_posts_and_stands_among_the_layers(app):
    page = choosing(app, "post4-model3", OWN)
    assert not page.exception
    sentence = f"**With your own augmentation**: {OWN_IN_WORDS}. It differs from the post, which has: {POST_IN_WORDS}."
    assert sentence in texts(page)
    augmenting = [name for name in layers_of(page) if name in ("flip", "rotation", "turn", "contrast")]
    assert len(augmenting) == 3
    assert "contrast" in augmenting
    assert page.query_params["augmentation"] == OWN


def test_as_in_the_post_takes_the_own_augmentation_away(app, home):
    page = choosing(app, "post4-model2", OWN)
    page.button(key="training.augmentation.drop").click().run()
    assert "your own augmentation" not in texts(page)
    assert "augmentation" not in page.query_params
    assert "contrast" not in layers_of(page)
    page.button(key="training.start").click().run()
    request = Board(home / "runs").snapshot(page.query_params["run"]).request
    assert request == RunRequest.of(RECIPES["post4-model2"])


def test_an_own_augmentation_waits_where_the_network_takes_the_photos_as_they_are(app, home):
    page = choosing(app, "post4-model1", OWN)
    assert not page.exception
    assert "Your own augmentation waits for networks 2, 3 and 4" in texts(page)
    page.button(key="training.start").click().run()
    assert Board(home / "runs").snapshot(page.query_params["run"]).request.augmentation is None
    page.radio(key="training.architecture").set_value("augmentation").run()
    assert f"**With your own augmentation**: {OWN_IN_WORDS}." in texts(page)
    page.button(key="training.start").click().run()
    request = Board(home / "runs").snapshot(page.query_params["run"]).request
    assert request.augmentation == Augmentation.from_text(OWN)


HOSTILE = [
    "",
    "flip",
    "flip=sideways",
    "turn=181",
    "turn=-1",
    "turn=ten",
    "turn=1,turn=2",
    "size=3",
    "<script>",
    "none,",
]
HOSTILE += ["flip=horizontal;turn=72", "=" * 500, "turn=" + "9" * 500, "\0", "turn=٣", "turn=1e1", "fill=zebra"]


def test_an_augmentation_that_makes_no_sense_is_a_warning_and_the_posts_own_is_trained(app, home):
    for text in HOSTILE:
        page = choosing(app, "post4-model2", text)
        assert not page.exception, text
        assert len(page.warning) == 1, text
        assert len(page.warning[0].value) < 300, text
        assert "your own augmentation" not in texts(page), text
        assert not page.button(key="training.start").disabled, text
    page.button(key="training.start").click().run()
    assert Board(home / "runs").snapshot(page.query_params["run"]).request.augmentation is None


@pytest.mark.parametrize(
    "text", ["flip=horizontal,turn=72", " turn = 72 , flip = horizontal , fill = reflect , zoom = 0 "]
)
def test_an_augmentation_that_is_the_posts_own_is_not_mentioned(app, home, text):
    page = choosing(app, "post4-model2", text)
    assert not page.warning
    assert "your own augmentation" not in texts(page)
    page.button(key="training.start").click().run()
    request = Board(home / "runs").snapshot(page.query_params["run"]).request
    assert request == RunRequest.of(RECIPES["post4-model2"])


def test_a_run_with_an_own_augmentation_has_it_in_its_request_and_its_page_says_so(app, home):
    page = choosing(app, "post4-model2", OWN)
    page.number_input(key="training.epochs.post4-model2").set_value(3)
    page.button(key="training.start").click().run()
    assert not page.exception
    request = Board(home / "runs").snapshot(page.query_params["run"]).request
    assert request == RunRequest.of(RECIPES["post4-model2"], epochs=3, augmentation=Augmentation.from_text(OWN))
    differs = (
        f"This run differs from the post: epochs 3 instead of 20, augmentation “{OWN_IN_WORDS}” instead of "
        f"“{POST_IN_WORDS}”."
    )
    assert differs in texts(page)
    other = AppTest.from_file(app._script_path, default_timeout=30)
    assert differs in texts(watching(other, page.query_params["run"]))


def test_no_augmentation_at_all_is_an_augmentation_of_its_own(app, home):
    page = choosing(app, "post4-model2", "none")
    assert not page.exception
    assert "flip" not in layers_of(page)
    page.button(key="training.start").click().run()
    request = Board(home / "runs").snapshot(page.query_params["run"]).request
    assert request.augmentation == Augmentation()
    assert f"augmentation “no augmentation” instead of “{POST_IN_WORDS}”" in texts(page)


@pytest.mark.parametrize("key", ["post1-model2", "post2-model3", "post5-model4"])
def test_every_kind_of_augmentation_can_be_shown_in_networks_of_other_posts(app, key):
    for text in (
        "none",
        "brightness=100",
        "flip=both,zoom=50",
        "zoom=50,shift=50,fill=nearest,brightness=1,contrast=100",
    ):
        page = choosing(app, key, text.replace("both", "horizontal_and_vertical"))
        assert not page.exception, text
        assert ("**Without augmentation**" if text == "none" else "**With your own augmentation**") in texts(page), text
        assert len(page.table[-1].value) > 3, text


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("post2-model2", {"flip": "both", "turn": "180", "fill": "nearest"}),
        ("post3-model4", {"flip": "left-right", "turn": "108"}),
    ],
)
def test_the_posts_augmentation_can_be_seen_at_work(training, key, given):
    training.query_params["recipe"] = key
    training.run()
    link = next(one.proto for one in training.get("page_link") if one.proto.label.startswith("See the post's"))
    address = dict(parse_qsl(link.query_string))
    assert {name: address[f"augmentation.{name}"] for name in given} == given
    assert f"turn up to ±{given['turn']}°" in link.label


def test_a_network_without_augmentation_offers_none_to_see(training):
    assert not [one for one in training.get("page_link") if one.proto.label.startswith("See the post's")]


def test_an_augmentation_in_the_address_does_not_become_a_picture(app):
    page = choosing(app, "post4-model2", "![x](http://e.vi/)")
    assert "](" not in page.warning[0].value


def test_a_network_without_augmentation_is_said_to_be_the_one_before(app):
    page = choosing(app, "post1-model2", "none")
    assert "Nothing: without augmentation it is the same network." in texts(page)
    page = choosing(app, "post1-model3", "none")
    assert "Added first: scale_pixels" in texts(page)
    assert "Replaced" not in texts(page)


def sketches(page: AppTest) -> list[str]:
    """What is said of each sketch of the network to those who do not see it."""
    return [chart["alt"] for chart in drawn(page) if chart["alt"].startswith("Photo (160 × 160 × 3)")]


@pytest.mark.parametrize("key", ["post3-model1", "post3-model4", "post5-model2"])
def test_the_network_is_drawn_for_wide_and_for_narrow_pages_and_told_in_words(app, key):
    app.query_params["recipe"] = key
    page = app.switch_page(TRAINING).run()
    assert not page.exception
    network = with_base(RECIPES[key], EMBEDDED) if RECIPES[key].has_frozen_base else RECIPES[key]  # no weights here
    assert sketches(page) == [blocks_in_words(network)] * 2
    wide, narrow = [chart["layout"]["xaxis"]["range"][1] for chart in drawn(page)]
    assert wide > 2 * narrow
    assert ("it keeps what it has learned elsewhere" in texts(page)) == (key == "post3-model4")
    assert ("New against network" in texts(page)) == (key != "post3-model1")


def test_a_network_is_drawn_with_the_visitors_own_augmentation(app):
    own = Augmentation.from_text(OWN)
    entry = with_augmentation(RECIPES["post4-model3"], own)
    page = choosing(app, "post4-model3", OWN)
    assert sketches(page) == [blocks_in_words(entry, with_augmentation(previous(entry), own))] * 2
    assert "augmentation (flip, turn, contrast)" in sketches(page)[0]
    assert "Changed against" not in texts(page)


# How it computes: the frozen base, and the precision


@pytest.fixture
def machine(monkeypatch):
    """Makes this a machine with these flags of its processor and, where it is named, so many of this GPU."""

    def make(*flags, gpu=None, capability=0.0, gpus=1):
        monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))
        monkeypatch.setattr(precision, "gpu_capability", lambda: capability)
        for room in (precision, training_effort):
            monkeypatch.setattr(room, "installed_gpu", lambda: gpu)
        monkeypatch.setattr(training_effort, "installed_gpus", lambda: (gpu,) * gpus if gpu else ())

    make()
    return make


def opened(app, key) -> AppTest:
    app.query_params["recipe"] = key
    page = app.switch_page(TRAINING).run()
    assert not page.exception
    return page


def keys_of(page, kind) -> list[str]:
    return [one.key for one in page.get(kind)]


def started(page, home) -> RunRequest:
    page.button(key="training.start").click().run()
    assert not page.exception
    return Board(home / "runs").snapshot(page.query_params["run"]).request


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("key", RECIPES)
def test_only_a_network_with_a_frozen_base_offers_how_it_is_used(app, key):
    page = opened(app, key)
    assert ("training.base" in keys_of(page, "radio")) == RECIPES[key].needs_imagenet
    assert "training.copies" not in keys_of(page, "number_input")


@pytest.mark.usefixtures("machine", "weights")
def test_the_frozen_base_is_used_the_exact_way_unless_someone_chooses_otherwise(app, home):
    page = opened(app, "post4-model4")
    assert page.radio(key="training.base").value == "exact"
    assert started(page, home) == RunRequest.of(RECIPES["post4-model4"])


@pytest.mark.usefixtures("machine", "weights")
def test_features_are_asked_for_with_as_many_copies_as_were_chosen(app, home):
    page = opened(app, "post4-model4")
    page.radio(key="training.base").set_value("features").run()
    copies = page.number_input(key="training.copies")
    assert (copies.value, copies.min, copies.max) == (DEFAULT_COPIES, 0, 16)
    assert "The base looks at each photo and at 2 augmented copies of it." in texts(page)
    page.number_input(key="training.copies").set_value(1).run()
    assert "at 1 augmented copy of it. More copies come closer to the exact way" in texts(page)
    assert started(page, home) == RunRequest.of(RECIPES["post4-model4"], copies=1)
    assert "This run differs from the post: use of the base “features, 1 copy” instead of “exact”." in texts(page)


@pytest.mark.usefixtures("machine", "weights")
def test_no_copies_at_all_are_still_features(app, home):
    page = opened(app, "post4-model4")
    page.radio(key="training.base").set_value("features").run()
    page.number_input(key="training.copies").set_value(0).run()
    assert "Without copies nothing is augmented" in texts(page)
    assert started(page, home).copies == 0


@pytest.mark.usefixtures("machine", "weights")
def test_where_nothing_is_augmented_both_ways_are_one_and_none_is_offered(app, home):
    page = choosing(app, "post4-model4", "none")
    assert not page.exception
    assert "training.base" not in keys_of(page, "radio")
    assert "the frozen base looks only once at each photo" in texts(page)
    assert started(page, home) == RunRequest.of(RECIPES["post4-model4"], augmentation=Augmentation())


@pytest.mark.usefixtures("machine", "weights")
def test_features_that_were_chosen_are_not_asked_of_a_network_without_a_frozen_base(app, home):
    page = opened(app, "post4-model4")
    page.radio(key="training.base").set_value("features").run()
    page.radio(key="training.architecture").set_value("cnn").run()
    assert started(page, home) == RunRequest.of(RECIPES["post4-model1"])


def test_the_precision_says_what_it_will_be_here_and_why(app, machine):
    machine("avx512_bf16")
    page = opened(app, "post4-model1")
    chosen = page.selectbox(key="training.precision")
    assert (chosen.value, chosen.disabled) == (AUTO, False)
    assert chosen.options == ["Automatic", "float32", "mixed_bfloat16"]
    told = "mixed_bfloat16: this processor (avx512_bf16) computes with it, in less time and with the same accuracy."
    assert told in texts(page)
    machine()
    assert "float32: this processor has no bfloat16." in texts(page.run())
    machine(gpu="NVIDIA H200", capability=9.0)
    assert "mixed_bfloat16: NVIDIA H200 computes with it" in texts(page.run())


@pytest.mark.parametrize("wanted", PRECISIONS)
@pytest.mark.usefixtures("machine")
def test_the_precision_that_was_chosen_is_what_the_run_is_asked_for(app, home, wanted):
    page = opened(app, "post4-model1")
    page.selectbox(key="training.precision").set_value(wanted).run()
    assert started(page, home) == RunRequest.of(RECIPES["post4-model1"], precision=wanted)
    assert "differs from the post" not in texts(page)


def test_a_precision_that_nothing_here_is_made_for_is_said_to_be_slower(app, machine):
    slower = "mixed_bfloat16: nothing in this machine is made to compute with it, so it will be slower."
    page = opened(app, "post4-model1")
    page.selectbox(key="training.precision").set_value(BFLOAT16).run()
    assert slower in texts(page)
    machine("amx_bf16")
    page.run()
    assert slower not in texts(page)
    assert "mixed_bfloat16: as it was asked for." in texts(page)
    page.selectbox(key="training.precision").set_value(FLOAT32).run()
    assert "float32: as it was asked for." in texts(page)


@pytest.mark.usefixtures("weights")
def test_on_a_processor_a_frozen_base_leaves_no_precision_to_choose(app, home, machine):
    machine("amx_bf16")
    page = opened(app, "post4-model1")
    page.selectbox(key="training.precision").set_value(BFLOAT16).run()
    page.radio(key="training.architecture").set_value("transfer").run()
    (chosen,) = (one for one in page.selectbox if one.label == "Precision")
    assert (chosen.value, chosen.disabled) == (AUTO, True)
    assert "float32: on a processor the frozen base is slower in bfloat16." in texts(page)
    assert started(page, home) == RunRequest.of(RECIPES["post4-model4"])


@pytest.mark.usefixtures("weights")
def test_on_a_gpu_a_frozen_base_has_its_precision_chosen(app, home, machine):
    machine(gpu="NVIDIA H200", capability=9.0)
    page = opened(app, "post4-model4")
    page.selectbox(key="training.precision").set_value(FLOAT32).run()
    assert started(page, home) == RunRequest.of(RECIPES["post4-model4"], precision=FLOAT32)


# All GPUs together


@pytest.mark.parametrize("gpus", [0, 1])
def test_without_several_gpus_there_is_nothing_to_use_together(app, home, machine, gpus):
    machine(gpu="NVIDIA A100" if gpus else None, capability=8.0)
    app.query_params["training.devices"] = "true"
    page = opened(app, "post4-model1")
    assert not page.toggle or "training.devices" not in keys_of(page, "toggle")
    assert started(page, home).all_devices is False


def test_all_gpus_train_together_where_that_was_chosen_and_the_photos_of_a_step_are_said(app, home, machine):
    machine(gpu="NVIDIA A100", capability=8.0, gpus=4)
    page = opened(app, "post4-model1")
    together = page.toggle(key="training.devices")
    assert (together.label, together.value) == ("All 4 GPUs together", False)
    assert "The learning rate stays as it stands here; some raise it" in together.help
    together.set_value(True).run()
    assert "A step takes 128 photos, 32 on each GPU." in texts(page)
    page.number_input(key="training.batch.post4-model1").set_value(256).run()
    assert "A step takes 1,024 photos, 256 on each GPU." in texts(page)
    assert started(page, home) == RunRequest.of(RECIPES["post4-model1"], batch_size=256, all_devices=True)
    differs = "This run differs from the post: batch size 256 instead of 32, devices all together instead of one."
    assert differs in texts(page)


def test_several_gpus_alone_change_nothing(app, home, machine):
    machine(gpu="NVIDIA A100", capability=8.0, gpus=2)
    page = opened(app, "post4-model1")
    assert "on each GPU" not in texts(page)
    assert started(page, home) == RunRequest.of(RECIPES["post4-model1"])


@pytest.mark.usefixtures("weights")
def test_a_network_with_a_frozen_base_offers_no_gpus_to_use_together(app, home, machine):
    machine(gpu="NVIDIA A100", capability=8.0, gpus=2)
    page = opened(app, "post4-model1")
    page.toggle(key="training.devices").set_value(True).run()
    page.radio(key="training.architecture").set_value("transfer").run()
    assert not page.exception
    assert "training.devices" not in keys_of(page, "toggle")
    assert started(page, home) == RunRequest.of(RECIPES["post4-model4"])
