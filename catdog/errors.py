"""The errors that a person can do something about. Each message is a sentence: what was received, and what to do."""


class CatdogError(Exception):
    """Anything that the page or the terminal shows as one sentence instead of a traceback."""


class SettingError(CatdogError):
    """A value outside its limits: epochs, learning rate, port, recipe key, environment variable."""


class PhotoError(CatdogError):
    """A file that cannot be read as a photo. The message is for the person who gave the file."""


class PhotosError(CatdogError):
    """A set of photos that cannot be used: missing, without cats or dogs, or only partly fetched."""


class DiskError(CatdogError):
    """A disk that is full, or a folder that cannot be written. What was there before is still there."""


class DownloadError(CatdogError):
    """A file that could not be fetched, or that arrived damaged. What came is kept for the next try."""


class WeightsError(CatdogError):
    """Pretrained weights that are neither on this machine nor to be had from the network."""


class RunError(CatdogError):
    """A run that does not exist, whose folder cannot be read, or that cannot do what was asked."""


class RightsError(CatdogError):
    """Something that only the presenter may do, or only who has started a run."""


class ExportError(CatdogError):
    """A network that cannot be written in a format: a package is missing, or the conversion failed."""
