"""From the public archive to a folder of photos: checked before anything appears under its final name."""

import calendar
import os
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath

from filelock import FileLock

from catdog.disk import appearing, cannot_write, require_room
from catdog.errors import DownloadError, PhotosError
from catdog.photos.download import fetch
from catdog.progress import Pace, Report
from catdog.settings import CLASS_FOLDERS, DATASET_NAME, DATASET_PHOTOS, PHOTO_MAX_BYTES, UNPACKED_MAX_BYTES, Settings

REPORT_EVERY = 50  # photos between two reports while unpacking


def fetch_archive(where: Settings, report: Report) -> Path:
    """Download, check and unpack the archive of photos; returns the folder that holds `train/` and `validation/`.

    Does nothing where the folder is there. Raises DownloadError where the archive cannot be had or is damaged,
    PhotosError where it is not the set of 2,000 + 1,000 photos, and DiskError where there is no room.
    """
    folder = where.photos / DATASET_NAME
    if folder.is_dir():
        return folder
    try:
        where.photos.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(where.photos, error) from error
    # Page and terminal may both want the photos: the second waits for the first and finds them there.
    with FileLock(where.photos / f"{DATASET_NAME}.lock"):
        if not folder.is_dir():
            _fetch_and_unpack(where, folder, report)
    return folder


def _fetch_and_unpack(where: Settings, folder: Path, report: Report) -> None:
    archive = where.photos / f"{DATASET_NAME}.zip"
    if not archive.is_file():  # it is, where there was no room to unpack it the last time
        fetch(where.dataset_url, archive, report, "Fetching the photos")
    try:
        unpack(archive, folder, report)
    except (DownloadError, PhotosError):
        archive.unlink()  # a damaged archive would fail again; the next try must fetch it anew
        raise
    archive.unlink()


def unpack(archive: Path, folder: Path, report: Report) -> None:
    """Unpack the photos of `archive` so that `folder` appears whole or not at all.

    Raises DownloadError for a file that is no readable zip archive, PhotosError for one with other contents or with a
    path that leaves the folder, DiskError where there is no room.
    """
    try:
        with appearing(folder) as scratch, zipfile.ZipFile(archive) as content:
            members = _photo_members(content, archive)
            require_room(folder.parent, sum(member.file_size for member in members.values()))
            pace = Pace("Unpacking the photos", "photos")
            for done, (place, member) in enumerate(members.items(), start=1):
                target = scratch / place
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read(member))  # reads the whole member and compares its checksum
                # The archive's own date, so that a second unpacking has the same fingerprint; it may be no real day.
                year, month, day, *time = member.date_time
                when = calendar.timegm((year, max(month, 1), max(day, 1), *time, 0, 0, 0))
                os.utime(target, (when, when))
                if done % REPORT_EVERY == 0:
                    report(pace.at(done, len(members)))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DownloadError(f"{archive.name} is not a readable zip archive ({error}). Fetch it again.") from error
    except OSError as error:
        raise cannot_write(folder, error) from error


def _photo_members(content: zipfile.ZipFile, archive: Path) -> dict[str, zipfile.ZipInfo]:
    """The archive's photos by their place below the folder: `train/cats/cat.0.jpg`."""
    members = {}
    for member in content.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename.split("/")[0]:
            raise PhotosError(f"{archive.name} holds '{member.filename}', a path that leaves its folder: not used.")
        if len(path.parts) == 4 and path.parts[1] in DATASET_PHOTOS and path.parts[2] in CLASS_FOLDERS:
            members["/".join(path.parts[1:])] = member
    sizes = [member.file_size for member in members.values()]
    if max(sizes, default=0) > PHOTO_MAX_BYTES or sum(sizes) > UNPACKED_MAX_BYTES:
        raise PhotosError(
            f"{archive.name} would unpack to {sum(sizes) / 1e6:,.0f} MB, with one file of {max(sizes) / 1e6:,.0f} MB: "
            f"photos take far less, so it is not used. Check CATDOG_DATASET_URL."
        )
    found = Counter(place.split("/")[0] for place in members)
    if dict(found) != DATASET_PHOTOS:
        wanted = " and ".join(f"{count:,} in {split}/" for split, count in DATASET_PHOTOS.items())
        came = " and ".join(f"{found[split]:,} in {split}/" for split in DATASET_PHOTOS)
        raise PhotosError(f"{archive.name} holds {came}; expected are {wanted}. Check CATDOG_DATASET_URL.")
    return members
