"""Shared by the tests with real workers: a few small photos, and a board whose workers do not outlive a test."""

import pytest

from catdog.photos import ready_photos
from catdog.settings import settings
from catdog.training import Board
from catdog.training.launcher import LocalLauncher


@pytest.fixture
def photos(own_photos):
    """The 24 + 24 small pictures, prepared."""
    return ready_photos(settings(), lambda progress: None)


@pytest.fixture
def board(photos):
    """A board on an empty folder; workers that a failed test left behind are ended."""
    made = Board(settings().runs)
    yield made
    for run in made.under_way():
        if run.state.worker:
            LocalLauncher().stop(run.state.worker)
