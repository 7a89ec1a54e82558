"""What axe-core finds on a page: https://github.com/dequelabs/axe-core/blob/develop/doc/API.md

It is fetched from the npm registry, looked at byte by byte, and put into the page by the browser itself: the page asks
nobody for it, and nothing of it is kept here.
"""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.conftest import skip_or_fail

PACKAGE = "axe-core@4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="  # of the registry
MEMBER = "package/axe.min.js"
FETCHED_WITHIN = 120  # seconds
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
FAILING = ("serious", "critical")

RUN = """async ([rules, exceptions]) => {
  const excepted = (rule, element) => exceptions.some(([of, selector]) => of === rule && element.closest(selector));
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"], elementRef: true });
  return found.violations.flatMap(({ id, impact, nodes }) => nodes
    .filter(({ element }) => !excepted(id, element))
    .map(({ target, html, failureSummary }) => ({
      rule: id, impact, target: target.flat().join(" "), html: html.slice(0, 200), why: failureSummary,
    })));
}"""


@dataclass(frozen=True)
class Finding:
    """One element that breaks one rule."""

    rule: str
    impact: str  # minor, moderate, serious, critical
    target: str  # a selector
    html: str
    why: str

    @property
    def fails(self) -> bool:
        return self.impact in FAILING

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}: {self.target}\n    {self.html}\n    {' '.join(self.why.split())}"


def findings(page: Page, exceptions: Sequence[tuple[str, str]] = ()) -> list[Finding]:
    """All that axe-core finds; `exceptions` are rules, each with a selector of what need not keep it."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(axe_core())
    return [Finding(**one) for one in page.evaluate(RUN, [RULES, [list(one) for one in exceptions]])]


@cache
def axe_core() -> str:
    """The source, from npm's own cache where it has it; skips where there is no npm or no way to the registry."""
    npm = shutil.which("npm")
    if not npm:
        skip_or_fail("no npm is installed, which fetches axe-core: apt install npm")
    with TemporaryDirectory() as folder:
        command = [npm, "pack", PACKAGE, "--json", "--prefer-offline", "--pack-destination", folder]
        packed = subprocess.run(command, capture_output=True, text=True, timeout=FETCHED_WITHIN, cwd=folder)
        if packed.returncode:
            skip_or_fail(f"npm could not fetch {PACKAGE}: {packed.stderr[-400:]}")
        data = (Path(folder) / json.loads(packed.stdout)[0]["filename"]).read_bytes()
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    assert digest == SHA512, f"{PACKAGE} is not what it was when these tests were written"
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.extractfile(MEMBER).read().decode()
