"""What this machine computes on, in words."""

import os

import pytest

from catdog import driver
from catdog.models import device


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Makes an nvidia-smi that does what the test says; without a call there is none on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    driver.driver_says.cache_clear()
    yield lambda script: make_tool(tmp_path / "nvidia-smi", script)
    driver.driver_says.cache_clear()


def make_tool(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def cores(monkeypatch, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(count)), raising=False)


@pytest.mark.parametrize(("count", "words"), [(1, "1 CPU core"), (2, "2 CPU cores"), (64, "64 CPU cores")])
def test_cores_are_counted_in_words(count, words, monkeypatch):
    cores(monkeypatch, count)
    assert device.cpu_cores() == count
    assert device.cpu_name() == words


def test_where_the_system_does_not_say_what_is_ours_all_cores_count(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert device.cpu_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert device.cpu_cores() == 1


@pytest.mark.usefixtures("tool")
def test_without_the_driver_s_tool_there_is_no_gpu():
    assert device.installed_gpu() is None


def test_the_first_gpu_is_named(tool):
    tool("echo 'NVIDIA H200'; echo 'NVIDIA T4'")
    assert device.installed_gpu() == "NVIDIA H200"


@pytest.mark.parametrize("script", ["exit 9", "echo", "echo broken; exit 1"])
def test_a_driver_that_does_not_work_is_no_gpu(tool, script):
    tool(script)
    assert device.installed_gpu() is None


def test_the_driver_is_asked_once(tool, tmp_path):
    tool(f"echo asked >> {tmp_path}/asked; echo 'NVIDIA T4'")
    assert [device.installed_gpu(), device.installed_gpu()] == ["NVIDIA T4"] * 2
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_what_keras_computes_on_is_named(tool, monkeypatch):
    import keras

    cores(monkeypatch, 2)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: [])
    assert device.device_in_use() == "2 CPU cores"
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: [f"{kind}:0"])
    assert device.device_in_use() == "GPU"
    tool("echo 'NVIDIA T4'")
    driver.driver_says.cache_clear()
    assert device.device_in_use() == "GPU NVIDIA T4"


def test_a_gpu_that_keras_cannot_use_is_not_claimed(tool, monkeypatch):
    import keras

    cores(monkeypatch, 4)
    tool("echo 'NVIDIA T4'")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: [])
    assert device.device_in_use() == "4 CPU cores"


@pytest.mark.parametrize(("seen", "unused"), [([], True), (["GPU:0"], False)])
def test_a_gpu_is_unused_where_tensorflow_does_not_see_it(seen, unused, tool, monkeypatch):
    tensorflow = pytest.importorskip("tensorflow")
    monkeypatch.setattr(tensorflow.config, "list_physical_devices", lambda kind: seen)
    tool("echo NVIDIA H200")
    assert device.gpu_unused() is unused


def test_without_a_gpu_none_is_unused(tool):
    assert device.gpu_unused() is False


# Several GPUs

THREE = """case "$1" in
*=index) echo 0; echo 1; echo 2 ;;
*=name) echo 'NVIDIA A100'; echo 'NVIDIA A100'; echo 'NVIDIA T4' ;;
*=uuid) echo GPU-aaaa-1; echo GPU-bbbb-2; echo GPU-cccc-3 ;;
*=compute_cap) echo 8.0; echo 8.0; echo 7.5 ;;
esac"""


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, ["NVIDIA A100", "NVIDIA A100", "NVIDIA T4"]),
        ("0,1", ["NVIDIA A100", "NVIDIA A100"]),
        ("2", ["NVIDIA T4"]),
        (" 2 , 0 ", ["NVIDIA T4", "NVIDIA A100"]),
        ("GPU-cccc,GPU-aaaa-1", ["NVIDIA T4", "NVIDIA A100"]),
        ("0,7,1", ["NVIDIA A100"]),
        ("1,-1,0", ["NVIDIA A100"]),
        ("GPU-none", []),
        ("MIG-1234", ["NVIDIA A100"]),
        ("-1", []),
        ("", []),
    ],
)
def test_all_gpus_that_a_process_may_use_are_named(tool, monkeypatch, visible, names):
    tool(THREE)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert device.installed_gpus() == tuple(names)
    assert device.installed_gpu() == (names[0] if names else None)
    assert device.gpu_capability() == {"NVIDIA A100": 8.0, "NVIDIA T4": 7.5, None: 0.0}[device.installed_gpu()]


@pytest.mark.usefixtures("tool")
def test_without_the_driver_s_tool_there_are_no_gpus(monkeypatch):
    assert device.installed_gpus() == ()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert device.installed_gpus() == ()


@pytest.mark.parametrize(
    ("visible", "gpus", "words"),
    [
        ("0,1", 2, "2 GPUs NVIDIA A100, 64 photos a step (32 each)"),
        ("0,1,2", 3, "3 GPUs NVIDIA A100 and NVIDIA T4, 96 photos a step (32 each)"),
        ("", 2, "2 GPUs, 64 photos a step (32 each)"),  # such as those of another maker
        ("", 0, "2 parts of 4 CPU cores, 64 photos a step (32 each)"),
    ],
)
def test_devices_that_share_a_step_are_named_with_its_photos(tool, monkeypatch, visible, gpus, words):
    import keras

    tool(THREE)
    cores(monkeypatch, 4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: [f"{kind}:{at}" for at in range(gpus)])
    assert device.devices_in_words(gpus or 2, 32) == words
    assert device.photos_a_step(words) == 32 * (gpus or 2)


@pytest.mark.parametrize(
    "words", ["", "2 CPU cores", "GPU NVIDIA A100", "64 photos a step", "GPU, x photos a step (1 each)"]
)
def test_of_one_device_no_shared_step_is_read(words):
    assert device.photos_a_step(words) is None


@pytest.mark.parametrize(("share", "count"), [("1", 1), ("16", 4), ("", 4), ("0", 4), ("many", 4)])
def test_a_share_of_the_cores_is_what_tensorflow_was_told(share, count, monkeypatch):
    cores(monkeypatch, 4)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", share)
    assert device.cpu_cores() == count
