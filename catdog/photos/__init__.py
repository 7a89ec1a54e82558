"""Files to arrays: where the photos come from, how they are decoded, and which split they belong to."""

from catdog.photos.chosen import another_of, as_batch, first_batch, named_photo, own_shape, random_photos
from catdog.photos.decode import read_photo
from catdog.photos.here import photos_here
from catdog.photos.prepared import PreparedPhotos, open_prepared, ready_photos, ready_source
from catdog.photos.sources import known_sets, real_photos_here, set_in_use, source
from catdog.photos.splits import SPLITS, evenly

__all__ = [
    "SPLITS",
    "PreparedPhotos",
    "another_of",
    "as_batch",
    "evenly",
    "first_batch",
    "known_sets",
    "named_photo",
    "open_prepared",
    "own_shape",
    "photos_here",
    "random_photos",
    "read_photo",
    "ready_photos",
    "ready_source",
    "real_photos_here",
    "set_in_use",
    "source",
]
