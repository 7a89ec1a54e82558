"""Runs as jobs of a Ray cluster: Ray queues them and finds each a machine, the run's folder is seen from all of them.

What a worker tells it tells through that folder, as on one machine; Ray is only asked which jobs there still are. Ray
does not repeat a job whose machine was lost but leaves that to who submitted it, which the board does:
https://docs.ray.io/en/latest/cluster/running-applications/job-submission/index.html
"""

import os
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from math import inf
from typing import Any

from catdog.settings import CLUSTER_RUNS_IN_TOTAL, TF_THREADS
from catdog.training.folder import RunFolder
from catdog.training.launcher import PROJECT, WHOLE, Launcher, LocalLauncher, Loss
from catdog.training.state import State, WorkerId

COUNT_AGAIN = 60.0  # seconds for which what machines there are is taken for known
LOOK = 1.0  # seconds between two questions for the jobs
PATIENCE = 5.0  # seconds that an answer may take before the cluster counts as silent
ASK_AGAIN = 30.0  # seconds after which a question that nobody answers is given up
STOP_GRACE = 5.0  # seconds that a worker has to notice the wish to stop: a mounted folder tells it later than a disk
SILENCE = 180.0  # seconds without a heartbeat, which a mounted folder may keep back for a minute
STOP_AGAIN = 10.0  # seconds after which a job that still runs is told once more to stop
SILENT = "The cluster does not answer: runs that wait are handed over as soon as it does."
PASSED_ON = ("KERAS_HOME", "KERAS_BACKEND")  # of this process's environment, where they are set
THREADS = (TF_THREADS, "TF_NUM_INTEROP_THREADS")  # or TensorFlow takes every core that it finds

CODE = str(PROJECT / "catdog")  # what the other machines run is what this one runs

REFUSED = -inf  # in place of the moment since when we know of a job: the cluster never took it
LIVING = ("PENDING", "RUNNING")
OWN_END = "JOB_ENTRYPOINT_COMMAND_ERROR"
LOSSES = {  # Ray's words for an end that was none of the worker's doing
    "JOB_SUPERVISOR_ACTOR_START_TIMEOUT": Loss.TURNED_AWAY,  # it waited longer than the head lets a job wait
    "JOB_SUPERVISOR_ACTOR_DIED": Loss.MACHINE,
    "JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE": Loss.MACHINE,
}


@dataclass(frozen=True)
class Job:
    """What Ray last said of one job."""

    status: str
    error: str
    message: str


def ray_client(address: str) -> Any:
    """Ray's own client of a job server. Needs Ray; raises ConnectionError where nobody answers there."""
    from ray.job_submission import JobSubmissionClient

    return JobSubmissionClient(address)


def ray_gpus(address: str) -> int:
    """The GPUs of that machine of a cluster that has most of them. Needs Ray."""
    from ray.util.state import list_nodes

    nodes = list_nodes(address=address, detail=True)
    there = (node.resources_total for node in nodes if node.state == "ALIVE")
    return max((int(resources.get("GPU", 0)) for resources in there), default=0)


class Cluster:
    """Ray's job server, asked from threads of their own: one that never answers must not hold up the page.

    `connect` makes a client for an address, `most_gpus` says how many GPUs the machine there has that has most of them.
    """

    def __init__(
        self,
        address: str,
        connect: Callable[[str], Any] = ray_client,
        most_gpus: Callable[[str], int] = ray_gpus,
    ) -> None:
        self.address, self.connect, self._most_gpus = address, connect, most_gpus
        self._gpus, self._count_again = 0, -inf
        self._client: Any = None
        self._connecting = threading.Lock()

    @property
    def client(self) -> Any:
        """The client, made where there is none; by one thread, because two that load Ray at once break each other."""
        with self._connecting:
            if self._client is None:
                self._client = self.connect(self.address)
            return self._client

    def connect_anew(self) -> None:
        """Forget the client: the next question makes another one."""
        self._client = None

    def gpus_of_one(self) -> int:
        """The GPUs of the machine that has most of them, as of a moment ago."""
        if time.monotonic() >= self._count_again:
            self._gpus, self._count_again = self._most_gpus(self.address), time.monotonic() + COUNT_AGAIN
        return self._gpus

    def ask(self, question: Callable[[], Any]) -> Future:
        """The answer to come. The thread is no reason for this process to live on."""
        answer: Future = Future()

        def work() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 - Ray's client raises what it likes
                answer.set_exception(error)

        threading.Thread(target=work, name="catdog-cluster", daemon=True).start()
        return answer

    def jobs(self) -> dict[str, Job]:
        """What Ray says of all jobs, by their names."""
        told = (one for one in self.client.list_jobs() if one.submission_id)
        return {one.submission_id: Job(str(one.status.value), one.error_type or "", one.message or "") for one in told}


class RayLauncher(Launcher):
    """Hands each run to Ray as a job that asks for one GPU, or for so many CPUs where `cpus` says so or no machine has
    a GPU. The process on the other machine sees the run's folder under the same path as this one.
    """

    grace, silence, most_runs = STOP_GRACE, SILENCE, CLUSTER_RUNS_IN_TOTAL

    def __init__(self, cluster: Cluster, cpus: int | None = None) -> None:
        self.cluster, self.cpus = cluster, cpus
        self.here = LocalLauncher()  # for runs that were begun without the cluster
        self.trouble = ""
        self._jobs: dict[str, Job] = {}
        self._answered = -LOOK  # when it was asked what is known, by the clock that is never set back
        self._handed: dict[str, tuple[float, Future]] = {}  # since when jobs are on their way to the cluster
        self._seen: dict[str, float] = {}  # since when we know of a job
        self._told_to_stop: dict[str, float] = {}
        self._asked, self._answer = -LOOK, _known({})

    def place(self, run: RunFolder, active: Sequence[State]) -> str | None:
        """Anywhere, one after the other: the next run waits until the cluster has taken the one before."""
        self._look_around()
        return None if self.trouble or any(map(self._on_its_way, list(self._handed))) else WHOLE

    def launch(self, run: RunFolder, place: str) -> WorkerId:
        job = f"catdog-{run.id}-{time.time_ns() // 1_000_000}"
        self._handed[job] = time.monotonic(), self.cluster.ask(lambda: self._submit(run, job))
        return WorkerId(job=job)

    def prepare(self) -> None:
        """Ask how the cluster is, so that people know before they start anything."""
        self._look_around()

    def stop(self, worker: WorkerId) -> None:
        if not worker.job:
            self.here.stop(worker)
            return
        now = time.monotonic()
        if now - self._told_to_stop.get(worker.job, -STOP_AGAIN) >= STOP_AGAIN:
            self._told_to_stop[worker.job] = now
            self.cluster.ask(lambda: self.cluster.client.stop_job(worker.job))

    def alive(self, worker: WorkerId) -> bool:
        if not worker.job:
            return self.here.alive(worker)
        self._look_around()
        if self._on_its_way(worker.job):
            return True
        known, seen = self._jobs.get(worker.job), self._seen.setdefault(worker.job, time.monotonic())
        # One that came after the question need not be in the answer.
        return known.status in LIVING if known else seen >= self._answered

    def _on_its_way(self, job: str) -> bool:
        """Whether the cluster has not said yet that it has taken this job; what it says against it is the trouble."""
        since, answer = self._handed.get(job, (0.0, None))
        if answer is None:
            return False
        late = time.monotonic() - since > ASK_AGAIN
        if not answer.done() and not late:
            return True
        del self._handed[job]
        error = TimeoutError() if late else answer.exception()
        self._seen[job] = REFUSED if error else time.monotonic()
        if error:
            refused = isinstance(error, RuntimeError | ValueError)  # it has answered, but not as it should
            self.trouble = f"The cluster refuses runs: {str(error)[:300]}" if refused else SILENT
        return False

    def lost(self, worker: WorkerId) -> Loss:
        if not worker.job:
            return self.here.lost(worker)
        known = self._jobs.get(worker.job)
        if self._seen.get(worker.job) == REFUSED:
            return Loss.TURNED_AWAY
        if known is None or known.status in LIVING:
            return Loss.MACHINE  # a head that was started anew knows no older job; or the machine gives no sign of life
        return LOSSES.get(known.error, Loss.NONE)

    def last_words(self, worker: WorkerId) -> str:
        known = self._jobs.get(worker.job)
        message = known.message.strip() if known else ""
        return message.splitlines()[-1] if message and known.error == OWN_END else " ".join(message.split())

    def _look_around(self) -> None:
        """Take in the answer that has come, and ask again where the last question is a while ago. Never waits."""
        now = time.monotonic()
        waited = now - self._asked
        if self._answer.done():
            self._take_in()
        elif waited > PATIENCE:
            self.trouble = SILENT
        if waited >= (LOOK if self._answer.done() else ASK_AGAIN):
            self._asked, self._answer = now, self.cluster.ask(self.cluster.jobs)

    def _take_in(self) -> None:
        if self._answer.exception():
            self.trouble = SILENT
            self.cluster.connect_anew()
        elif self._asked > self._answered:
            self._jobs, self._answered, self.trouble = self._answer.result(), self._asked, ""

    def _submit(self, run: RunFolder, job: str) -> None:
        client = self.cluster.client
        needs, variables = self._needs(run.request.all_devices)
        client.submit_job(
            entrypoint=shlex.join(["python", "-m", "catdog.training.worker", str(run.path), job]),
            submission_id=job,
            metadata={"run": run.id},
            runtime_env={"py_modules": [CODE], "excludes": ["**/__pycache__"], "env_vars": variables},
            **needs,
        )

    def _needs(self, all_devices: bool) -> tuple[dict[str, int], dict[str, str]]:
        """What a job asks Ray for, and what its process is to find in its environment."""
        variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        gpus = self.cluster.gpus_of_one() if self.cpus is None else 0
        if gpus:
            return {"entrypoint_num_gpus": gpus if all_devices else 1}, variables
        cpus = self.cpus or 1
        return {"entrypoint_num_cpus": cpus}, variables | dict.fromkeys(THREADS, str(cpus))


def _known(value: Any) -> Future:
    answer: Future = Future()
    answer.set_result(value)
    return answer
