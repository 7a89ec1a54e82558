"""Loading Keras in the page's own process: off the GPU, and without its chatter in the teacher's terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catdog.models.loading import load_keras_on_cpu, without_chatter

ROOT = Path(__file__).parents[2]
CHATTER = [
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    b"I0000 00:00:1795243080.914170   25077 cudart_stub.cc:31] Could not find cuda drivers on your machine.",
    b"E0000 00:00:1795243082.771591   25077 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error",
    b"W0000 00:00:1795243082.771591   25077 gpu_device.cc:2341] Cannot dlopen some GPU libraries.",
    b"E1121 06:34:29.169000   25077 cuda_dnn.cc:8579] Unable to register cuDNN factory",
    b"E0000 1795243082.771591   25077 cuda_platform.cc:52] failed call",
]
TELLING = [
    b"A sentence for the teacher.",
    b"  I0000 00:00 is only quoted here",
    b"Traceback (most recent call last):",
    b"ImportError: libcudart.so.12",
    b"I0 wonder, E1 as well",
    b"WARNING: the disk is nearly full",
    b"\xff\xfe no text at all",
    b"",
]


def told(capfd: pytest.CaptureFixture) -> list[str]:
    return capfd.readouterr().err.splitlines()


def test_tensorflows_own_lines_are_dropped_and_all_others_passed_on_in_order(capfd):
    with without_chatter():
        for chatter, telling in zip(CHATTER, TELLING, strict=False):
            os.write(2, chatter + b"\n" + telling + b"\n")
        assert told(capfd) == []  # held back so far
    assert told(capfd) == [line.decode() for line in TELLING[: len(CHATTER)]]


@pytest.mark.parametrize("line", TELLING)
def test_what_only_looks_like_chatter_is_passed_on_byte_by_byte(line, capfdbinary):
    with without_chatter():
        os.write(2, line + b"\n" + CHATTER[0] + b"\n")
    assert capfdbinary.readouterr().err == line + b"\n"


def test_a_last_line_without_an_end_is_passed_on(capfd):
    with without_chatter():
        os.write(2, CHATTER[1] + b"\nno end")
    assert capfd.readouterr().err == "no end"


def test_what_python_itself_prints_is_passed_on(capfd):
    with without_chatter():
        print("a line", file=sys.stderr)
        sys.stderr.write("not flushed yet")
    said = capfd.readouterr().err
    assert "a line\n" in said
    assert said.endswith("not flushed yet")


def test_what_was_written_before_stands_before(capfd):
    sys.stderr.write("before ")
    with without_chatter():
        sys.stderr.write("within ")
    sys.stderr.write("after")
    sys.stderr.flush()
    assert capfd.readouterr().err == "before within after"


def test_much_is_passed_on_whole(capfd):
    lines = [f"line {number}" for number in range(20_000)]
    with without_chatter():
        sys.stderr.write("\n".join(lines) + "\n")
    assert told(capfd) == lines


def test_an_error_within_passes_the_lines_on_and_leaves_the_terminal_as_it_was(capfd):
    before = os.fstat(2)
    with pytest.raises(ImportError, match="no keras"), without_chatter():
        os.write(2, CHATTER[0] + b"\nwhat went wrong\n")
        raise ImportError("no keras")
    os.write(2, b"and on\n")
    assert told(capfd) == ["what went wrong", "and on"]
    assert (os.fstat(2).st_dev, os.fstat(2).st_ino) == (before.st_dev, before.st_ino)


def test_it_leaves_no_file_open(capfd):
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("this system does not list open files")
    before = len(list(descriptors.iterdir()))
    for _ in range(5):
        with without_chatter():
            os.write(2, b"line\n")
    assert len(list(descriptors.iterdir())) == before


def test_keras_is_loaded_on_the_cpu_and_says_nothing_of_its_own():
    code = (
        "import os, sys\n"
        "from catdog.models.loading import load_keras_on_cpu\n"
        "load_keras_on_cpu()\n"
        "import keras, tensorflow\n"
        "print(tensorflow.config.get_visible_devices('GPU'), os.environ['TF_CPP_MIN_LOG_LEVEL'])\n"
        "os.write(2, b'still open')"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[] 2"
    assert result.stderr == "still open"


def test_what_streamlit_clears_after_every_run_of_a_page_stays(monkeypatch):
    import keras
    from streamlit.runtime.scriptrunner.script_runner import _clean_problem_modules

    monkeypatch.setattr(keras.backend, "clear_session", keras.backend.clear_session)  # put back after the test
    load_keras_on_cpu()
    before = keras.layers.Dense(1).name
    _clean_problem_modules()
    after = keras.layers.Dense(1).name  # counted on, where a cleared session would begin anew
    assert int(after.partition("_")[2]) == int(before.partition("_")[2] or 0) + 1
