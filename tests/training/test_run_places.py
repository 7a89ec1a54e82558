"""Several GPUs in one machine: each run has its own, as many at a time as there are, and one run may have all."""

from dataclasses import replace

import pytest
from training_stand_ins import MemoryLauncher, asked, new_run

from catdog import driver
from catdog.training import Board
from catdog.training import launcher as launcher_room
from catdog.training.folder import RunFolder
from catdog.training.launcher import WHOLE, LocalLauncher
from catdog.training.state import WorkerId

GPU = "GPU NVIDIA A100"


class ManyGpus(MemoryLauncher):
    """Workers in memory, in the places that the real launcher gives on a machine with so many GPUs."""

    def __init__(self, devices: tuple[str, ...]) -> None:
        super().__init__()
        self.places: dict[str, str] = {}
        self.local = LocalLauncher(devices)

    def place(self, run, active):
        return self.local.place(run, active)

    def launch(self, run, place) -> WorkerId:
        before = super().launch(run, place)
        self.places[run.id] = place
        worker = replace(before, place=place)
        self.living[worker] = self.living.pop(before)
        return worker


class Machine:
    """A board on a machine with these GPUs."""

    def __init__(self, runs, *devices: str) -> None:
        self.runs, self.launcher = runs, ManyGpus(devices)
        self.board = Board(runs, self.launcher)

    def submit(self, **overrides) -> str:
        photos = {"fingerprint": "0123456789abcdef", "name": "photos"}
        return self.board.submit(asked(**overrides), photos)

    def computes(self, run_id: str, device: str = GPU) -> None:
        """Its worker says what it computes on, and the board looks."""
        self.launcher.says(run_id, phase="running", device=device)
        self.board.tick()

    def training(self) -> dict[str, str]:
        """The places of the runs that train now."""
        places = self.launcher.places.items()
        return {run_id: place for run_id, place in places if RunFolder.open(self.runs, run_id).state.phase == "running"}


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path / "runs", "0", "1", "2")


def test_as_many_runs_train_as_there_are_gpus_each_on_its_own(machine):
    ids = [machine.submit() for _ in range(5)]
    for run_id in ids[:3]:
        machine.computes(run_id)
    assert machine.training() == dict(zip(ids, ("0", "1", "2"), strict=False))
    assert machine.launcher.launched == ids[:3]


def test_a_gpu_that_becomes_free_goes_to_the_next_run(machine):
    ids = [machine.submit() for _ in range(4)]
    for run_id in ids[:3]:
        machine.computes(run_id)
    machine.launcher.finishes(ids[1])
    machine.board.tick()
    machine.computes(ids[3])
    assert machine.training() == {ids[0]: "0", ids[2]: "2", ids[3]: "1"}


def test_the_next_run_waits_until_the_one_before_has_said_what_it_computes_on(machine):
    first, second = machine.submit(), machine.submit()
    assert machine.launcher.launched == [first]
    machine.computes(first)
    assert machine.launcher.launched == [first, second]


def test_where_gpus_are_there_but_not_used_one_run_trains_at_a_time(machine):
    first, second = machine.submit(), machine.submit()
    machine.computes(first, "2 CPU cores")
    assert machine.launcher.launched == [first]
    machine.launcher.finishes(first)
    machine.board.tick()
    assert machine.launcher.launched == [first, second]


def test_a_run_that_takes_all_gpus_waits_for_them_and_nobody_overtakes_it(machine):
    first, large, later = machine.submit(), machine.submit(all_devices=True), machine.submit()
    machine.computes(first)
    assert machine.launcher.launched == [first]
    machine.launcher.finishes(first)
    machine.board.tick()
    assert machine.launcher.places[large] == "0,1,2"
    machine.computes(large)
    assert later not in machine.launcher.launched
    machine.launcher.finishes(large)
    machine.board.tick()
    assert machine.launcher.launched == [first, large, later]


@pytest.mark.parametrize("devices", [(), ("0",)], ids=["no GPU", "one GPU"])
def test_one_device_is_one_run_at_a_time_and_needs_no_place(tmp_path, devices):
    machine = Machine(tmp_path / "runs", *devices)
    first, second = machine.submit(), machine.submit()
    machine.computes(first)
    assert machine.launcher.places == {first: WHOLE}
    machine.launcher.finishes(first)
    machine.board.tick()
    assert machine.launcher.launched == [first, second]


def test_a_worker_sees_its_own_gpu_and_a_spare_waits_for_the_first(tmp_path, monkeypatch):
    started = []

    def start(argument, stdin, output, place):
        started.append((argument, place))
        raise OSError("not really")

    monkeypatch.setattr(launcher_room, "_start", start)
    launcher = LocalLauncher(("4", "7"))
    run = new_run(tmp_path / "runs")
    for act in (launcher.prepare, lambda: launcher.launch(run, "7")):
        with pytest.raises(OSError, match="not really"):
            act()
    assert started == [("--spare", "4"), (str(run.path), "7")]


def test_the_place_goes_to_the_worker_as_what_cuda_shows_it(tmp_path, monkeypatch):
    told = {}
    monkeypatch.setattr(launcher_room.subprocess, "Popen", lambda command, **options: told.update(options))
    launcher_room._start("folder", 0, 0, "4,7")
    assert told["env"]["CUDA_VISIBLE_DEVICES"] == "4,7"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    launcher_room._start("folder", 0, 0, WHOLE)
    assert "CUDA_VISIBLE_DEVICES" not in told["env"]


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [(None, ("0", "1")), ("1", ("1",)), ("1, 0", ("1", "0")), ("GPU-8a", ("GPU-8a",)), ("", ()), ("1,-1,0", ("1",))],
)
def test_the_gpus_are_those_that_this_process_may_see(monkeypatch, visible, gpus):
    monkeypatch.setattr(driver, "driver_says", lambda field: ("0", "1"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert driver.gpus() == gpus
