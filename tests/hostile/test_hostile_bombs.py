"""Small files that want to become large, each read in a process of its own that tells what it cost."""

import pytest

from catdog.settings import PHOTO_MEMORY
from tests.hostile import bombs
from tests.hostile.weigh import weighed

SECONDS = 20  # on a busy machine; alone each takes less than five
REFUSED_WITHIN = 60  # MB: whoever is refused has cost no pixels
COSTLY = {  # what each took before there was a bound for it
    "PNG with 4,000 iCCPs of 3 MB",  # 35 s
    "PNG with 1,000,000 empty chunks",  # 2 s
    "TIFF, deflated, with tiles of 30,000",  # 860 MB
    "BMP of one point a line",  # 3 s
    "BMP of jumps that lead nowhere",  # 3 s
    "JPEG of 1,500,000 empty scans",  # more than a minute
}
TOO_LONG = {"PNG of a line of 25 megapixels", "BMP of one line of 25 megapixels that jumps"}  # 480 MB

KINDS = {
    "PNG": bombs.pngs,
    "GIF": bombs.gifs,
    "TIFF": bombs.tiffs,
    "WebP": bombs.webps,
    "AVIF and HEIC": bombs.heifs,
    "BMP": bombs.bmps,
    "JPEG": bombs.jpegs,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_bomb_takes_more_memory_or_time_than_a_picture_may(kind, tmp_path):
    costs = weighed("picture", {name: make() for name, make in KINDS[kind]().items()}, tmp_path)
    assert not {name: cost for name, cost in costs.items() if cost["megabytes"] > PHOTO_MEMORY}
    assert not {name: cost for name, cost in costs.items() if cost["seconds"] > SECONDS}
    refused = {name: cost for name, cost in costs.items() if cost["said"]}
    assert not {name: cost for name, cost in refused.items() if cost["megabytes"] > REFUSED_WITHIN}
    for names, reason in ((COSTLY, "would take too long to read"), (TOO_LONG, "25,000,000 pixels long")):
        assert not [name for name in names & costs.keys() if reason not in (costs[name]["said"] or "")]


def test_the_bombs_that_cost_most_are_still_among_them():
    assert bombs.pictures().keys() >= COSTLY | TOO_LONG
