"""The line in the sidebar that says who this visitor is, with the way to become the presenter and back."""

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitMissingAuthlibError

from catdog.errors import RightsError
from catdog.ui.rights import by_login, by_passphrase, enter, is_presenter, leave, let_class_train, rules
from catdog.ui.visitor import remember_visitor
from catdog.ui.words import plain

PHRASE, REFUSED, CLASS = "frame.phrase", "frame.refused", "frame.class"


def presenter_line() -> None:
    """Who this visitor is, where that matters; on a server that only its own machine reaches, nothing."""
    if not rules().guarded:
        return
    with st.container(key="frame.presenter"):
        remember_visitor(replace=by_passphrase())
        if is_presenter():
            _presenter()
        else:
            _visitor()


def _presenter() -> None:
    st.caption("Presenter")
    st.session_state[CLASS] = rules().class_may
    st.toggle("The class may start trainings", key=CLASS, on_change=_switch)
    if by_passphrase():
        st.button("Leave presenter mode", key="frame.leave", on_click=leave)
    if by_login():
        st.button("Log out", key="frame.logout", on_click=st.logout)


def _switch() -> None:
    try:
        let_class_train(bool(st.session_state[CLASS]))
    except RightsError as error:
        st.session_state[REFUSED] = str(error)


def _visitor() -> None:
    may = "look, augment, classify and train" if rules().class_may else "look, augment and classify"
    st.caption(f"Visitor · you may {may}")
    if rules().trouble:
        st.caption(plain(rules().trouble))
        return
    with st.popover("I am the presenter", icon=":material/key:"):
        with st.form("frame.enter", border=False, clear_on_submit=True):
            st.text_input("The presenter's passphrase", type="password", autocomplete="off", key=PHRASE)
            st.form_submit_button("Enter", on_click=_try_passphrase)
        if refused := st.session_state.pop(REFUSED, None):
            st.error(plain(refused))
        _logins()


def _try_passphrase() -> None:
    given = st.session_state.pop(PHRASE, "")  # it is kept nowhere
    try:
        if given:
            enter(given)
    except RightsError as error:
        st.session_state[REFUSED] = str(error)


def _logins() -> None:
    """The institution's own way in, where one is configured."""
    if rules().providers and st.user.to_dict().get("is_logged_in"):
        st.caption(f"{plain(str(st.user.to_dict().get('email', 'Someone')))} is logged in, and is not a presenter.")
        st.button("Log out", key="frame.logout", on_click=st.logout)
        return
    for name in rules().providers:
        label = "Log in" if name == "default" else f"Log in with {plain(name)}"
        st.button(label, key=f"frame.login.{name}", on_click=_log_in, args=[name])


def _log_in(name: str) -> None:
    try:
        st.login(None if name == "default" else name)
    except StreamlitMissingAuthlibError:
        st.session_state[REFUSED] = "Logging in needs one more package: `pip install -r requirements-login.txt`."
    except StreamlitAuthError:
        st.session_state[REFUSED] = "[auth] in secrets.toml is not complete: it needs what Streamlit's login asks for."
