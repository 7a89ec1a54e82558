"""A page by keyboard alone: where Tab leads, and whether one sees it."""

from dataclasses import dataclass

from playwright.sync_api import Page

MOST_STOPS = 250  # of one page; more is a way round without an end

# How everything looks while nothing has the focus.
REMEMBER = """() => {
  const drawn = (width, style, colour) => style === "none" || width === "0px" || /, 0\\)$/.test(colour) ? "" : colour;
  const frame = element => {
    const look = getComputedStyle(element);
    return [
      drawn(look.outlineWidth, look.outlineStyle, look.outlineColor),
      look.boxShadow === "none" ? "" : look.boxShadow,
      drawn(look.borderBottomWidth, look.borderBottomStyle, look.borderBottomColor),
    ];
  };
  const beginning = Object.assign(document.createElement("a"), { href: "#" });  // from here Tab goes on
  document.body.prepend(beginning);
  beginning.focus();
  beginning.remove();
  const before = new Map([...document.body.querySelectorAll("*:not(svg *)")].map(one => [one, frame(one)]));
  const framed = element => frame(element).some((now, place) => now && now !== before.get(element)?.[place]);
  window.catdogStops = [];
  window.catdogStop = () => {
    const element = document.activeElement;
    if (element === document.body) return null;
    // A field's frame is drawn by what is around it; a choice's, which is hidden itself, by its mark or its words.
    const around = [element.parentElement, element.parentElement?.parentElement, element.closest("label")];
    const near = [element, ...around, ...(element.closest("label")?.querySelectorAll("*") ?? [])];
    const label = element.getAttribute("aria-label") || element.closest("label")?.innerText || element.innerText || "";
    const box = (element.closest("label") ?? element).getBoundingClientRect();
    const last = window.catdogStops.lastIndexOf(element);
    const stays = last >= 0 && last === window.catdogStops.length - 1;  // a table goes from cell to cell by itself
    window.catdogStops.push(element);
    return {
      name: `${element.tagName.toLowerCase()} "${label.slice(0, 60)}"`,
      framed: near.some(one => one && framed(one)),
      seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
      stays, again: last >= 0 && !stays,
    };
  };
}"""


@dataclass(frozen=True)
class Stop:
    """What Tab has led to: what it is, whether it has a frame that it had not before, whether it is on the screen."""

    name: str
    framed: bool
    seen: bool


def stops(page: Page) -> list[Stop]:
    """Everything that Tab leads to, from the page's beginning to its end; fails where it leads round in a circle."""
    page.evaluate(REMEMBER)
    found = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate("window.catdogStop()")
        if stop is None:
            return found
        if stop.pop("stays"):
            continue
        assert not stop.pop("again"), f"Tab leads back to {stop['name']} after {[one.name for one in found]}"
        found.append(Stop(**stop))
    raise AssertionError(f"Tab leads to no end: {[one.name for one in found[-10:]]}")


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until that has the focus."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(MOST_STOPS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to the {role} {name!r}")
