"""The server's settings: every one with its reason, the safe ones as they should be, and Streamlit takes them all."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from catdog.settings import PHOTO_MAX_BYTES
from tests.serving import ROOT

CONFIG = ROOT / ".streamlit" / "config.toml"
LINE = re.compile(r"(?P<name>\w+) = (?P<value>[^#]+?)(  # (?P<reason>.+))?")
SECTIONS = ("browser", "server", "logger", "client", "runner")
SAFE = {
    "browser.gatherUsageStats": False,
    "client.allowedOrigins": [],
    "client.disableDataExport": True,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
    "server.address": "localhost",
    "server.allowRunOnSave": False,
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableExpensiveMemoryStats": False,
    "server.enableStaticServing": False,
    "server.enableWebsocketCompression": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 20,
    "server.maxWidgetStateSize": 1,
    "server.runOnSave": False,
    "server.xsrfCookieSameSite": "strict",
}
TAKEN = """
import json, sys
from streamlit import config
from streamlit.web import bootstrap
bootstrap.load_config_options({})
print(json.dumps({name: [config.get_option(name), config.get_where_defined(name)] for name in json.load(sys.stdin)}))
"""


def given() -> dict[str, object]:
    """All that the file sets about the server, by Streamlit's own names."""
    tables = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    return {f"{section}.{name}": value for section in SECTIONS for name, value in tables[section].items()}


def test_every_setting_of_the_server_has_its_reason():
    section, seen = "", 0
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif section in SECTIONS and line:
            setting = LINE.fullmatch(line)
            assert setting, line
            assert setting["reason"], f"{section}.{setting['name']} has no reason"
            seen += 1
    assert seen == len(given())


@pytest.mark.parametrize("name", SAFE)
def test_a_setting_that_keeps_a_class_safe_is_what_it_should_be(name):
    assert given()[name] == SAFE[name]


def test_the_limits_fit_each_other():
    settings = given()
    assert settings["server.maxUploadSize"] * 1024**2 == PHOTO_MAX_BYTES
    assert 1 < settings["server.maxMessageSize"] <= 20  # MB: a whole page goes through, and little more
    assert settings["server.disconnectedSessionTTL"] <= 60  # seconds until a visitor's pictures are forgotten
    assert settings["server.websocketPingInterval"] <= 30  # seconds


def test_streamlit_takes_every_one_of_them():
    """None is misspelled, of another version, or of another kind than Streamlit expects."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    answer = subprocess.run(
        [sys.executable, "-c", TAKEN],
        input=json.dumps(list(given())),
        cwd=ROOT,
        env=clean,
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stderr == ""
    taken = json.loads(answer.stdout)
    assert {name: value for name, (value, _) in taken.items()} == given()
    assert {where for _, where in taken.values()} == {str(CONFIG)}
