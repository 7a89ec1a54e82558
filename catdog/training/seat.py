"""Which server may write in a CATDOG_HOME: the one that has the seat. Any other one looks on, and says so."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from catdog.disk import replace_text

LOCK, HOLDER = "server.lock", "server.json"


class Seat:
    """One server's claim to a home, for as long as it lives: the system gives it back however the process ends.

    `address` is where people reach this server, as far as it knows. All seats of one process on one home are the same
    one. Where no lock can be had at all (a home that cannot be written), nobody is turned away: what cannot be written
    is said where it is written.
    """

    def __init__(self, home: Path, address: str = "") -> None:
        self.home, self.address = home, address
        self.only_reads = ""  # why this server may not write, as a sentence; empty where it may
        # Not one lock a thread, as is the rule: the thread that looks after the runs takes it, all others rely on it.
        self.lock = FileLock(home / LOCK, thread_local=False, is_singleton=True)

    def take(self) -> bool:
        """Take the seat where it is free; returns whether it is ours. Changes no other file where it is not."""
        if self.lock.is_locked:
            self.only_reads = ""
            return True
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.lock.acquire(timeout=0)
            self._sign()
        except Timeout:
            self.only_reads = self._taken()
            return False
        except (OSError, NotImplementedError):
            pass
        self.only_reads = ""
        return True

    def _sign(self) -> None:
        told = {"pid": os.getpid(), "address": self.address, "since": datetime.now(UTC).isoformat(timespec="seconds")}
        replace_text(self.home / HOLDER, json.dumps(told))

    def _taken(self) -> str:
        holder = self._holder()
        who = f" ({', '.join(holder)})" if holder else ""
        return (
            f"Another server works in the same CATDOG_HOME{who}. This one only shows what is there: it starts, stops "
            f"and changes nothing. Use the other one, or stop it: then this one takes over within seconds. Or start "
            f"this one with another CATDOG_HOME."
        )

    def _holder(self) -> list[str]:
        """What the other server has written about itself; nothing where that cannot be read."""
        try:
            told = json.loads((self.home / HOLDER).read_text(encoding="utf-8"))
            since = datetime.fromisoformat(told["since"]).astimezone(UTC)
            words = [f"process {int(told['pid'])}", f"since {since:%Y-%m-%d %H:%M} UTC"]
            return [*([str(told["address"])[:100]] if told.get("address") else []), *words]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return []
