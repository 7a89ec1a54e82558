"""An institution's own login: Streamlit's, with a small identity provider here that speaks OpenID Connect."""

import base64
import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from playwright.sync_api import Browser, Page, expect

from tests.conftest import make_photos
from tests.e2e.conftest import look
from tests.serving import PATIENCE, served

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(400)]

CLIENT, SECRET = "catdog-dashboard", "only this test knows it"
LISTED = "teacher@school.example"
VISITOR = "Visitor · you may look, augment and classify"


class Provider(ThreadingHTTPServer):
    """Logs everyone in at once, as `person`: the claims about them. `asked` is what each request for a login said."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.person: dict[str, object] = {}
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        about = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], "sub": "7"}
        return jwt.encode({"alg": "RS256", "kid": "1"}, about | self.person, self.key)


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if where.path == "/.well-known/openid-configuration":
            self.answer(self.server.discovery())
        elif where.path == "/keys":
            self.answer({"keys": [self.server.key.as_dict(private=False)]})
        elif where.path == "/authorize":
            asked, code = dict(parse_qsl(where.query)), secrets.token_urlsafe()
            self.server.asked.append(asked)
            self.server.codes[code] = asked
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = self.server.codes.pop(sent["code"][0])
        who = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        proof = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
        proven = base64.urlsafe_b64encode(proof).decode().rstrip("=") == asked["code_challenge"]
        if not proven or who != f"{CLIENT}:{SECRET}":
            self.send_error(400)
        else:
            self.answer({"access_token": "x", "token_type": "Bearer", "id_token": self.server.id_token(asked)})

    def answer(self, content: dict[str, object]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *words: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        yield provider
        provider.shutdown()


@pytest.fixture(scope="module")
def school(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard, opened to the network, with that provider in its secrets, and no passphrase chosen."""
    home = tmp_path_factory.mktemp("school")
    (home / "secrets.toml").write_text(f"""
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{secrets.token_urlsafe(32)}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"

[presenters]
emails = ["Teacher@School.example"]
""")
    named = {
        "CATDOG_HOME": str(home),
        "CATDOG_PHOTOS": str(make_photos(home / "photos", train=12, validation=12)),
        "CATDOG_WEIGHTS_URL": "http://127.0.0.1:9/nothing",
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
        "STREAMLIT_SECRETS_FILES": str(home / "secrets.toml"),
    }
    with served({"NO_PROXY": "127.0.0.1,localhost"} | os.environ | named, home / "server.log") as address:
        yield address
    made = [line for line in (home / "server.log").read_text().splitlines() if "passphrase is" in line]
    assert len(made) == 1  # printed once, although several pages were opened


@pytest.fixture
def page(browser: Browser, school: str) -> Iterator[Page]:
    """A fresh visitor, whom the login sends to the provider and back."""
    context = browser.new_context(base_url=school)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def log_in(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text(VISITOR)).to_be_visible()
    page.get_by_role("button", name="I am the presenter").click()
    page.evaluate("window.before = true")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_function("() => !window.before")  # another document: back from the provider


def test_a_listed_person_comes_back_as_the_presenter_and_leaves_by_logging_out(page, provider: Provider, school: str):
    provider.person = {"email": LISTED, "email_verified": True}
    log_in(page)
    expect(page.get_by_text("Presenter", exact=True)).to_be_visible()
    look(page, "rights-logged-in")
    assert "code=" not in page.url

    asked = provider.asked[-1]
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == f"{school}/oauth2callback"
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert asked["code_challenge_method"] == "S256"

    page.goto("/Training")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text(VISITOR)).to_be_visible()


@pytest.mark.parametrize(
    "person",
    [{"email": "student@school.example", "email_verified": True}, {"email": LISTED, "email_verified": False}],
    ids=["not listed", "not verified"],
)
def test_everyone_else_comes_back_as_a_visitor(page, provider: Provider, person: dict):
    provider.person = person
    log_in(page)
    page.get_by_role("button", name="I am the presenter").click()
    expect(page.get_by_text("is logged in, and is not a presenter.")).to_be_visible()
    expect(page.get_by_text(VISITOR)).to_be_visible()
    page.goto("/Training")
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
