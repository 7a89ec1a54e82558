"""A training run: what was asked, its folder, its worker process, and the board that queues runs."""

from catdog.training.board import Board
from catdog.training.request import RunRequest
from catdog.training.snapshot import Snapshot

__all__ = ["Board", "RunRequest", "Snapshot"]
