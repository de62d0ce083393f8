"""The GPUs of this machine, shared out among replicas."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from apigen_mt.serving.wanted import CannotServe

VISIBLE = "CUDA_VISIBLE_DEVICES"
DRIVER = Path("/proc/driver/nvidia/gpus")


def visible(environment: Mapping[str, str], driver: Path = DRIVER) -> tuple[str, ...]:
    """The devices that may be used: those that the variable names, else all that the driver has, by number."""
    named = environment.get(VISIBLE)
    if named is not None:
        return tuple(name.strip() for name in named.split(",") if name.strip())
    try:
        return tuple(str(number) for number, _ in enumerate(driver.iterdir()))
    except OSError:
        return ()


def shared_out(devices: Sequence[str], replicas: int, each: int) -> list[dict[str, str]]:
    """What each replica's environment says of its devices; nothing where there is one replica or no GPU at all.

    Raises `CannotServe` if they do not suffice.
    """
    if replicas == 1 or not devices:
        return [{} for _ in range(replicas)]
    if replicas * each > len(devices):
        raise CannotServe(
            f"--replicas {replicas} of {each} GPUs each need {replicas * each}, and {len(devices)} can be seen; "
            f"lower --replicas, --tensor-parallel or --data-parallel, or set {VISIBLE}"
        )
    return [{VISIBLE: ",".join(devices[n * each : (n + 1) * each])} for n in range(replicas)]
