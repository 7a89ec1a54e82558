"""What a run was asked and on what it ran, as one list of words."""

from catdog.models.device import photos_a_step
from catdog.settings import AUTO
from catdog.training import Snapshot
from catdog.ui.photo_set import photos_of
from catdog.ui.training_effort import BASES, way_in_words
from catdog.ui.training_view import PHASES


def settings_of(run: Snapshot) -> dict[str, str]:
    """Each setting's name and value, as people read them."""
    request, versions = run.request, run.about.get("versions")
    base = f"{BASES[request.base][0]}, {way_in_words(request.copies)}" if run.recipe.has_frozen_base else ""
    return {
        "recipe": request.recipe,
        "phase": PHASES[run.phase],
        "epochs": f"{run.epochs_done} of {request.epochs}",
        "photos a step": f"{photos_a_step(run.state.device) or request.batch_size}",
        "learning rate": f"{request.learning_rate:g} (Adam)",
        "loss": run.recipe.loss.replace("_", " "),
        "seed": f"{request.seed}",
        "training photos": f"at most {request.limit:,}" if request.limit else "all",
        "augmentation of its own": request.augmentation.in_words() if request.augmentation else "none",
        **({"frozen base": base} if base else {}),
        "photos": photos_of(run),
        "device": run.state.device or "–",
        "precision": f"{run.state.precision or '–'} ({'automatic' if request.precision == AUTO else 'as asked for'})",
        "versions": ", ".join(f"{name} {one}" for name, one in versions.items()) if isinstance(versions, dict) else "–",
    }
