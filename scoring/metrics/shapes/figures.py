"""The figures of an evaluation: shares with their intervals, and the scale of the scores."""

import math
from dataclasses import asdict, dataclass
from typing import Any

EVALUATION_FILE = "evaluation.json"
# Pairs among which the recall is measured.
POOL = 400


@dataclass(frozen=True, slots=True)
class Share:
    """How often the model was right, with the number of questions."""

    right: int
    n: int

    @property
    def value(self) -> float:
        """The observed share."""
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        z = 1.959964
        centre = (self.value + z * z / (2 * self.n)) / (1 + z * z / self.n)
        half = (
            z
            / (1 + z * z / self.n)
            * math.sqrt(self.value * (1 - self.value) / self.n + (z / self.n / 2) ** 2)
        )
        # At nought or all right the bound is the share itself; rounding may not put it on the wrong side.
        return max(0.0, min(self.value, centre - half)), min(1.0, max(self.value, centre + half))


@dataclass(frozen=True, slots=True)
class Scale:
    """100 x cosine: its mean, its 5th and its 95th percentile."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one run; `by_caption` and `by_picture` are two-way choices."""

    seed: int
    size: int
    recall: dict[str, Share]
    by_caption: dict[str, Share]
    by_picture: dict[str, Share]
    match: Scale
    mismatch: Scale


def as_json(figures: Evaluation) -> dict[str, Any]:
    """The figures as plain values, each share with its interval."""
    plain = asdict(figures)
    for table in ("recall", "by_caption", "by_picture"):
        for name, share in getattr(figures, table).items():
            plain[table][name] |= {"share": share.value, "interval": list(share.interval)}
    return plain
