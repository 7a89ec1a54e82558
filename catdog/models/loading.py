"""Keras in the page's own process: off the GPU, and without TensorFlow's chatter in the teacher's terminal."""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHATTER = re.compile(rb"WARNING: All log messages before absl::InitializeLog|[IWE]\d{4} \d{2}:|[IWE]\d{4} \d{10}\.")

LOADING = threading.Lock()  # two that divert the process's error output at once would lose it

# Keras' TensorFlow side is not made for several threads at once: whoever asks a network or builds one holds this.
ONE_AT_A_TIME = threading.RLock()


def load_keras_on_cpu() -> None:
    """Load Keras and keep this process off the GPU, whose memory belongs to the runs.

    And keep what it has compiled: Streamlit calls `keras.backend.clear_session` after every run of a page's script, in
    the middle of other visitors' work as well; the next one would then set every operation up anew (50 ms and more).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with LOADING, without_chatter():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow

            tensorflow.config.set_visible_devices([], "GPU")
            tensorflow.get_logger().setLevel("ERROR")  # it warns of each further network that it must trace
    keras.backend.clear_session = _nothing


def _nothing() -> None:
    """What is left of clearing the session."""


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what the whole process writes to its error output, and afterwards pass on all but TensorFlow's lines.

    Its first lines are written by C++ code before any setting of the log is read.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            for line in held:
                if not CHATTER.match(line):
                    os.write(2, line)
