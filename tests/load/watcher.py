"""A visitor who watches a run learn, and when each epoch came into the chart."""

import json
import time

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.load.session import Session

CHART = "training.accuracy."  # of the key of the chart whose validation curve shows an epoch


class Watcher(Session):
    """`seen` holds for each epoch the moment (time.monotonic) at which this visitor's chart had it."""

    def __init__(self, run_id: str) -> None:
        super().__init__("Training", run=run_id)
        self.seen: dict[int, float] = {}

    def take(self, message: ForwardMsg) -> None:
        shown = message.delta.new_element.bidi_component
        if CHART not in shown.id:
            return
        now = time.monotonic()
        for trace in json.loads(shown.bytes)["traces"]:
            for epoch in trace["x"] if trace["name"] == "validation" else ():
                if epoch:
                    self.seen.setdefault(epoch, now)
