"""Where things lie and how far things may go: read once from the environment, said in one place."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from catdog.errors import SettingError

IMAGE_SIZE = (160, 160)  # height, width in pixels: what every network of the posts receives
CLASSES = ("cat", "dog")  # label 0 and label 1, in the alphabetical order that the posts' loader gives them
CLASS_FOLDERS = ("cats", "dogs")

DATASET_URL = "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip"
DATASET_NAME = "cats_and_dogs_filtered"  # the one folder inside the archive
DATASET_PHOTOS = {"train": 2_000, "validation": 1_000}
DATASET_MB = 69  # of the archive to fetch
UNPACKED_MAX_BYTES = 1024**3  # of all its photos: fifteen times what they take
SAMPLE_NAME = "drawn_sample"
SAMPLE_PHOTOS = {"train": 400, "validation": 200}

WEIGHTS_FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_160_no_top.h5"
WEIGHTS_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{WEIGHTS_FILE}"
WEIGHTS_MB = 9

REAL, OWN, SAMPLE = "real", "own", "sample"  # the sets of photos: the public ones, a folder of one's own, drawn ones
PHOTO_SETS = (REAL, OWN, SAMPLE)
IMAGENET, EMBEDDED = "imagenet", "embedded"  # the frozen bases: MobileNetV2 as in the posts, catdog's own
BASES = (IMAGENET, EMBEDDED)

PHOTO_MAX_BYTES = 20 * 1024**2  # one picture file
PHOTO_MAX_PIXELS = 25_000_000  # one picture, before it is resized
PHOTO_MAX_SIDE = 65_535  # pixels, as in a JPEG; resizing takes memory by the side as well
PHOTO_MEMORY = 550  # MB that reading one picture may take for a moment: a HEIC of 12 bits and full size takes 490
UPLOADS_OF_ONE = 300 * 1024**2  # bytes of pictures that wait in memory to be read, of one visitor
UPLOADS_IN_TOTAL = 1024**3  # the same of all visitors, with what is still arriving
NETWORK_TIMEOUT = 3.0  # seconds until a connection that nobody answers counts as refused

RUNS_OF_ONE, RUNS_IN_TOTAL = 2, 40  # that train or wait: of one visitor of a class, of all; a class of thirty fits
CLUSTER_RUNS_IN_TOTAL = 1_000  # the same of all where a cluster trains: a course of three hundred fits

TEST_SHARE = 0.192  # of the validation folder: 192 of 1,000, as in the posts
SPLIT_SEED = 0  # the same 192 test photos for every run, so that runs can be compared


@dataclass(frozen=True)
class Limits:
    """The smallest and largest value that a setting may take, both allowed, and what it counts."""

    low: float
    high: float
    what: str

    def check(self, value: float) -> float:
        """The value itself, or a SettingError that names it and its limits."""
        if not self.low <= value <= self.high:  # False for NaN as well
            given = f"{value:g}" if isinstance(value, float) else str(value)[:40]
            raise SettingError(f"{self.what} must lie between {self.low:g} and {self.high:g}; {given} was given.")
        return value

    def check_whole(self, value: Any) -> int:
        """The value itself where it is a whole number within the limits, or a SettingError that says what is wrong."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingError(f"{self.what} must be a whole number; {str(value)[:40]!r} was given.")
        return self.check(value)


def whole_number(text: str) -> int | None:
    """The whole number that a text from outside spells in plain digits; None for anything else."""
    return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None


EPOCHS = Limits(1, 200, "The number of epochs")
BATCH_SIZE = Limits(1, 256, "The batch size")
LEARNING_RATE = Limits(1e-6, 1.0, "The learning rate")
SEED = Limits(0, 2**31 - 1, "The seed")
PHOTO_LIMIT = Limits(2, 1_000_000, "The number of training photos")
COPIES = Limits(0, 16, "The number of augmented copies")
CLUSTER_CPUS = Limits(1, 1_024, "CATDOG_CLUSTER_CPUS, the CPUs that a run asks a cluster for,")
TF_THREADS = "TF_NUM_INTRAOP_THREADS"  # TensorFlow's own variable: how many threads compute one operation
DEFAULT_COPIES = 2  # of each training photo, where a run keeps its frozen base's features

AUTO = "auto"  # whatever this machine does best
FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"  # as Keras spells them
PRECISIONS = (AUTO, FLOAT32, BFLOAT16)


@dataclass(frozen=True)
class Settings:
    """What the environment decides.

    `home`: everything that the app writes lies below it. `dataset_url`: the archive of photos (http, https or file).
    `weights_url`: MobileNetV2's weights. `wanted_photos`: one of PHOTO_SETS, None where whatever is there will do.
    `own_photos`: where `wanted_photos` is "own", that folder, with `train/` and `validation/`. `cluster`: the address
    of a Ray cluster that trains, empty where this machine does; `cluster_cpus`: how many CPUs each run asks it for,
    None for a GPU where it has any.
    """

    home: Path
    dataset_url: str = DATASET_URL
    weights_url: str = WEIGHTS_URL
    wanted_photos: str | None = None
    own_photos: Path | None = None
    cluster: str = ""
    cluster_cpus: int | None = None

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def photos(self) -> Path:
        return self.home / "photos"

    @property
    def prepared(self) -> Path:
        return self.home / "prepared"

    @property
    def features(self) -> Path:
        return self.home / "features"


def settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read CATDOG_HOME, CATDOG_DATASET_URL, CATDOG_WEIGHTS_URL, CATDOG_CLUSTER, CATDOG_CLUSTER_CPUS and CATDOG_PHOTOS
    ("real", "sample" or a folder).

    Raises SettingError where an address has a scheme that is none of its own, or the CPUs are no number.
    """
    given = os.environ if environment is None else environment
    home = given.get("CATDOG_HOME") or platformdirs.user_data_dir("catdog", appauthor=False)
    where = Settings(
        home=_folder("CATDOG_HOME", home),
        dataset_url=_address("CATDOG_DATASET_URL", given, DATASET_URL),
        weights_url=_address("CATDOG_WEIGHTS_URL", given, WEIGHTS_URL),
        cluster=_address("CATDOG_CLUSTER", given, "", ("ray", "http", "https")),
        cluster_cpus=_cpus(given.get("CATDOG_CLUSTER_CPUS")),
    )
    return with_photos(where, given.get("CATDOG_PHOTOS"), "CATDOG_PHOTOS")


def with_photos(where: Settings, text: str | None, name: str = "--photos") -> Settings:
    """The settings with the photos that someone names: "real", "sample" or a folder; unchanged where none are.

    Raises SettingError, with `name` for what was given, where it cannot be a folder's name.
    """
    if not text:
        return where
    if text in (REAL, SAMPLE):
        return replace(where, wanted_photos=text)
    return replace(where, wanted_photos=OWN, own_photos=_folder(name, text))


def _address(
    name: str, given: Mapping[str, str], otherwise: str, schemes: Sequence[str] = ("https", "http", "file")
) -> str:
    url = given.get(name) or otherwise
    if not url:
        return ""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:  # a bracket that is not closed, and the like
        scheme = ""
    if scheme not in schemes:
        *others, last = (f"{one}://" for one in schemes)
        raise SettingError(f"{name} is '{url}'. It must begin with {', '.join(others)} or {last}.")
    return url


def _cpus(text: str | None) -> int | None:
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise SettingError(f"CATDOG_CLUSTER_CPUS is '{text[:40]}'. Give a whole number, such as 4.")
    return CLUSTER_CPUS.check_whole(number)


def _folder(name: str, text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:  # ~someone who does not exist here
        raise SettingError(f"{name} is '{text}', and {error}. Give the folder's whole path.") from error


def keras_home() -> Path:
    """Keras' own cache folder, where it looks for pretrained weights (KERAS_HOME, or `.keras` in the user's home)."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
