"""What stands over every page at the right: ways to share it and to look at it; and the browser's way back."""

import streamlit as st

from catdog.figures.style import PROJECTOR_LETTERS
from catdog.ui.links import BOUND, WATCHED
from catdog.ui.view import LEAN, PROJECTOR, lean, projector

COPY, COPIED = "Copy link", "Copied"
VIEWS = (WATCHED,)  # parameters whose other value is another view, to which the browser's Back leads

BAR_HTML = f"""
<button type="button" class="catdog-copy">{COPY}</button><span class="catdog-copied" role="status"></span>
"""

BAR_CSS = """
.catdog-copy {
  font: inherit; font-size: 0.95rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: 8px; padding: 0.35rem 0.8rem; min-height: 2.5rem;
  white-space: nowrap;
}
.catdog-copy:hover { border-color: var(--st-primary-color); }
.catdog-copy:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.catdog-copied { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""

# Streamlit makes a new entry of the browser's history for each change of the address: of a seed, of a slider. Back is
# to lead to the view before, so that entries for the same view become one. And when another page is opened, Streamlit
# writes that page's parameters behind this page's path before it changes the path: the entry that stays behind gets
# back what it held when its page had been drawn. Where no clipboard is to be had (a page that came over plain http from
# another machine, or is not allowed to), the old command copies what is selected.
BAR_JS = """
function oneEntryAView(views) {
  if (history.catdog) return;
  history.catdog = true;
  const app = document.querySelector("[data-testid=stApp]"), push = history.pushState.bind(history);
  let drawn = location.href, leaving = false;
  const look = () => {
    if (!leaving && app.dataset.testScriptState === "notRunning") drawn = location.href;
  };
  new MutationObserver(look).observe(app, { attributeFilter: ["data-test-script-state"] });
  document.addEventListener("click", ({ target }) => {
    look();  // a quick redraw on a busy machine begins and ends without a change of that attribute
    const link = target.closest?.("a[href]");
    leaving = !!link && link.pathname !== location.pathname && !link.target;
  }, true);
  history.pushState = (state, title, url) => {
    const to = new URL(url ?? location.href, location.href), from = new URL(location.href);
    const another = views.some((name) => to.searchParams.get(name) !== from.searchParams.get(name));
    if (to.pathname === from.pathname && !another) return history.replaceState(state, title, url);
    if (new URL(drawn).pathname === from.pathname) history.replaceState(history.state, "", drawn);
    push(state, title, url);
    drawn = location.href;
    leaving = false;
    document.querySelector(".stMain")?.scrollTo(0, 0);
  };
}

async function copy(text) {
  try {
    return await navigator.clipboard.writeText(text);
  } catch {}  // none here, or not allowed
  const field = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
  field.select();
  document.execCommand("copy");
  field.remove();
}

export default function ({ data, parentElement }) {
  oneEntryAView(data.views);
  const button = parentElement.querySelector(".catdog-copy"), said = parentElement.querySelector(".catdog-copied");
  button.onclick = async () => {
    await copy(location.href);
    button.textContent = said.textContent = data.copied;
    setTimeout(() => { button.textContent = data.copy; said.textContent = ""; }, 2000);
  };
}
"""

# The root's size carries all others, which are in rem.
FOR_PROJECTOR = f"""<style>
html {{ font-size: {PROJECTOR_LETTERS}px !important; }}
.stMainBlockContainer {{ max-width: 1640px !important; }}
</style>"""
FOR_LESSON = """<style>[class*="st-key-aside-"] { display: none !important; }</style>"""


def page_bar() -> None:
    """Copy link, the projector's switch, and the one that leaves only the lesson."""
    with st.container(key="frame.bar", horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.toggle(
            "Projector",
            key=PROJECTOR,
            help="Larger type and thicker lines for the back of the room, and fewer controls.",
            **BOUND,
        )
        st.toggle(
            "Only the lesson",
            key=LEAN,
            disabled=projector(),
            help="Hides what the lesson does not need. While it is on, a copied link opens the page the same way.",
            **BOUND,
        )
        _bar()(key="frame.copy", data={"views": VIEWS, "copy": COPY, "copied": COPIED})
    if projector():
        st.html(FOR_PROJECTOR)
    if lean():
        st.html(FOR_LESSON)


@st.cache_resource(show_spinner=False)
def _bar():
    return st.components.v2.component("catdog_bar", html=BAR_HTML, css=BAR_CSS, js=BAR_JS, isolate_styles=False)
