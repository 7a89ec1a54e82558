"""What the theme in .streamlit/config.toml cannot say, as one sheet of styles for all pages."""

from catdog.figures import CAT, DOG

# Streamlit lays radio options out in a row; as cards they are the clear choice that a class sees from afar.
STYLE = """<style>
:root { --catdog-accent: #009E73; --catdog-focus: #008F68;
  --catdog-line: color-mix(in srgb, currentColor 20%, transparent);
  --catdog-ground: color-mix(in srgb, currentColor 7%, transparent); }
.stMainBlockContainer { max-width: 1240px; padding-top: 1.6rem; padding-bottom: 4rem; }
.stAppHeader { background: transparent; }
[data-testid="stCaptionContainer"] { color: inherit; opacity: 0.82; }
/* The accent is too dim for text on the dark background; the frame and the ground show the choice. */
.stApp .stMain button:is([data-variant="segmented_control"], [data-variant="pills"])[data-selected="true"],
.stApp .stMain [role="tab"][aria-selected="true"] { color: inherit; font-weight: 600; }
.stApp [data-testid="stSliderThumbValue"] { color: inherit; }
/* One frame around whatever the keyboard has reached, also where Streamlit's own is faint or missing. */
:focus-visible:not(input), label:has(input:focus-visible), .stSlider [data-rac]:has(> div > input:focus-visible),
:is([data-testid="stNumberInputContainer"], [data-testid="stTextInputRootElement"], .stSelectbox [role="group"],
.stMultiSelect [role="group"]):has(input:focus-visible) {
  outline: 3px solid var(--catdog-focus) !important; outline-offset: 2px;
}
.stMain:focus-visible, .stDataFrame :focus-visible { outline-offset: -3px; }
/* Lines of code are broken rather than moved sideways, which not everyone can. */
.stCode pre, .stCode code { white-space: pre-wrap !important; overflow-wrap: anywhere; }
.st-key-frame-status { position: fixed; bottom: 1.2rem; max-width: min(16rem, 260px); }
/* One line over every page: where one is at the left, what one can do with the view at the right. */
.st-key-frame-header { border-bottom: 1px solid var(--catdog-line); padding-bottom: 0.5rem; flex-wrap: nowrap; }
.st-key-frame-header p { white-space: nowrap; }
.st-key-frame-bar { width: auto; flex-wrap: nowrap; justify-content: flex-end; }
.st-key-frame-bar > :has(.catdog-copy), .st-key-frame-bar :has(> .catdog-copy) {
  width: auto; min-width: 0; flex: 0 0 auto;
}
.stSidebar h2 { font-size: 1.5rem; }
.stMain h1 { padding-bottom: 0.3rem; letter-spacing: -0.01em; }
.st-key-frame-lede p { font-size: 1.15rem; max-width: 46rem; }
.st-key-training-architecture [role="radiogroup"] {
  display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.8rem; width: 100%;
}
.st-key-training-architecture [role="radiogroup"] > div {
  position: relative; border: 2px solid var(--catdog-line); border-radius: 10px; padding: 0.8rem 0.9rem;
}
.st-key-training-architecture [role="radiogroup"] > div[data-selected="true"] {
  border-color: var(--catdog-accent); background: color-mix(in srgb, var(--catdog-accent) 9%, transparent);
}
.st-key-training-architecture [role="radiogroup"] > div:has(input:focus-visible) {
  outline: 3px solid var(--catdog-accent); outline-offset: 2px;
}
.st-key-training-architecture label::after { content: ""; position: absolute; inset: 0; cursor: pointer; }
.st-key-training-architecture label p { font-size: 1.1rem; }
[class*="st-key-dataset-photos-"] strong { border-left: 0.9rem solid; padding-left: 0.5rem; font-size: 1.15rem; }
.st-key-dataset-photos-cat strong { border-color: CAT; }
.st-key-dataset-photos-dog strong { border-color: DOG; }
/* Photos in their own shape stand in cells of one shape, so that the rows are even and nothing is cut off. */
[class*="st-key-dataset-photos-"] img {
  aspect-ratio: 4 / 3; object-fit: contain; background: var(--catdog-ground); border-radius: 8px;
}
[class*="st-key-dataset-photos-"] [data-testid="stGrid"] [data-testid="stGrid"] img { aspect-ratio: 1; }
[class*="st-key-classify-picture-"] img { max-height: 460px; object-fit: contain; }
[class*="st-key-classify-cell-"] img {
  aspect-ratio: 1; object-fit: contain; background: var(--catdog-ground); border-radius: 8px;
}
/* A list of pictures becomes a sheet of columns. */
[data-testid="stImageCaption"] p { font-size: 1rem; }  /* read from the last row */
[class*="-sheet"] [data-testid="stImageCaption"] p { font-size: 0.85rem; }
[class*="-sheet"] [data-testid="stImage"] { display: grid; grid-template-columns: repeat(8, 1fr); gap: 0.5rem; }
[class*="-sheet"] [data-testid="stImageContainer"] * { width: 100% !important; }
[class*="-sheet"] img { border-radius: 6px; }
/* A link that is longer than its place goes on in the next line. */
[data-testid="stPageLink"] p { white-space: normal; }
@media (max-width: 900px) {
  .st-key-training-architecture [role="radiogroup"] { grid-template-columns: 1fr 1fr; }
}
@media (max-width: 640px) {
  .st-key-frame-header p { padding-left: 2rem; }  /* beside the sidebar's arrow */
  .st-key-frame-header:has(.st-key-frame-bar input:checked) { flex-direction: column; align-items: stretch; }
  .st-key-frame-header:has(.st-key-frame-bar input:checked) > * { flex: 0 0 auto; }
  [class*="-sheet"] [data-testid="stImage"] { grid-template-columns: repeat(4, 1fr); }
  .st-key-training-figures { display: grid; grid-template-columns: repeat(3, 1fr); }
  .st-key-training-figures [data-testid="stMetricValue"] { font-size: 1.4rem; }
  .st-key-training-architecture [role="radiogroup"] { grid-template-columns: 1fr; }
  .st-key-home-strip-photos [data-testid="stHorizontalBlock"] {
    display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.5rem;
  }
  .st-key-home-strip-photos [data-testid="stColumn"] { min-width: 0; width: auto; }
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  .stApp .stTable :is(td, th) { padding-left: 0.15rem !important; padding-right: 0.15rem !important; }
  /* Nobody holds a projector in the hand; what a link has switched on can be switched off. */
  .st-key-frame-bar :is(.st-key-projector, .st-key-lean):not(:has(input:checked)) { display: none; }
  h1 { font-size: 1.7rem !important; }
}
</style>""".replace("CAT", CAT).replace("DOG", DOG)
