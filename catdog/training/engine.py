"""Where runs train: on this machine, or on the cluster that the settings name."""

from importlib.util import find_spec

from catdog.errors import SettingError
from catdog.settings import Settings
from catdog.training.board import Board
from catdog.training.cluster import Cluster, RayLauncher
from catdog.training.seat import Seat

CONNECTING = 30.0  # seconds: the first time Ray itself is loaded


def open_board(where: Settings, seat: Seat | None = None) -> Board:
    """The board of a home, with what starts its workers. Raises SettingError where that is Ray, and not installed."""
    return Board(where.runs, _ray(where) if where.cluster else None, seat=seat)


def engine_trouble(where: Settings) -> str:
    """Why the cluster could not be handed a run now, as a sentence; empty where it could, or none is named.

    Waits for its answer. Raises SettingError as `open_board`.
    """
    if not where.cluster:
        return ""
    cluster = _ray(where).cluster
    try:
        cluster.ask(cluster.jobs).result(CONNECTING)
    except Exception as error:  # noqa: BLE001 - Ray's client raises what it likes
        return f"The cluster {where.cluster} does not answer ({str(error)[:200] or 'in time'})."
    return ""


def _ray(where: Settings) -> RayLauncher:
    if find_spec("ray") is None:
        raise SettingError(
            f"CATDOG_CLUSTER names {where.cluster}, and Ray is not installed here: `pip install -r "
            f"requirements-cluster.txt`, or take the variable away to train on this machine."
        )
    return RayLauncher(Cluster(where.cluster), where.cluster_cpus)
