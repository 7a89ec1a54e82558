"""What a run was asked and on what it ran, as one list of words."""

from catdog.training import Snapshot
from catdog.ui.training_view import PHASES


def settings_of(run: Snapshot) -> dict[str, str]:
    """Each setting's name and value, as people read them."""
    request, versions = run.request, run.about.get("versions")
    return {
        "recipe": request.recipe,
        "phase": PHASES[run.phase],
        "epochs": f"{run.epochs_done} of {request.epochs}",
        "photos a step": f"{request.batch_size}",
        "learning rate": f"{request.learning_rate:g} (Adam)",
        "loss": run.recipe.loss.replace("_", " "),
        "seed": f"{request.seed}",
        "training photos": f"at most {request.limit:,}" if request.limit else "all",
        "augmentation of its own": request.augmentation.in_words() if request.augmentation else "none",
        "photos": str(run.photos.get("name", "")),
        "device": ", ".join(filter(None, (run.state.device, run.state.precision))) or "–",
        "versions": ", ".join(f"{name} {one}" for name, one in versions.items()) if isinstance(versions, dict) else "–",
    }
