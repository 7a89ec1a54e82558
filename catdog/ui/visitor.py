"""Who a visitor is: a random token that stays in the browser, and a mark of it that may be written down."""

import re
import secrets
from hashlib import sha256

import streamlit as st

COOKIE, DAYS = "catdog_visitor", 30
TOKEN = "[A-Za-z0-9_-]{43}"  # as secrets.token_urlsafe(32) makes them
KEY = "visitor.token"
MARK = 16  # letters: enough that no two visitors share one

# Streamlit itself sets no cookies. A cookie that is there stays, so that two tabs are one visitor; only a fresh
# presenter's replaces it.
COOKIE_JS = """
export default function ({ data }) {
  const held = document.cookie.split("; ").find((one) => one.startsWith(data.name + "="));
  if (!data.replace && held && new RegExp("^" + data.form + "$").test(held.slice(data.name.length + 1))) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    `${data.name}=${data.token}; SameSite=Strict; Path=/; Max-Age=${data.seconds}${secure}`;
}
"""


def visitor_token() -> str:
    """This visitor's token: the browser's where it has the right form, else a new one, the same for all the session."""
    if KEY not in st.session_state:
        st.session_state[KEY] = _brought() or secrets.token_urlsafe(32)
    return st.session_state[KEY]


def visitor_mark() -> str:
    """What may be written into a run: it tells visitors apart, and nobody gets from it to the token."""
    return token_digest()[:MARK]


def token_digest() -> str:
    """The token as the server remembers it."""
    return sha256(visitor_token().encode()).hexdigest()


def new_token() -> None:
    """From now on another token, which nobody who sat at this browser before can know; for who becomes presenter."""
    st.session_state[KEY] = secrets.token_urlsafe(32)


def remember_visitor(replace: bool) -> None:
    """Have the browser keep the token, in the place of one that it has already where `replace` says so."""
    if _brought() == visitor_token():
        return
    seconds = DAYS * 24 * 3600
    data = {"name": COOKIE, "form": TOKEN, "token": visitor_token(), "seconds": seconds, "replace": replace}
    _cookie()(key="visitor.cookie", data=data, height=1)


def _brought() -> str:
    """The token that came with the browser's first request of this session, checked; else empty."""
    given = st.context.cookies.get(COOKIE)
    return given if isinstance(given, str) and re.fullmatch(TOKEN, given) else ""


@st.cache_resource(show_spinner=False)
def _cookie():
    return st.components.v2.component("catdog_visitor", js=COOKIE_JS, isolate_styles=False)
