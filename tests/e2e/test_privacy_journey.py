"""What becomes of a visitor's pictures: the real server and a real browser, then a look at the disk and the memory."""

import os
import re
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from catdog.photos.decode import read_picture
from tests.conftest import make_photos, png
from tests.e2e.conftest import SAID, settle, visiting
from tests.e2e.test_classify_journey import NOBODY, WHY, answered, drop
from tests.serving import FLAGS, ROOT, chromium, served

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(280)]

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # a test picture instead of a room
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"\x93NUMPY")  # how a file with a picture in it, or with pixels, begins
TIME_TO_LIVE = 2  # seconds here; .streamlit/config.toml has more, so that a short break of the network loses nothing
GONE = 60  # seconds until a visitor who has left must be forgotten, at the most
HELD = re.compile(
    r'active_sessions [1-9]|cache_memory_bytes\{cache_type="(UploadedFileManager|st_memory_media_file_storage)"'
)


@dataclass(frozen=True)
class Machine:
    """A server of its own: its address, and every folder in which it could leave something."""

    address: str
    log: Path
    folders: tuple[Path, ...]

    def files(self) -> dict[Path, tuple[int, int]]:
        """Every file there with its time and size; git's and the packages' own are left out."""
        found = {}
        for folder in self.folders:
            for place, names, files in os.walk(folder):
                names[:] = [name for name in names if name not in (".git", ".venv", "node_modules")]
                for file in files:
                    path = Path(place, file)
                    if path.is_file() and path != self.log:
                        found[path] = (path.stat().st_mtime_ns, path.stat().st_size)
        return found

    def held(self) -> list[str]:
        """What the server says that it holds for visitors: uploads, pictures to show, sessions."""
        with urllib.request.urlopen(f"{self.address}/_stcore/metrics") as answer:
            return [line for line in answer.read().decode().splitlines() if HELD.match(line)]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Photos of its own, no network, and nothing in its folder for temporary files."""
    place = tmp_path_factory.mktemp("private")
    for name in ("home", "keras", "temporary"):
        (place / name).mkdir()
    environment = os.environ | {"CATDOG_HOME": str(place / "home"), "KERAS_HOME": str(place / "keras")}
    environment |= {name: str(place / "temporary") for name in ("TMPDIR", "TEMP", "TMP")}
    environment |= {"http_proxy": NOBODY, "https_proxy": NOBODY, "no_proxy": "localhost"}
    environment |= {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(TIME_TO_LIVE)}
    environment |= {"CATDOG_PHOTOS": str(make_photos(place / "photos", train=12, validation=12))}
    with served(environment, place / "server.log") as address:
        yield Machine(address, place / "server.log", (place, ROOT))


@pytest.fixture
def with_camera(browser: Browser) -> Iterator[Browser]:
    """A browser whose camera shows a test picture, without asking."""
    other = browser.browser_type.launch(executable_path=chromium(), args=FLAGS + CAMERA)
    yield other
    other.close()


def secret(seed: int) -> tuple[str, bytes]:
    """A picture's name and bytes that nothing else in the world has, and that no file of this project spells out."""
    random = np.random.default_rng(seed)
    name = "".join(random.choice(list("bcdfghjklmnpqrstvwxz"), 16))
    return name, png(random.integers(0, 256, (300, 400, 3), np.uint8))


def traces(name: str, data: bytes) -> list[bytes]:
    """What would tell the picture in a file: its name, pieces of its bytes, its pixels as the networks get them."""
    pixels = read_picture(data).pixels
    pieces = [data[start : start + 48] for start in range(1_000, len(data) - 48, len(data) // 8)]
    return [name.encode(), name.encode("utf-16-le"), *pieces, pixels[80].tobytes(), pixels[:, 80].tobytes()]


def changed(before: Mapping[Path, tuple[int, int]], after: Mapping[Path, tuple[int, int]]) -> list[Path]:
    return [path for path, state in after.items() if before.get(path) != state]


def wait_until_forgotten(machine: Machine) -> None:
    pause = threading.Event()
    for _ in range(GONE * 2):
        if not machine.held():
            return
        pause.wait(0.5)
    raise AssertionError(f"{GONE} seconds after the visitor has left the server still holds {machine.held()}")


def test_a_visitors_pictures_are_nowhere_on_the_disk_and_forgotten_when_the_visitor_has_left(
    with_camera: Browser, machine: Machine
):
    with visiting(with_camera, machine.address) as page:  # what the first visit leaves is no visitor's
        page.goto("/Augmentation")
        expect(page.get_by_role("img", name=re.compile("^Copy 1")).first).to_be_visible()
    before = machine.files()
    secrets = [secret(1), secret(2)]
    with visiting(with_camera, machine.address) as page:
        page.goto("/Classify?classify.all=true&classify.table=true")
        drop(page, *((f"{name}.png", data) for name, data in secrets))
        answered(page)
        expect(page.locator(WHY)).to_be_visible()
        expect(page.get_by_role("heading", name="All networks on this picture")).to_be_visible()
        settle(page)
        page.get_by_role("button", name="Camera").click()
        page.get_by_text("Use the camera").click()
        page.wait_for_function("() => document.querySelector('video')?.readyState === 4")  # it shows something
        page.get_by_role("button", name="Take Photo").click()
        expect(page.get_by_text(re.compile("^3 pictures: "))).to_be_visible()
        page.goto("/Augmentation")
        page.get_by_role("button", name="Your own picture").click()
        drop(page, (f"{secrets[0][0]}.png", secrets[0][1]))
        expect(page.get_by_text("your picture")).to_be_visible()
        assert machine.held()  # or the look at what is left would see nothing either way
        assert not any(name in page.url for name, _ in secrets)
    wait_until_forgotten(machine)
    new = changed(before, machine.files())
    for path in new:
        content = path.read_bytes()
        for name, data in secrets:
            assert name not in str(path)
            assert not any(trace in content for trace in traces(name, data)), path
        assert ROOT in path.parents or not any(kind in content for kind in PICTURES), path
    assert not any(name in machine.log.read_text(encoding="utf-8") for name, _ in secrets)


def test_another_visitor_sees_nothing_of_it(browser: Browser, machine: Machine):
    name, data = secret(3)
    with visiting(browser, machine.address) as page, visiting(browser, machine.address) as other:
        page.goto("/Classify")
        drop(page, (f"{name}.png", data))
        answered(page)
        other.goto(page.url)
        expect(other.get_by_role("heading", name="What does it say about yours?")).to_be_visible()
        expect(other.get_by_role("button", name="An example")).to_be_enabled()
        assert name not in other.content()
        expect(other.get_by_role("heading", name=SAID)).to_have_count(0)
