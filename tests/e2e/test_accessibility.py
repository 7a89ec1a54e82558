"""Nothing on any page shuts anyone out, as far as axe-core can see: by labels, roles, contrast, order."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.axe import axe_core, findings
from tests.e2e.conftest import visiting
from tests.e2e.views import PHONE, WIDE, View, each_view, in_scheme

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

EXCEPTIONS: dict[tuple[str, str], str] = {}  # a rule and a selector: why it need not be kept there


@pytest.fixture
def visitor(browser: Browser, school: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh visitor with a screen of that size."""
    axe_core()  # before anything is opened
    with visiting(browser, school, viewport=request.param) as page:
        yield page


@pytest.mark.parametrize("visitor", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)
@each_view()
def test_axe_finds_nothing_serious_in_light_and_dark(visitor: Page, view: View):
    found = []
    for _ in view.looks(visitor):
        for scheme in ("light", "dark"):
            in_scheme(visitor, scheme)
            found += [(scheme, one) for one in findings(visitor, list(EXCEPTIONS))]
    for scheme, one in found:
        print(f"{scheme}: {one}")  # also what is not serious
    assert [f"{scheme}: {one}" for scheme, one in found if one.fails] == []
