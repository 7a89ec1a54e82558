"""A progress bar on the error output, and the exit codes that say how a command went."""

import sys

from tqdm import tqdm

from catdog.photos import PreparedPhotos, ready_photos, set_in_use
from catdog.progress import Progress
from catdog.settings import DATASET_MB, SAMPLE, Settings, settings, with_photos

SAMPLE_INSTEAD = (
    "catdog: the real photos are not on this machine, so the drawn sample stands in for them; "
    f"`python3 -m catdog prepare` fetches them ({DATASET_MB} MB)."
)
DONE, FAILED, BAD_ARGUMENTS, STOPPED = 0, 1, 2, 130


class Bar:
    """A progress bar on the error output that appears only when there is something to wait for."""

    def __enter__(self) -> "Bar":
        self.bar: tqdm | None = None
        return self

    def __call__(self, progress: Progress) -> None:
        if self.bar is None:
            self.bar = tqdm(total=100, bar_format="{desc} |{bar}|", leave=False, disable=None)
        self.bar.n = 100 * progress.share
        self.bar.set_description_str(progress.sentence())

    def write(self, line: str) -> None:
        """Print a line on the standard output, above the bar."""
        tqdm.write(line)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()


def photos_with_bar(named: str | None = None, otherwise: str | None = None) -> PreparedPhotos:
    """The prepared photos, fetched or drawn where they are not there yet.

    `named` is what `--photos` says; without it counts what the environment names, and without that `otherwise`, one of
    PHOTO_SETS, or whatever is there: the drawn sample where nothing is, and then a line says so.
    """
    where = with_photos(settings(), named)
    say_what_stands_in(where, otherwise)
    with Bar() as bar:
        return ready_photos(where, bar, where.wanted_photos or otherwise)


def say_what_stands_in(where: Settings, otherwise: str | None = None) -> None:
    """One line on the error output where the drawn sample is used because nothing else is there."""
    if not otherwise and not where.wanted_photos and set_in_use(where) == SAMPLE:
        print(SAMPLE_INSTEAD, file=sys.stderr)
