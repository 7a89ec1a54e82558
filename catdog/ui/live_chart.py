"""Every chart of the app: one component that keeps its Plotly plot, so that zoom and hidden legend entries survive.

Streamlit's own chart gives its element a new identity at each change of the figure, and the browser then builds the
plot anew. Here one component keeps one plot and hands it new data through Plotly.react, whose `uirevision` keeps what
the visitor did. https://plotly.com/javascript/plotlyjs-function-reference/#plotlyreact
"""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from catdog.figures.style import PROJECTOR_HEIGHT, for_projector, new_figure
from catdog.ui.view import projector

Plot = dict[str, Any]  # as Plotly writes it in JSON: "data" and "layout"
DIGITS = 5  # of each number that is sent, as often as something ticks

# Without tools a chart stands still: neither buttons nor zoom, so that nothing catches a finger or the tab key.
STILL = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
TOOLS = {
    "displaylogo": False,
    "showSendToCloud": False,  # it would send the chart, with the names of the runs, to Plotly's own server
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}

CHART_HTML = """
<div class="catdog-chart"><div class="catdog-plot"></div><p role="status">Drawing …</p></div>
"""

CHART_JS = """
const LOOK_AGAIN = 50, LATE = 30000;  // milliseconds
const latest = new WeakMap(), holders = new WeakMap(), waiting = new WeakSet(), watched = new WeakSet();

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target._fullLayout && target.offsetWidth) window.Plotly.Plots.resize(target);
});

// One figure serves light and dark: the colours and the letters are the page's own.
const inThePageColours = (traces, layout, box) => {
  const style = getComputedStyle(box), of = (name) => style.getPropertyValue("--st-" + name).trim();
  const text = { color: of("text-color"), family: of("font") };
  layout.font = { ...layout.font, ...text };
  layout.hoverlabel = { bgcolor: of("background-color"), bordercolor: of("border-color"), ...layout.hoverlabel };
  layout.hoverlabel.font = { size: layout.font.size, ...text, ...layout.hoverlabel.font };
  for (const { textfont } of traces) if (textfont) textfont.color ??= text.color;
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: text.color, activecolor: of("primary-color") };
};

const draw = (box) => {
  const { traces, layout, config } = structuredClone(latest.get(box));  // Plotly writes into what it is given
  inThePageColours(traces, layout, box);
  window.Plotly.react(box, traces, layout, config);
  box.parentElement.classList.add("catdog-drawn");
  if (!watched.has(box)) resized.observe(box);
  watched.add(box);
};

// Not before Streamlit's own chart has brought Plotly into the page (see `bring_plotly`), nor while someone drags.
const drawAsSoonAsItCan = (box, since) => {
  waiting.delete(box);
  if (!box.isConnected) return;
  const late = Date.now() > since + LATE;
  if (window.Plotly && (late || !box._dragging)) return draw(box);
  if (late) box.nextElementSibling.textContent = "Still waiting for what draws charts …";
  waiting.add(box);
  setTimeout(drawAsSoonAsItCan, LOOK_AGAIN, box, since);
};

export default function ({ data: written, parentElement }) {
  const box = parentElement.querySelector(".catdog-plot"), data = JSON.parse(new TextDecoder().decode(written));
  latest.set(box, data);
  // What holds buttons must not be an image: a screen reader would not tell of them.
  box.setAttribute("role", data.config.displayModeBar === false ? "img" : "figure");
  box.setAttribute("aria-label", data.alt);
  box.style.height = data.height + "px";
  if (!waiting.has(box)) drawAsSoonAsItCan(box, Date.now());
  const holder = {};
  holders.set(box, holder);
  return () => {
    // Streamlit lets go of data that newer data has overtaken while the plot stays.
    if (holders.get(box) !== holder) return;
    resized.unobserve(box);
    watched.delete(box);
    if (box._fullLayout) window.Plotly.purge(box);
  };
}
"""

CHART_CSS = """
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-catdog-plotly-"]) { display: none; }
.catdog-chart { position: relative; width: 100%; }
.catdog-chart > p { position: absolute; inset: 0; display: grid; place-content: center; margin: 0; }
.catdog-drawn > p { display: none; }
.catdog-plot { width: 100%; overflow: hidden; }
.catdog-plot .plotly .modebar:focus-within { opacity: 1; }
/* The line to the axis while one points: Plotly takes the clear background for white. */
.catdog-plot .spikeline { stroke: var(--st-text-color); }
.catdog-plot .spikeline:not([stroke-dasharray]) { display: none; }
"""


@dataclass(frozen=True)
class Chart:
    """A drawn figure with all that is said about it. However many visitors it is shown to, it is written out once.

    `height` is in pixels, `alt` says in words what one sees. With `tools` it can be zoomed and has Plotly's buttons.
    """

    plot: Plot
    key: str
    height: int
    alt: str
    tools: bool = False

    @cached_property
    def _usual(self) -> bytes:
        return self._written(self.plot, self.height)

    @cached_property
    def _projected(self) -> bytes:
        return self._written(for_projector(self.plot), self._projected_height)

    @property
    def _projected_height(self) -> int:
        return round(PROJECTOR_HEIGHT * self.height)

    def _written(self, plot: Plot, height: int) -> bytes:
        """What a browser gets to draw, as JSON."""
        told = {
            "traces": plot["data"],
            "layout": plot["layout"]
            | {"uirevision": self.key, "height": height}
            | ({} if self.tools else {"dragmode": False}),
            "config": TOOLS if self.tools else STILL,
            "height": height,
            "alt": self.alt,
        }
        return json.dumps(told).encode()

    def show(self) -> None:
        """Show it in the place that its key had before. Whoever shows it has brought Plotly into the page."""
        data, height = (self._projected, self._projected_height) if projector() else (self._usual, self.height)
        _chart()(key=self.key, data=data, height=height)


def chart(figure: go.Figure | Plot, key: str, height: int | None = None, *, alt: str, tools: bool = False) -> None:
    """Show a figure, and all that it takes, in its key's place; the rest as in Chart, the height else its layout's."""
    plot = plot_of(figure) if isinstance(figure, go.Figure) else figure
    bring_plotly(key)
    Chart(plot, key, height or plot["layout"]["height"], alt, tools).show()


def plot_of(figure: go.Figure) -> Plot:
    """The figure as plain data, which may be shown to any number of visitors; no eye tells more digits apart."""
    return json.loads(figure.to_json(), parse_float=lambda digits: float(f"{float(digits):.{DIGITS}g}"))


def bring_plotly(key: str) -> None:
    """Bring Plotly into the page: Streamlit's own, which the browser keeps, by a chart that is never shown.

    The file is fetched at most once, and an empty chart takes a few milliseconds: so each chart brings its own, in the
    same place at each run. Only what ticks before a whole class brings it once, before it begins to tick.
    """
    with st.container(key=f"catdog.plotly.{key}", height=1, border=False):  # 1: until the styles have come
        st.plotly_chart(
            _nothing(), key=f"catdog.plotly.{key}.chart", height=1, theme=None, config=STILL | {"staticPlot": True}
        )


@cache
def _nothing() -> go.Figure:
    return new_figure(layout={"template": "none", "xaxis": {"visible": False}, "yaxis": {"visible": False}})


@st.cache_resource(show_spinner=False)
def _chart():
    # isolate_styles=False: in a shadow root Plotly's own styles would be missing.
    return st.components.v2.component("catdog_chart", html=CHART_HTML, css=CHART_CSS, js=CHART_JS, isolate_styles=False)
