"""The drawn sample: cats and dogs drawn by program, for a lesson on a machine without the photos."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
from filelock import FileLock
from PIL import Image

from catdog.disk import appearing, cannot_write, require_room
from catdog.photos.drawn import scenes
from catdog.photos.drawn.bodies import POSES, Pose
from catdog.photos.drawn.coat import draw_coat
from catdog.photos.drawn.faces import draw_face
from catdog.photos.drawn.light import lit
from catdog.photos.drawn.pen import Pen
from catdog.progress import Pace, Report
from catdog.settings import CLASS_FOLDERS, SAMPLE_PHOTOS

SIDES = (240, 400)  # pixels, the shortest and the longest side that a picture has
SUPERSAMPLING = 2  # drawn so many times larger, for smooth edges
SOFTNESS = 3  # the background is drawn so many times smaller, as if it were out of focus
POSE_WEIGHTS = (58, 22, 10, 10)  # portrait, sitting, lying, standing
QUALITY = 88  # JPEG
BYTES_EACH = 40_000  # at most, on the mean
DRAWN_AT = 1_767_225_600  # 1 January 2026, in seconds: one time for all files, so that a set is the same everywhere
REPORT_EVERY = 20  # pictures
THREADS = 2  # Pillow lets other threads work during its longer steps; more than two wait for each other


def draw(label: int, seed: int, number: int) -> Image.Image:
    """Draw one picture: RGB, each side within SIDES; label 0 is a cat, 1 a dog.

    The same three arguments give the same pixels. Coat, pose, scene and light come from one distribution for both.
    """
    random = Random(f"{seed} {label} {number}")
    size = _size(random)
    pose = random.choices(POSES, POSE_WEIGHTS)[0]
    unit, middle = _place(random, size, pose)
    picture = _behind(random, size, pose, unit, middle)
    pen = _pen(random, picture, pose, unit, middle)
    coat = draw_coat(random)
    pose.draw(pen, draw_face(label == 1, coat, random), random)
    scenes.before(picture, random)
    return lit(picture.reduce(SUPERSAMPLING), random)


def draw_sample(folder: Path, report: Report, seed: int = 0) -> Path:
    """Draw the whole sample into `folder`, with `train/` and `validation/`; returns the folder.

    It appears whole or not at all, and nothing is done where it is there. Raises DiskError where it cannot be written.
    """
    if folder.is_dir():
        return folder
    try:
        require_room(folder.parent, BYTES_EACH * sum(SAMPLE_PHOTOS.values()))
        # Page and terminal may both want the sample: the second waits for the first and finds it there.
        with FileLock(folder.parent / f"{folder.name}.lock"):
            if not folder.is_dir():
                _draw_all(folder, report, seed)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


def _draw_all(folder: Path, report: Report, seed: int) -> None:
    places = list(_places())
    pace = Pace("Drawing the sample", "pictures")
    with appearing(folder) as scratch:
        for split in SAMPLE_PHOTOS:
            for name in CLASS_FOLDERS:
                (scratch / split / name).mkdir(parents=True)
        with ThreadPoolExecutor(THREADS) as threads:
            drawn = [threads.submit(_write, scratch / place, label, seed, number) for place, label, number in places]
            try:
                for done, one in enumerate(drawn, start=1):
                    one.result()
                    if done % REPORT_EVERY == 0 or done == len(places):
                        report(pace.at(done, len(places)))
            except BaseException:
                threads.shutdown(cancel_futures=True)  # or the disk stays busy with a set that nobody gets
                raise


def _write(target: Path, label: int, seed: int, number: int) -> None:
    draw(label, seed, number).save(target, "JPEG", quality=QUALITY)
    os.utime(target, (DRAWN_AT, DRAWN_AT))


def _places() -> Iterator[tuple[str, int, int]]:
    """Each picture's path below the folder, its label and its number: no number twice in a class."""
    first = 0
    for split, photos in SAMPLE_PHOTOS.items():
        for label, name in enumerate(CLASS_FOLDERS):
            for number in range(first, first + photos // 2):
                yield f"{split}/{name}/{name[:-1]}.{number}.jpg", label, number
        first += photos // 2


def _size(random: Random) -> tuple[int, int]:
    """Width and height in pixels: landscape, portrait and square."""
    long = random.randint(270, SIDES[1])
    short = max(round(long * random.choice((1.0, 0.8, 0.75, 0.67))), SIDES[0])
    return (long, short) if random.random() < 0.6 else (short, long)


def _place(random: Random, size: tuple[int, int], pose: Pose) -> tuple[float, tuple[float, float]]:
    """How many pixels a unit has, and where the middle of the animal stands: often beside the picture's middle."""
    left, top, right, bottom = pose.box
    share = random.triangular(0.45, 1.15, 0.97)
    unit = share * min(size[0] / (right - left), size[1] / (bottom - top))
    free = [side - unit * length for side, length in zip(size, (right - left, bottom - top), strict=True)]
    across = size[0] / 2 + free[0] * random.uniform(-0.4, 0.4)
    down = size[1] / 2 + abs(free[1]) * random.uniform(-0.1, 0.4)
    return unit, (across, down)


def _behind(random: Random, size: tuple[int, int], pose: Pose, unit: float, middle: tuple[float, float]) -> Image.Image:
    """The background, SUPERSAMPLING times as large as the picture will be, with the animal's shadow."""
    small = scenes.background(random, (size[0] // SOFTNESS, size[1] // SOFTNESS))
    left, top, right, bottom = pose.box
    feet = middle[1] + unit * (pose.ground - (top + bottom) / 2)
    scenes.shadow(small, middle[0] / SOFTNESS, feet / SOFTNESS, unit * (right - left) * 0.5 / SOFTNESS)
    return small.resize((size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING), Image.Resampling.BILINEAR)


def _pen(random: Random, picture: Image.Image, pose: Pose, unit: float, middle: tuple[float, float]) -> Pen:
    """A pen at the middle of the pose's head, for a picture that is SUPERSAMPLING times as large."""
    page = Pen(picture, np.eye(2) * unit * SUPERSAMPLING, np.array(middle) * SUPERSAMPLING)
    turned = page.inside(0, 0, degrees=random.gauss(0, 5), mirrored=random.random() < 0.5)
    left, top, right, bottom = pose.box
    return turned.inside(-(left + right) / 2, -(top + bottom) / 2)
