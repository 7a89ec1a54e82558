"""How long it takes to classify: reading a large photo, one answer, a hundred answers, the reason why, and a drop.

    python -m tests.benchmarks.classify [--rounds 31] [--drops 11]

Every figure is a median of so many rounds after one that is not counted. The networks' weights are random where they
do not come with catdog: that changes the answers and not the time. A drop is measured in Chromium with the starter,
from the moment that the file is given to the page until the answer and the map of what counted are there.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.serving import FLAGS, PATIENCE, ROOT, chromium, served

NETWORKS = ("starter", "post4-model3", "post4-model4")
MANY = 100  # photos
LARGE = (4000, 3000)  # pixels: 12 megapixels
PLACE = "[data-testid=stFileUploader] input[type=file]"
READY = f"document.querySelectorAll('{PLACE}').length == 1 && !document.querySelector('[data-stale=true]')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--drops", type=int, default=11, help="0 leaves the browser out")
    parser.add_argument("--engine", action="store_true", help="only measure here and print JSON, on the cores it has")
    parser.add_argument("--one-core", action="store_true")
    parser.add_argument("--only", choices=NETWORKS, help="with --engine: this network alone")
    given = parser.parse_args()
    if given.engine:
        if given.one_core:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(engine(given.rounds, (given.only,) if given.only else NETWORKS)))
        return
    print(f"one {LARGE[0]} × {LARGE[1]} JPEG is read in {reading(given.rounds):.0f} ms\n")
    print("| network | cores | one photo, ms | 100 photos, ms | why, ms |")
    print("| --- | --- | --- | --- | --- |")
    for options, cores in (([], len(os.sched_getaffinity(0))), (["--one-core"], 1)):
        command = [sys.executable, "-m", "tests.benchmarks.classify", "--engine", f"--rounds={given.rounds}", *options]
        out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for network, (one, many, why) in json.loads(out.splitlines()[-1]).items():
            print(f"| {network} | {cores} | {one:.1f} | {many:.0f} | {why:.1f} |")
    if given.drops:
        drops = dropping(given.drops)
        print(f"\nfrom drop to answer: {statistics.median(drops):.0f} ms ({min(drops):.0f}-{max(drops):.0f})")


def median(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds."""
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def photo(size: tuple[int, int], seed: int) -> bytes:
    """A JPEG of smooth shapes with the grain of a camera."""
    random = np.random.default_rng(seed)
    shapes = Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = random.integers(-12, 13, (size[1], size[0], 1), dtype=np.int16)
    out = io.BytesIO()
    Image.fromarray((np.asarray(shapes) + grain).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def reading(rounds: int) -> float:
    from catdog.photos.decode import read_photo

    data = photo(LARGE, 0)
    return median(lambda: read_photo(data), rounds)


def engine(rounds: int, networks: Iterable[str] = NETWORKS) -> dict[str, tuple[float, float, float]]:
    """For each network: one photo, MANY photos, and one map, in milliseconds."""
    from catdog.models.loading import load_keras_on_cpu

    load_keras_on_cpu()
    from catdog.insight.classifier import Classifier
    from catdog.models.build import build
    from catdog.recipes import recipe
    from catdog.starter.load import load_starter

    photos = np.random.default_rng(0).integers(0, 256, (MANY, 160, 160, 3), dtype=np.uint8)
    times = {}
    for name in networks:
        if name == "starter":
            network = load_starter()
        else:
            network = Classifier(build(recipe(name), pretrained=False), recipe(name).from_logits, None)
        times[name] = (
            median(lambda network=network: network.answers(photos[:1]), rounds),
            median(lambda network=network: network.answers(photos), max(rounds // 5, 3)),
            median(lambda network=network: network.heat(photos[0]), rounds),
        )
    return times


def dropping(drops: int) -> list[float]:
    """Milliseconds from giving a file to the page until its answer is there, each drop."""
    from playwright.sync_api import sync_playwright

    times = []
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"CATDOG_HOME": folder}
        with served(environment, Path(folder) / "log") as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{address}/Classify?classify.model=starter")
            for number in range(1, drops + 2):
                page.wait_for_function(READY, timeout=PATIENCE)
                picture = {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": photo((1200, 900), number)}
                started = time.perf_counter()
                page.locator(PLACE).set_input_files([picture])
                page.locator(f"[class*=st-key-classify-for-{number}-]").wait_for(timeout=PATIENCE)
                times.append(1000 * (time.perf_counter() - started))
            browser.close()
    return times[1:]  # the first waits for the network to be loaded


if __name__ == "__main__":
    main()
