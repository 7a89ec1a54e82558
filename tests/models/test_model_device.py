"""What this machine computes on, in words."""

import os

import pytest

from catdog.models import device


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Makes an nvidia-smi that does what the test says; without a call there is none on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    device._driver_says.cache_clear()
    yield lambda script: make_tool(tmp_path / "nvidia-smi", script)
    device._driver_says.cache_clear()


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
    device._driver_says.cache_clear()
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
