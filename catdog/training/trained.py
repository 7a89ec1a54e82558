"""The networks that runs have trained, loaded to be asked. Needs Keras."""

from contextlib import suppress
from pathlib import Path

from catdog.errors import PhotosError, RunError
from catdog.insight.calibration import Calibration
from catdog.insight.classifier import ONE_AT_A_TIME, Classifier
from catdog.insight.evaluate import scored
from catdog.insight.scores import Scores
from catdog.models.build import build
from catdog.starter.load import load_starter
from catdog.training.choices import STARTER
from catdog.training.fit import photos_of
from catdog.training.folder import RunFolder
from catdog.training.state import OVER


def load_classifier(runs: Path, name: str, keep: bool = True) -> Classifier:
    """The starter, or the run with this id with the weights of its best epoch.

    `keep` allows to store what had to be found out about it, for the next time.
    Raises RunError where there is no such run, or its weights are gone or damaged.
    """
    if name == STARTER:
        return load_starter()
    run = RunFolder.open(runs, name)
    with ONE_AT_A_TIME:
        network = run.request.network
        model = build(network, pretrained=False)
        try:
            model.load_weights(run.best_weights)
        except (OSError, ValueError, KeyError) as error:
            raise RunError(
                f"The weights of run {run.id} are missing or damaged ({run.best_weights.name}). Train it again, or "
                f"choose another model."
            ) from error
        return Classifier(model, network.from_logits, _calibration(run, model, keep))


def _calibration(run: RunFolder, model, keep: bool) -> Calibration | None:
    """What is stored with the run; fitted now, and with `keep` stored, where it was stopped before it was scored.

    None where the photos that it was trained on are no longer there.
    """
    with suppress(ValueError):
        return Scores.from_json(run.evaluation()).calibration
    with suppress(PhotosError):
        scores = scored(model, run.request.network, photos_of(run), [])
        if keep and run.state.phase in OVER:  # until then the folder is its worker's: the weights may still get better
            with suppress(OSError):  # a folder that cannot be written: then it is fitted again next time
                run.write_evaluation(scores.as_json())
        return scores.calibration
    return None
