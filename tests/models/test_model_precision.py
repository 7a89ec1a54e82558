"""What a network is computed with on machines of all kinds, and the reason that a person reads."""

import pytest

from catdog.models import device, precision
from catdog.models.precision import bfloat16_unit, cpu_flags, precision_for
from catdog.recipes import RECIPES, with_base
from catdog.settings import AUTO, BFLOAT16, EMBEDDED, FLOAT32

OWN = RECIPES["post4-model3"]  # learns from its first layer on
TRANSFER = RECIPES["post4-model4"]
ON_EMBEDDED = with_base(TRANSFER, EMBEDDED)
ON_A_PROCESSOR = "on a processor the frozen base is slower in bfloat16"
NO_SLOWER = "on a processor the embedded base is no slower in float32"
WITH_IT = "computes with it, in less time and with the same accuracy"


@pytest.fixture
def machine(monkeypatch):
    """A machine with these flags of its processor and, where it is named, this GPU."""

    def make(*flags: str, gpu: str | None = None, capability: float = 0.0) -> None:
        monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))
        monkeypatch.setattr(precision, "installed_gpu", lambda: gpu)
        monkeypatch.setattr(precision, "gpu_capability", lambda: capability)

    return make


def chosen(recipe, *given) -> tuple[str, str]:
    answer = precision_for(recipe, *given)
    return answer.name, answer.why


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["avx2", "avx512_bf16"], "avx512_bf16"),
        (["amx_bf16", "amx_tile"], "amx_bf16"),
        (["avx512_bf16", "amx_bf16"], "amx_bf16"),  # the quicker of the two
    ],
)
def test_a_processor_that_computes_with_bfloat16_does_so_and_names_what_it_has(machine, flags, told):
    machine(*flags)
    assert bfloat16_unit(on_gpu=False) == f"this processor ({told})"
    assert chosen(OWN) == (BFLOAT16, f"this processor ({told}) {WITH_IT}")


@pytest.mark.parametrize("flags", [[], ["avx2", "fma"], ["avx512f", "avx512vl"]])
def test_a_processor_without_it_computes_in_float32(machine, flags):
    machine(*flags)
    assert bfloat16_unit(on_gpu=False) is None
    assert chosen(OWN) == (FLOAT32, "this processor has no bfloat16")


@pytest.mark.parametrize(("name", "capability"), [("NVIDIA A100", 8.0), ("NVIDIA L4", 8.9), ("NVIDIA H200", 9.0)])
@pytest.mark.parametrize("recipe", [OWN, TRANSFER, ON_EMBEDDED], ids=["own", "imagenet", "embedded"])
def test_a_gpu_of_ampere_or_later_computes_with_bfloat16_and_a_frozen_base_as_well(machine, name, capability, recipe):
    machine(gpu=name, capability=capability)
    assert chosen(recipe) == (BFLOAT16, f"{name} {WITH_IT}")


@pytest.mark.parametrize("capability", [7.5, 0.0])
@pytest.mark.parametrize("recipe", [OWN, TRANSFER], ids=lambda one: one.key)
def test_an_older_gpu_computes_in_float32_whatever_its_processor_has(machine, capability, recipe):
    machine("amx_bf16", gpu="NVIDIA T4", capability=capability)
    assert bfloat16_unit(on_gpu=True) is None
    assert chosen(recipe) == (FLOAT32, "this GPU has no bfloat16")


@pytest.mark.parametrize("flags", [[], ["amx_bf16"]])
@pytest.mark.parametrize("wanted", [FLOAT32, BFLOAT16])
def test_what_is_asked_for_is_taken_whether_the_machine_has_it_or_not(machine, flags, wanted):
    machine(*flags)
    assert chosen(OWN, wanted) == (wanted, "as it was asked for")
    machine(*flags, gpu="NVIDIA T4", capability=7.5)
    assert chosen(TRANSFER, wanted) == (wanted, "as it was asked for")


@pytest.mark.parametrize("wanted", [AUTO, FLOAT32, BFLOAT16])
@pytest.mark.parametrize("flags", [[], ["amx_bf16", "avx512_bf16"]])
@pytest.mark.parametrize(
    ("recipe", "why"), [(TRANSFER, ON_A_PROCESSOR), (ON_EMBEDDED, NO_SLOWER)], ids=["imagenet", "embedded"]
)
def test_on_a_processor_a_frozen_base_stays_in_float32_even_if_asked_otherwise(machine, flags, wanted, recipe, why):
    machine(*flags)
    assert chosen(recipe, wanted) == (FLOAT32, why)


def test_what_keras_computes_on_counts_more_than_what_is_installed(machine):
    machine("avx512_bf16", gpu="NVIDIA H200", capability=9.0)
    assert chosen(OWN, AUTO, False) == (BFLOAT16, f"this processor (avx512_bf16) {WITH_IT}")
    assert chosen(TRANSFER, AUTO, False) == (FLOAT32, ON_A_PROCESSOR)
    machine("avx512_bf16")
    assert chosen(OWN, AUTO, True) == (FLOAT32, "this GPU has no bfloat16")


@pytest.fixture
def cpuinfo(monkeypatch, tmp_path):
    """Lets /proc/cpuinfo be what the test writes; without a call it is not there."""
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(precision, "Path", lambda path: {"/proc/cpuinfo": file}[path])
    cpu_flags.cache_clear()
    yield file.write_bytes
    cpu_flags.cache_clear()


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (b"processor\t: 0\nflags\t\t: fpu amx_bf16\nbugs\t:\n\nprocessor\t: 1\nflags\t: other\n", {"fpu", "amx_bf16"}),
        (b"processor\t: 0\nFeatures\t: fp asimd bf16\n", {"fp", "asimd", "bf16"}),  # as an ARM processor says it
        (b"vmx flags\t: vnmi\nmodel name\t: Abacus \xff\n", set()),
        (b"flags\t\t:\n", set()),
        (b"", set()),
    ],
)
def test_what_linux_says_of_the_processor_is_read(cpuinfo, text, flags):
    cpuinfo(text)
    assert cpu_flags() == flags


@pytest.mark.usefixtures("cpuinfo")
def test_where_no_file_tells_of_the_processor_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(precision, "installed_gpu", lambda: None)
    assert cpu_flags() == frozenset()
    assert chosen(OWN) == (FLOAT32, "this processor has no bfloat16")


def test_the_first_gpu_s_capability_is_the_driver_s(monkeypatch):
    said = {"compute_cap": "9.0", "name": "NVIDIA H200"}
    monkeypatch.setattr(device, "_driver_says", said.get)
    assert (device.gpu_capability(), bfloat16_unit(on_gpu=True)) == (9.0, "NVIDIA H200")


@pytest.mark.parametrize("said", [None, "", "[N/A]", "Field compute_cap is not a valid field"])
def test_a_driver_that_does_not_tell_the_capability_counts_as_an_old_gpu(monkeypatch, said):
    monkeypatch.setattr(device, "_driver_says", lambda field: said)
    assert device.gpu_capability() == 0.0
