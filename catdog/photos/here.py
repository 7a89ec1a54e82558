"""The photos that are ready, for someone who may only read."""

from dataclasses import replace

from catdog.errors import PhotosError
from catdog.photos.prepared import PreparedPhotos, open_prepared
from catdog.photos.sources import fingerprint, list_files, source
from catdog.settings import OWN, Settings


def photos_here(where: Settings, kind: str) -> PreparedPhotos:
    """Open one of the sets of photos as it is: nothing is fetched, drawn, decoded or mended.

    Raises PhotosError where it is not prepared yet, or damaged.
    """
    chosen = source(where, kind)
    if chosen.kind != OWN and not chosen.root.is_dir():
        raise PhotosError(f"The photos of {chosen.name} are not here yet, and this server may not bring them.")
    key = fingerprint(list_files(chosen.root))
    try:
        photos = open_prepared(where.prepared, key)
    except PhotosError as error:
        raise PhotosError(f"The photos of {chosen.name} are not prepared, and this server may not do it.") from error
    return replace(photos, kind=chosen.kind, name=chosen.name, root=chosen.root)
