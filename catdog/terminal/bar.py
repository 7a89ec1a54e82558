"""A progress bar on the error output, and the exit codes that say how a command went."""

from tqdm import tqdm

from catdog.photos import PreparedPhotos, ready_photos
from catdog.progress import Progress
from catdog.settings import settings

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


def photos_with_bar() -> PreparedPhotos:
    """The prepared photos, fetched and decoded where they are not there yet."""
    with Bar() as bar:
        return ready_photos(settings(), bar)
