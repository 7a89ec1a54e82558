"""A Plotly chart that stays itself while its data grow: zoom, hover and hidden legend entries survive every tick.

Streamlit's own chart gives its element a new identity at each change of the figure, and the browser then builds the
plot anew. Here one component puts Plotly's bundle into the page once, and another keeps one plot and hands it new data
through Plotly.react, whose `uirevision` keeps what the visitor did.
https://plotly.com/javascript/plotlyjs-function-reference/#plotlyreact
"""

import json
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.offline import get_plotlyjs

Plot = dict[str, Any]  # as Plotly writes it in JSON: "data" and "layout"

CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

BUNDLE_JS = """
export default function () {
  // Streamlit brings its own with its first chart, in the midst of ours: whoever waits must be told in any case.
  if (!window.Plotly) {
    const script = document.createElement("script");
    script.id = "catdog-plotly";
    script.textContent = BUNDLE;
    document.head.appendChild(script);
  }
  window.dispatchEvent(new Event("catdog-plotly"));
}
const BUNDLE = %s;
"""

CHART_JS = """
export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".catdog-plot");
  box.setAttribute("aria-label", data.alt);
  box.style.height = data.height + "px";
  const draw = () => window.Plotly.react(box, data.traces, data.layout, data.config);
  if (window.Plotly) draw();
  else window.addEventListener("catdog-plotly", draw, { once: true });
}
"""

# The text colour comes from the page's theme, so that one figure serves light and dark.
CHART_CSS = """
.catdog-plot { width: 100%; }
.catdog-plot text { fill: var(--st-text-color) !important; font-family: var(--st-font) !important; }
.catdog-plot .hoverlayer .legend .bg, .catdog-plot .hovertext path {
  fill: var(--st-background-color) !important; fill-opacity: 0.95; stroke: var(--st-border-color) !important;
}
.catdog-plot .modebar-btn path { fill: var(--st-text-color) !important; opacity: 0.6; }
.catdog-plot .modebar { background: none !important; }
.catdog-plot .modebar-group { background: none !important; }
"""


def plotly_bundle() -> None:
    """Bring Plotly into the page; call it once in a page's main script, before any live chart."""
    _bundle()(key="plotly.bundle", height=1)


def plot_of(figure: go.Figure) -> Plot:
    """The figure as plain data, which may be shown to any number of visitors."""
    return json.loads(figure.to_json())


def live_chart(plot: Plot, key: str, height: int, alt: str) -> None:
    """Show `plot`, `height` pixels high, in the place that this key had before. `alt` says what it shows."""
    _chart()(
        key=key,
        data={
            "traces": plot["data"],
            "layout": plot["layout"] | {"uirevision": key},
            "config": CONFIG,
            "height": height,
            "alt": alt,
        },
    )


@st.cache_resource(show_spinner=False)
def _bundle():
    return st.components.v2.component("catdog_plotly", js=BUNDLE_JS % json.dumps(get_plotlyjs()), isolate_styles=False)


@st.cache_resource(show_spinner=False)
def _chart():
    # isolate_styles=False: in a shadow root Plotly's own styles would be missing.
    return st.components.v2.component(
        "catdog_chart",
        html='<div class="catdog-plot" role="img"></div>',
        css=CHART_CSS,
        js=CHART_JS,
        isolate_styles=False,
    )
