"""In which order a rater is asked about several criteria: fixed for each rater, balanced over raters."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def balanced_order(criteria: Sequence[T], arrival: int) -> list[T]:
    """A row of a Williams design: over any `n` raters who arrive in turn (2n where n is odd) each criterion
    stands at each position equally often, and each follows each other one equally often, so that what one
    answer does to the next cancels out.

    E. J. Williams, Experimental designs balanced for the estimation of residual effects of treatments,
    Australian Journal of Scientific Research A 2 (1949) 149-168.
    """
    n = len(criteria)
    if n < 2:
        return list(criteria)
    # 0, 1, n-1, 2, n-2, …: neighbours differ by every number once.
    first = [step // 2 + 1 if step % 2 else (n - step // 2) % n for step in range(n)]
    row = arrival % (n if n % 2 == 0 else 2 * n)
    order = [(position + row) % n for position in first]
    # An odd number of criteria needs the mirror images too.
    return [criteria[position] for position in (order if row < n else reversed(order))]
