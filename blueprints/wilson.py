"""Wilson's interval: how far a share that was counted can be from the one behind it."""

import math


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The interval for a share of `successes` among `n` (95 % by default); of nothing it is all from 0 to 1."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    if not n:
        return (0.0, 1.0)
    share, more = successes / n, z * z / n
    middle = share + more / 2
    half = z * math.sqrt(share * (1 - share) / n + more / (4 * n))
    low = 0.0 if not successes else (middle - half) / (1 + more)
    high = 1.0 if successes == n else (middle + half) / (1 + more)
    return (low, high)
