"""A run's answers to the photos that were held back, and those photos, as far as they are there."""

import streamlit as st

from catdog.errors import PhotosError
from catdog.insight.scores import Scores
from catdog.photos import PreparedPhotos, open_prepared
from catdog.training import Snapshot
from catdog.training.folder import RunFolder
from catdog.ui.photo_set import photos_now
from catdog.ui.shared import where
from catdog.ui.waiting import classifier_or_panel
from catdog.ui.words import told

KEPT = 16  # runs and sets that are kept in memory


def scores_or_panel(run: Snapshot) -> Scores | None:
    """What the run answered; where it has not been asked yet, it is now, or a sentence says why it cannot be."""
    if not run.over:
        st.info("It is still training. When it is done, it is asked about all validation and test photos.")
        return None
    if scores := _stored(run):
        return scores
    if not run.best:
        st.info("It finished no epoch, so that it left nothing that could be asked.")
        return None
    if classifier_or_panel(run.id, "results") is None:  # loading it asks it, and keeps the answers
        return None
    scores = _stored(run)
    if scores is None:
        st.info("The photos that it was trained with are no longer prepared here, so that it cannot be asked.")
    return scores


def photos_of(run: Snapshot) -> PreparedPhotos | None:
    """The photos that the run learned from; a sentence where they are no longer there."""
    fingerprint = str(run.photos.get("fingerprint"))
    ready = photos_now().result
    if ready and ready.fingerprint == fingerprint:
        return ready
    try:
        return _opened(fingerprint)
    except PhotosError as error:
        st.info(told(str(error)))
        return None


def photos_for(run: Snapshot, scores: Scores) -> PreparedPhotos | None:
    """As `photos_of`; a sentence too where the answers name photos that the set does not have."""
    photos = photos_of(run)
    if photos and max(*scores.validation.positions, *scores.test.positions) >= len(photos.photos):
        st.info("Its answers name photos that this set does not have: evaluation.json was changed.")
        return None
    return photos


def _stored(run: Snapshot) -> Scores | None:
    folder = RunFolder.open(where().runs, run.id)
    try:
        return _read(run.id, folder.path.stat().st_mtime_ns, folder)
    except ValueError:
        return None


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _read(run_id: str, changed: int, _folder: RunFolder) -> Scores:
    return Scores.from_json(_folder.evaluation())


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _opened(fingerprint: str) -> PreparedPhotos:
    return open_prepared(where().prepared, fingerprint)
