"""The first start, every later one, and each way a first start can fail. Nothing is fetched: pip is a stand-in."""

import contextlib
import errno
import http.server
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import types
import venv
from pathlib import Path

import pytest

from catdog import bootstrap, environment, presenter
from catdog.settings import REAL, SAMPLE

STAND_IN_PIP = """
import sys
from pathlib import Path
if "install" in sys.argv:
    project = Path(sys.argv[-1]).parent
    with (project / "pip-calls.txt").open("a") as calls:
        calls.write(Path(sys.argv[-1]).name + "\\n")
    if (project / "refusal.txt").exists():
        sys.stderr.write((project / "refusal.txt").read_text())
        sys.exit(1)
"""

STAND_IN_STREAMLIT = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/_stcore/health" else 404)
        self.end_headers()
    def log_message(self, *words):
        pass
port = next(int(word.split("=")[1]) for word in sys.argv if word.startswith("--server.port="))
http.server.HTTPServer(("localhost", port), Health).serve_forever()
"""

OFFLINE_PIP = (
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None)) after connection broken by "
    "'NewConnectionError('<HTTPConnection>: Failed to establish a new connection: [Errno 111] Connection refused')'\n"
    "ERROR: Could not find a version that satisfies the requirement six==0.0.1 (from versions: none)\n"
    "ERROR: No matching distribution found for six==0.0.1\n"
)
NO_WHEEL_PIP = (
    "ERROR: Could not find a version that satisfies the requirement six==0.0.1 (from versions: 1.16.0, 1.17.0)\n"
    "ERROR: No matching distribution found for six==0.0.1\n"
)


class QuickVenv(venv.EnvBuilder):
    """A real environment, with the stand-in where `with_pip` would take seconds."""

    def __init__(self, with_pip, **options):
        super().__init__(with_pip=False, **options)

    def post_setup(self, context):
        base = {"base": context.env_dir, "platbase": context.env_dir}
        pip = Path(sysconfig.get_path("purelib", "venv", vars=base)) / "pip"
        pip.mkdir(parents=True)
        (pip / "__init__.py").touch()
        (pip / "__main__.py").write_text(STAND_IN_PIP)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder whose two requirements files ask for what no interpreter has."""
    (tmp_path / "requirements.txt").write_text("six==0.0.1\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\niniconfig==0.0.1\n")
    monkeypatch.setattr(venv, "EnvBuilder", QuickVenv)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(bootstrap, "DEV_REQUIREMENTS", tmp_path / "requirements-dev.txt")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=50e9))
    monkeypatch.setenv(bootstrap.HANDED_OVER, "")
    return tmp_path


@pytest.fixture
def handed_over(monkeypatch):
    """The commands that would have taken this process's place."""
    commands = []
    monkeypatch.setattr(bootstrap, "hand_over", lambda command: commands.append(command) or 7)
    return commands


def pip_calls(project):
    """The names of the files that pip was asked to install, in order."""
    calls = project / "pip-calls.txt"
    return calls.read_text().split() if calls.exists() else []


def run_file(project):
    return project / "requirements.txt"


def dev_file(project):
    return project / "requirements-dev.txt"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# What the files ask for


def test_requirements_are_read_without_comments_and_through_includes(tmp_path):
    run_file(tmp_path).write_text("# what catdog runs on\nnumpy==2.4.6\n\npillow==13.0.0  # photos\n")
    (tmp_path / "gpu.txt").write_text("-r requirements.txt\ntensorflow[and-cuda]==2.21.0\n")
    lines = environment.requirement_lines(tmp_path / "gpu.txt")
    assert lines == ["numpy==2.4.6", "pillow==13.0.0", "tensorflow[and-cuda]==2.21.0"]


def test_the_projects_own_files_hold_exact_pins_only():
    lines = environment.requirement_lines(bootstrap.DEV_REQUIREMENTS)
    assert len(lines) > 5
    assert [line for line in lines if not environment.PIN.fullmatch(line)] == []


def test_a_running_python_with_every_pin_is_used_as_it_is(project):
    run_file(project).write_text(f"pytest[dev]=={pytest.__version__}  # with an extra\n")
    assert environment.python_for(run_file(project)) == Path(sys.executable)
    assert not (project / ".venv").exists()


def test_another_version_and_a_missing_package_are_both_unmet(project):
    run_file(project).write_text(f"pytest=={pytest.__version__}\npytest==0.1\nno-such-package-here==1.0\n")
    assert environment.unmet(run_file(project)) == ["pytest==0.1", "no-such-package-here==1.0"]


def test_a_local_build_of_a_version_counts_as_that_version(project, monkeypatch):
    monkeypatch.setattr(environment.metadata, "version", lambda name: "0.0.1+cpu")
    assert environment.unmet(run_file(project)) == []


# The environment


def test_the_first_start_makes_an_environment_and_says_so(project, capsys):
    python = environment.python_for(run_file(project))
    assert project / ".venv" in python.parents
    assert environment.python_version(python) == environment.RUNNING
    assert pip_calls(project) == ["requirements.txt"]
    assert "810 MB" in capsys.readouterr().out


def test_a_second_start_installs_nothing(project, capsys):
    first = environment.python_for(run_file(project))
    capsys.readouterr()
    assert environment.python_for(run_file(project)) == first
    assert pip_calls(project) == ["requirements.txt"]
    assert capsys.readouterr().out == ""


def test_what_the_tests_installed_serves_the_dashboard_too(project):
    for file in (dev_file(project), run_file(project), dev_file(project), run_file(project)):
        environment.python_for(file)
    assert pip_calls(project) == ["requirements-dev.txt"]


def test_the_tests_add_to_what_the_dashboard_installed(project):
    for file in (run_file(project), dev_file(project), run_file(project)):
        environment.python_for(file)
    assert pip_calls(project) == ["requirements.txt", "requirements-dev.txt"]


def test_changed_requirements_are_installed_again(project):
    environment.python_for(run_file(project))
    run_file(project).write_text("six==0.0.2\n")
    environment.python_for(run_file(project))
    environment.python_for(run_file(project))
    assert pip_calls(project) == ["requirements.txt"] * 2


def test_a_changed_comment_installs_nothing(project):
    environment.python_for(run_file(project))
    run_file(project).write_text("six==0.0.1  # a reason\n")
    environment.python_for(run_file(project))
    assert pip_calls(project) == ["requirements.txt"]


def test_going_back_to_older_requirements_installs_them_again(project):
    environment.python_for(dev_file(project))
    run_file(project).write_text("six==0.0.2\n")
    environment.python_for(run_file(project))
    run_file(project).write_text("six==0.0.1\n")
    environment.python_for(dev_file(project))
    assert pip_calls(project) == ["requirements-dev.txt", "requirements.txt", "requirements-dev.txt"]


def test_an_install_that_broke_off_goes_on_in_the_same_environment(project):
    (project / "refusal.txt").write_text(OFFLINE_PIP)
    with pytest.raises(environment.SetupError):
        environment.python_for(run_file(project))
    (project / ".venv" / "fetched-so-far").touch()
    (project / "refusal.txt").unlink()
    environment.python_for(run_file(project))
    assert (project / ".venv" / "fetched-so-far").exists()
    assert pip_calls(project) == ["requirements.txt"] * 2


def test_a_change_that_broke_off_is_not_taken_for_the_state_before_it(project):
    environment.python_for(run_file(project))
    run_file(project).write_text("six==0.0.2\n")
    (project / "refusal.txt").write_text(OFFLINE_PIP)
    with pytest.raises(environment.SetupError):
        environment.python_for(run_file(project))
    (project / "refusal.txt").unlink()
    run_file(project).write_text("six==0.0.1\n")
    environment.python_for(run_file(project))
    assert pip_calls(project) == ["requirements.txt"] * 3


def test_an_environment_left_half_made_is_made_anew(project, monkeypatch):
    def stopped(self, context):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(QuickVenv, "post_setup", stopped)
        with pytest.raises(environment.SetupError, match="goes on") as stop:
            environment.python_for(run_file(project))
    assert stop.value.exit_code == 130
    (project / ".venv" / "half").touch()
    environment.python_for(run_file(project))
    assert not (project / ".venv" / "half").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(project):
    python = environment.python_for(run_file(project))
    python.unlink()
    assert environment.python_version(environment.python_for(run_file(project))) == environment.RUNNING
    assert pip_calls(project) == ["requirements.txt"] * 2


def test_an_environment_whose_python_was_replaced_is_made_anew(project):
    environment.python_for(run_file(project))
    environment.write_stamp(project / ".venv", "3.5", ["six==0.0.1"])
    environment.python_for(run_file(project))
    assert pip_calls(project) == ["requirements.txt"] * 2
    assert environment.read_stamp(project / ".venv")["python"] == environment.RUNNING


def test_an_environment_of_someone_else_is_kept(project):
    QuickVenv(with_pip=True, symlinks=os.name != "nt").create(project / ".venv")
    (project / ".venv" / "mine").touch()
    environment.python_for(run_file(project))
    assert (project / ".venv" / "mine").exists()
    assert pip_calls(project) == ["requirements.txt"]


# What can go wrong, each as one sentence


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (OFFLINE_PIP, "could not reach a package registry"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution\n", "could not reach a package registry"),
        (NO_WHEEL_PIP, f"There is no six==0.0.1 for Python {environment.RUNNING}"),
        (OFFLINE_PIP.splitlines()[0] + "\n" + NO_WHEEL_PIP, "There is no six==0.0.1"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n", "became full"),
        ("ERROR: [Errno 13] Permission denied: '/somewhere'\n", "cannot be written"),
        ("ERROR: something else\n", r"failed \(ERROR: something else\)"),
        ("", r"failed \(pip ended with code 1\)"),
    ],
)
def test_what_pip_complains_of_becomes_one_sentence(project, capfd, refusal, sentence):
    (project / "refusal.txt").write_text(refusal)
    assert bootstrap.main(["run", "--port", str(free_port())]) == 1
    shown = capfd.readouterr().err
    assert shown.startswith(refusal), "pip's own words stay visible"
    assert re.search(sentence, shown.removeprefix(refusal))
    assert shown.removeprefix(refusal).count("\n") == 1


def test_too_little_disk_space_is_said_before_anything_is_fetched(project, capsys, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=1.24e9))
    assert bootstrap.main(["test"]) == 1
    assert "1.2 GB free, and the installation needs 5 GB" in capsys.readouterr().err
    assert not (project / ".venv").exists()


def test_adding_to_an_environment_needs_less_disk_space(project, monkeypatch):
    environment.python_for(run_file(project))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=1.24e9))
    environment.python_for(dev_file(project))
    assert pip_calls(project) == ["requirements.txt", "requirements-dev.txt"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "became full"), (errno.EACCES, "cannot be written"), (errno.EIO, "failed .*delete that folder")],
)
def test_an_error_of_the_disk_becomes_one_sentence(project, capsys, monkeypatch, number, sentence):
    def broken(self, context):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(QuickVenv, "post_setup", broken)
    assert bootstrap.main(["test"]) == 1
    assert re.search(sentence, capsys.readouterr().err)


def test_ctrl_c_during_the_install_ends_with_130_and_one_sentence(project, capsys, monkeypatch):
    def stopped(command):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "run_pip", stopped)
    assert bootstrap.main(["test"]) == 130
    assert capsys.readouterr().err == "The installation was stopped; the same command goes on with it.\n"


def test_a_python_without_ensurepip_names_the_debian_package(project, capsys, monkeypatch):
    monkeypatch.setattr(environment.util, "find_spec", lambda name: None)
    assert bootstrap.main(["test"]) == 1
    assert f"apt install python{environment.RUNNING}-venv" in capsys.readouterr().err


def test_a_missing_requirements_file_is_named(project, capsys):
    dev_file(project).unlink()
    assert bootstrap.main(["test"]) == 1
    assert str(dev_file(project)) in capsys.readouterr().err


def test_an_old_python_reads_which_one_it_is_and_what_to_do(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 6, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is Python 3\.9: install"):
        runpy.run_module("catdog", run_name="__main__")


# run


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "8501.5", ""])
def test_a_port_outside_its_limits_is_refused(capsys, port):
    assert bootstrap.main(["run", f"--port={port}"]) == 2
    assert f"The port is {port!r}: give a whole number from 1 to 65535" in capsys.readouterr().err


def test_an_option_that_run_does_not_know_is_named(capsys):
    assert bootstrap.main(["run", "--prot", "8502"]) == 2
    assert "unrecognized arguments: --prot 8502. See `python3 -m catdog run --help`." in capsys.readouterr().err


def test_a_port_in_use_is_named_together_with_one_that_is_free(project, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert bootstrap.main(["run", "--address", "127.0.0.1", "--port", str(port)]) == 1
        sentence = capsys.readouterr().err
        assert f"Port {port} is in use; catdog may already be running at http://127.0.0.1:{port}." in sentence
        assert bootstrap.listen_error("127.0.0.1", int(re.search(r"--port (\d+)", sentence)[1])) is None
    assert pip_calls(project) == []


def test_an_address_of_another_machine_is_refused(project, capsys):
    assert bootstrap.main(["run", "--address", "203.0.113.1", "--port", "8501"]) == 1  # kept free for documentation
    assert "cannot listen at 203.0.113.1, port 8501" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("localhost", "http://localhost:8501"),
        ("0.0.0.0", "http://localhost:8501"),
        ("::", "http://localhost:8501"),
        ("::1", "http://[::1]:8501"),
    ],
)
def test_the_page_has_an_address_that_a_browser_can_open(address, page):
    assert bootstrap.page_at(address, 8501) == page


def test_the_page_is_opened_once_the_server_answers(capsys, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Health", (http.server.BaseHTTPRequestHandler,), {}))
    server.RequestHandlerClass.do_GET = lambda request: (request.send_response(200), request.end_headers())
    server.RequestHandlerClass.log_message = lambda *words: None
    with contextlib.closing(server.socket):
        threading.Thread(target=server.handle_request, daemon=True).start()
        page = f"http://127.0.0.1:{server.server_port}"
        bootstrap.announce(types.SimpleNamespace(poll=lambda: None), page, True)
    assert opened == [page]
    assert capsys.readouterr().out == f"catdog is at {page} (Ctrl-C ends it)\n"


def test_a_server_that_ended_is_not_announced(capsys):
    bootstrap.announce(types.SimpleNamespace(poll=lambda: 1), "http://127.0.0.1:9", True)
    assert capsys.readouterr().out == ""


@pytest.fixture
def served(project, monkeypatch):
    """The environments of the servers that would have been started, each of which ends at once with 0."""
    environments = []

    def popen(command, cwd, env):
        environments.append(env)
        return types.SimpleNamespace(poll=lambda: 0, wait=lambda: 0)

    run_file(project).write_text(f"pytest=={pytest.__version__}\n")
    monkeypatch.setattr(bootstrap.subprocess, "Popen", popen)
    monkeypatch.setattr(bootstrap.signal, "signal", lambda number, handler: None)
    monkeypatch.setenv("CATDOG_PHOTOS", "/named/before")
    return environments


def run_with(*photos):
    return bootstrap.main(["run", "--no-browser", "--port", str(free_port()), *photos])


@pytest.mark.parametrize("given", ["pets", "./pets/", "sub/../pets", "{here}/pets"])
def test_a_folder_of_photos_reaches_the_server_whatever_folder_that_starts_in(given, served, tmp_path, monkeypatch):
    here = tmp_path / "class room"
    (here / "pets").mkdir(parents=True)
    (here / "sub").mkdir()
    monkeypatch.chdir(here)
    assert run_with("--photos", given.format(here=here)) == 0
    (environment_of_server,) = served
    told = Path(environment_of_server["CATDOG_PHOTOS"])
    assert told.is_absolute()
    assert told.samefile(here / "pets")
    assert {**environment_of_server, "CATDOG_PHOTOS": ""} == {**os.environ, "CATDOG_PHOTOS": ""}
    assert os.environ["CATDOG_PHOTOS"] == "/named/before"


def test_without_a_folder_of_photos_the_server_has_the_one_that_was_named_before(served):
    assert run_with() == 0
    assert [one["CATDOG_PHOTOS"] for one in served] == ["/named/before"]


@pytest.mark.parametrize("word", bootstrap.PHOTO_WORDS)
def test_a_word_for_the_photos_reaches_the_server_as_it_is_even_beside_a_folder_of_that_name(
    word, served, tmp_path, monkeypatch
):
    (tmp_path / word).mkdir()
    monkeypatch.chdir(tmp_path)
    assert run_with("--photos", word) == 0
    assert run_with("--photos", f"./{word}") == 0
    assert [one["CATDOG_PHOTOS"] for one in served] == [word, str(tmp_path / word)]


def test_the_words_for_the_photos_are_those_of_the_settings():
    assert bootstrap.PHOTO_WORDS == (REAL, SAMPLE)


@pytest.mark.parametrize("given", ["gone", "file.zip", "pets/gone", " "])
def test_a_folder_of_photos_that_is_not_there_is_named_before_anything_is_done(
    given, served, project, capsys, monkeypatch
):
    monkeypatch.chdir(project)
    (project / "file.zip").touch()
    (project / "pets").mkdir()
    assert run_with("--photos", given) == 2
    told = capsys.readouterr()
    assert told.err == (
        f"There is no folder {given!r}: `--photos` takes one with train/ and validation/, or the word real or sample.\n"
    )
    assert told.out == ""
    assert served == []
    assert pip_calls(project) == []


@pytest.mark.parametrize("given", ["", "a" * 300, "~nobody-here/pets"])
def test_a_folder_that_cannot_be_is_one_sentence(given, capsys):
    assert bootstrap.main(["run", "--photos", given]) == 2
    assert capsys.readouterr().err.startswith(f"There is no folder '{given}': ")


def test_a_folder_in_ones_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "pets").mkdir()
    assert bootstrap.run_options(["--photos=~/pets"]).photos == tmp_path / "pets"


def test_photos_without_a_folder_are_refused(capsys):
    assert bootstrap.main(["run", "--photos"]) == 2
    assert "argument --photos: expected one argument. See `python3 -m catdog run --help`." in capsys.readouterr().err


@pytest.fixture
def nothing_chosen(tmp_path, monkeypatch):
    """A user who has chosen no passphrase, neither here nor in a home of their own."""
    monkeypatch.delenv(presenter.PASSPHRASE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "my home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "my home"))


def test_opened_to_the_network_a_passphrase_is_made_for_the_server_and_printed_once(nothing_chosen, served, capsys):
    assert run_with("--address", "0.0.0.0") == 0
    assert run_with("--address", "0.0.0.0") == 0
    made = [environment[presenter.PASSPHRASE] for environment in served]
    assert capsys.readouterr().out.splitlines() == [presenter.announcement(one) for one in made]
    assert made[0] != made[1]
    assert presenter.PASSPHRASE not in os.environ


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1"])
def test_for_this_machine_alone_no_passphrase_is_made(nothing_chosen, served, capsys, address):
    assert run_with("--address", address) == 0
    assert presenter.PASSPHRASE not in served[0]
    assert capsys.readouterr().out == ""


def test_a_passphrase_in_the_environment_reaches_the_server_and_is_not_printed(
    nothing_chosen, served, capsys, monkeypatch
):
    monkeypatch.setenv(presenter.PASSPHRASE, "blue whale 52")
    assert run_with("--address", "0.0.0.0") == 0
    assert served[0][presenter.PASSPHRASE] == "blue whale 52"
    assert "whale" not in capsys.readouterr().out


@pytest.mark.parametrize("place", [".", "my home"])
def test_a_passphrase_in_the_secrets_is_left_to_the_server(nothing_chosen, served, project, capsys, place):
    (project / place / ".streamlit").mkdir(parents=True)
    (project / place / ".streamlit" / "secrets.toml").write_text('passphrase = "blue whale 52"\n')
    assert run_with("--address", "0.0.0.0") == 0
    assert presenter.PASSPHRASE not in served[0]
    assert "passphrase" not in capsys.readouterr().out


@pytest.mark.parametrize("address", ["localhost", "0.0.0.0"])
@pytest.mark.parametrize(
    ("chosen", "secrets", "sentence"),
    [
        ("short", "", "CATDOG_PASSPHRASE has 5 letters: choose 8 to 256"),
        ("", 'passphrase = "short"', "passphrase in secrets.toml has 5 letters"),
        ("", "passphrase = ", "secrets.toml cannot be read"),
    ],
)
def test_a_passphrase_that_will_not_do_is_refused_before_anything_is_done(
    nothing_chosen, served, project, capsys, monkeypatch, address, chosen, secrets, sentence
):
    monkeypatch.setenv(presenter.PASSPHRASE, chosen)
    (project / ".streamlit").mkdir()
    (project / ".streamlit" / "secrets.toml").write_text(secrets)
    assert run_with("--address", address) == 2
    assert sentence in capsys.readouterr().err
    assert served == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_the_dashboard_runs_until_it_is_asked_to_end(tmp_path, request_to_end):
    package = tmp_path / "catdog"
    package.mkdir()
    for name in ("__init__.py", "__main__.py", "bootstrap.py", "environment.py", "errors.py", "presenter.py"):
        shutil.copy(Path(bootstrap.__file__).with_name(name), package)
    run_file(tmp_path).touch()
    (tmp_path / "streamlit.py").write_text(STAND_IN_STREAMLIT)
    command = [sys.executable, "-m", "catdog", "run", "--no-browser", "--port", str(free_port())]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as catdog:
        said = catdog.stdout.readline()
        catdog.send_signal(request_to_end)
        _, errors = catdog.communicate(timeout=30)
    assert "catdog is at http://localhost:" in said
    assert catdog.returncode == 0
    assert errors == ""


# test, and the engine


def test_the_tests_run_with_their_arguments_in_the_projects_folder(project, handed_over, monkeypatch):
    monkeypatch.chdir(project.parent)
    assert bootstrap.main(["test", "-k", "photos", "--help"]) == 7
    python = str(environment.venv_python(project / ".venv"))
    side_by_side = ["-n", "2", "--dist", "loadfile"]
    assert handed_over == [[python, "-m", "pytest", *side_by_side, "-k", "photos", "--help"]]
    assert Path.cwd() == project


def test_the_engine_asks_for_one_run_before_anything_else(project, handed_over, capsys):
    assert bootstrap.main(["train", "--recipe", "model1"]) == 1
    assert "run `python3 -m catdog run` once" in capsys.readouterr().err
    assert not handed_over
    assert not (project / ".venv").exists()


def test_the_engine_runs_in_place_where_everything_is_installed(project, handed_over, monkeypatch):
    run_file(project).write_text(f"pytest=={pytest.__version__}\n")
    terminal = types.ModuleType("catdog.terminal")
    terminal.main = lambda arguments: len(arguments)
    monkeypatch.setitem(sys.modules, "catdog.terminal", terminal)
    assert bootstrap.main(["train", "--recipe", "model1"]) == 3
    assert not handed_over


def test_the_engine_moves_into_the_environment_that_a_run_has_made(project, handed_over):
    python = environment.python_for(run_file(project))
    assert bootstrap.main(["train", "--recipe", "model1"]) == 7
    assert handed_over == [[str(python), "-m", "catdog", "train", "--recipe", "model1"]]
    assert os.environ[bootstrap.HANDED_OVER]


def test_an_environment_that_lost_a_package_is_reported_and_put_right_by_the_next_run(project, handed_over, capsys):
    environment.python_for(run_file(project))
    os.environ[bootstrap.HANDED_OVER] = "1"  # as in the process that was handed over to; the fixture restores it
    assert bootstrap.main(["train"]) == 1
    assert ".venv no longer has six==0.0.1" in capsys.readouterr().err
    assert not handed_over
    environment.python_for(run_file(project))
    assert pip_calls(project) == ["requirements.txt"] * 2


def test_what_is_handed_over_to_decides_the_exit_code():
    code = "import sys; from catdog import bootstrap; sys.exit(bootstrap.hand_over([sys.executable, '-c', 'exit(7)']))"
    assert subprocess.run([sys.executable, "-c", code], cwd=bootstrap.ROOT, check=False).returncode == 7


ENGINE = ("recipes", "prepare", "train", "sweep", "reproduce", "classify", "train-starter", "bench")


@pytest.mark.parametrize(("arguments", "exit_code"), [(["--help"], 0), (["-h"], 0), ([], 2)])
def test_the_usage_needs_nothing_but_the_standard_library(arguments, exit_code):
    command = [sys.executable, "-S", "-m", "catdog", *arguments]
    told = subprocess.run(command, cwd=bootstrap.ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == exit_code
    for name in ("run", "doctor", "test", *ENGINE):
        assert f"\n  {name} " in told.stdout + told.stderr
