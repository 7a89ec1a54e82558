"""Files to arrays: where the photos come from, how they are decoded, and which split they belong to."""

from catdog.photos.decode import read_photo
from catdog.photos.prepared import PreparedPhotos, open_prepared, ready_photos
from catdog.photos.sources import source
from catdog.photos.splits import SPLITS, evenly

__all__ = ["SPLITS", "PreparedPhotos", "evenly", "open_prepared", "read_photo", "ready_photos", "source"]
