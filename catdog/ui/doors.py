"""What the server does at its doors besides drawing pages, and Streamlit has no setting for."""

import asyncio
import gc
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit import config, net_util, runtime
from streamlit.runtime import app_session

from catdog.presenter import listens_here_alone

HERE = ("localhost", "127.0.0.1", "::1")
SWEEP = 10.0  # seconds between two looks for visitors whose time to come back is over


@st.cache_resource(show_spinner=False)
def keep_doors() -> None:
    """Once a server, from its first page on: let nobody in by a foreign name, ask nobody outside, forget who has left.

    A site may give its own name the address of a visitor's own machine; then a server that only this machine can reach
    would take that site's page for its own. So such a server goes by its own names only, where none were chosen.

    Before Streamlit answers a connection that a page of another server asks for, it asks a service on the internet for
    this machine's public address, in case the page came from there. That service would be told of every attempt, and
    all visitors would wait meanwhile. Who opens this server by its public address is let in without it.

    What a visitor has left (pictures too) Streamlit lets go only when the next one leaves. And any visitor may ask it
    to clear its caches, which hold the board and all that is loaded for everyone: a developer's tool.
    """
    server = runtime.get_instance() if runtime.exists() else None
    sessions = getattr(server, "_session_mgr", None)
    if sessions is None:  # a page that is tested without a server
        return
    if listens_here_alone(config.get_option("server.address")) and not config.get_option("server.allowedHosts"):
        config.set_option("server.allowedHosts", list(HERE))
    net_util.get_external_ip = lambda: None
    app_session.AppSession._handle_clear_cache_request = lambda session: None
    loop = server._get_async_objs().eventloop
    loop.call_soon_threadsafe(_sweep, loop, sessions._session_storage._cache.expire)


def _sweep(loop: asyncio.AbstractEventLoop, expire: Callable[[], Sequence[tuple[str, Any]]]) -> None:
    loop.call_later(SWEEP, _sweep, loop, expire)
    gone = expire()
    for _, left in gone:
        left.session.shutdown()
    if gone:
        del gone, left
        gc.collect()  # what a session holds goes round in circles
