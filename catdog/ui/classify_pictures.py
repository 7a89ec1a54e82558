"""The pictures that a visitor brings: dropped, photographed, or taken from the photos here; read, and kept a while."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from catdog.errors import PhotoError
from catdog.numbers import counted
from catdog.photos import PreparedPhotos
from catdog.photos.decode import read_bytes, read_picture
from catdog.progress import Pace
from catdog.settings import CLASSES, PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS
from catdog.ui.classify_model import HERE
from catdog.ui.photo_set import photos_now
from catdog.ui.pictures import LONGEST, jpeg, label_of
from catdog.ui.words import plain, readable

MOST = 200  # pictures of one visitor: 30 MB of the server's memory
READ_AT_ONCE = 8  # threads; of large pictures catdog.photos.bounds lets fewer be read at once
STATE, TURN, REFUSED, NEXT = (f"classify.{name}" for name in ("pictures", "turn", "refused", "next"))
OPENED = "classify.opened"  # the number of the picture that is looked at closely
REMEMBERED = "classify.answers"  # by model, then by the picture's number


@dataclass(frozen=True)
class Brought:
    """One picture that was read. `pixels` is what the networks receive, `shown` a JPEG of it in its own shape.

    `truth` is "cat" or "dog" where that is known already.
    """

    number: int
    name: str
    pixels: np.ndarray
    shown: bytes
    size: tuple[int, int]
    truth: str | None = None


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and why."""

    name: str
    reason: str


def kept() -> list[Brought | Unread]:
    """What this visitor has brought, read or not, oldest first."""
    return st.session_state.setdefault(STATE, [])


def pictures() -> list[Brought]:
    """The pictures that this visitor has brought, oldest first."""
    return [one for one in kept() if isinstance(one, Brought)]


def opened() -> Brought | None:
    """The picture that is looked at closely: the newest, or the one that was chosen."""
    return next((one for one in pictures() if one.number == st.session_state.get(OPENED)), None)


def mark(picture: Brought, place: str, label_visibility: str = "visible") -> None:
    """Lets the visitor say what the picture really shows, at any of several places on the page."""
    key = f"classify.truth.{place}.{picture.number}"
    st.session_state[key] = picture.truth  # it may have been marked at another place
    st.segmented_control(
        "It really is a",
        CLASSES,
        key=key,
        label_visibility=label_visibility,
        on_change=_marked,
        args=[picture.number, key],
    )


def _marked(number: int, key: str) -> None:
    truth = st.session_state[key]
    st.session_state[STATE] = [
        replace(one, truth=truth) if isinstance(one, Brought) and one.number == number else one for one in kept()
    ]


def bring() -> None:
    """The place to drop files, the camera, an example; reads what comes in, shows what could not be read."""
    place = st.empty()
    if files := _drop(place):
        _take(files)
        _drop(place)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Camera"):
            # Off at first, because the browser asks for the camera as soon as it is shown.
            if st.toggle("Use the camera", key=HERE):
                place = st.empty()
                if shot := _shoot(place):
                    _take([shot])
                    _shoot(place)
        photos = photos_now().result
        full = len(kept()) >= MOST
        st.button(
            "An example", key="classify.example", disabled=photos is None or full, on_click=_example, args=[photos]
        )
        if kept():
            st.button("Put all away", key="classify.clear", on_click=_put_away)
        st.caption("Pictures go to the computer that catdog runs on and no further, and are forgotten with this page.")
    _show_unread()


def _drop(place: DeltaGenerator) -> Sequence[UploadedFile]:
    megabytes, megapixels = PHOTO_MAX_BYTES // 1024**2, PHOTO_MAX_PIXELS // 10**6
    return place.file_uploader(
        f"Drop pictures here: any kind, each up to {megabytes} MB and {megapixels} megapixels",
        accept_multiple_files=True,
        key=f"classify.files.{_turn()}",
    )


def _shoot(place: DeltaGenerator) -> UploadedFile | None:
    return place.camera_input("Take a picture", key=f"classify.shot.{_turn()}")


def _turn() -> int:
    """How many times something was taken: then the place is a fresh one, and what was read is not held twice."""
    return st.session_state.setdefault(TURN, 0)


def _take(files: Sequence[UploadedFile]) -> None:
    """Read files into this visitor's pictures, as many as there is room for."""
    room = max(MOST - len(kept()), 0)
    taken, refused = files[:room], files[room:]
    st.session_state[REFUSED] = len(refused)
    bar, pace = st.progress(0.0, text="Reading …"), Pace("Reading", "pictures")
    read = _readers().map(lambda file: _read(file.name, file.getvalue), taken)
    for done, (file, one) in enumerate(zip(taken, read, strict=True), 1):
        _keep(one)
        _forget(file)  # at once: where a click interrupts this run, the next one goes on with the files left
        bar.progress(done / len(taken), text=pace.at(done, len(taken)).sentence())
    for file in refused:
        _forget(file)
    bar.empty()
    st.session_state[TURN] += 1


@st.cache_resource(show_spinner=False)
def _readers() -> ThreadPoolExecutor:
    """The threads that read for all visitors: what lies decoded in memory is bounded by their number."""
    return ThreadPoolExecutor(min(READ_AT_ONCE, os.cpu_count() or 1), "catdog-reader")


def _read(name: str, data: Callable[[], bytes], truth: str | None = None) -> Brought | Unread:
    """Made small in the reader's own thread, so that large pictures do not wait in memory for their turn."""
    name = readable(name)
    try:
        picture = read_picture(data())
    except PhotoError as error:
        return Unread(name, str(error))
    picture.image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return Brought(0, name, picture.pixels, jpeg(picture.image), picture.size, truth)


def _keep(one: Brought | Unread) -> None:
    if isinstance(one, Brought):
        number = st.session_state[NEXT] = st.session_state.get(NEXT, 0) + 1
        st.session_state[OPENED] = number
        one = replace(one, number=number)
    kept().append(one)


def _forget(file: UploadedFile) -> None:
    """Give back the memory of an upload, which Streamlit would keep until the visitor leaves."""
    context = get_script_run_ctx()
    remove: Callable[..., None] | None = getattr(context.uploaded_file_mgr, "remove_file", None) if context else None
    if remove:
        remove(session_id=context.session_id, file_id=file.file_id)


def _example(photos: PreparedPhotos) -> None:
    """Take one of the photos that no network was trained on."""
    position = int(np.random.default_rng().choice(photos.held_out))
    name = photos.files[position].rpartition("/")[2]
    path = photos.root / photos.files[position]
    _keep(_read(name, lambda: read_bytes(path), label_of(photos, position)))


def _put_away() -> None:
    for key in (STATE, REFUSED, OPENED, REMEMBERED):
        st.session_state.pop(key, None)


def _show_unread() -> None:
    unread = [one for one in kept() if isinstance(one, Unread)]
    if unread:
        lines = "\n".join(f"- {plain(one.name)}: {plain(one.reason)}" for one in unread)
        st.error(
            f"**{counted(len(unread), 'file')} could not be read**\n\n{lines}", icon=":material/image_not_supported:"
        )
    if refused := st.session_state.get(REFUSED):
        st.warning(
            f"At most {MOST} pictures are looked at together: {counted(refused, 'file')} of the last drop "
            f"{'was' if refused == 1 else 'were'} left out. Put all away, then drop the rest."
        )
