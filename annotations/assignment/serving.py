"""What a rater gets next: which free place, on which side, how far from the last picture of that prompt."""

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from annotations.assignment.orders import STRAIGHT, SWAPPED

# How strongly a rater's sides are drawn back to even. Weak enough that no side can be told from the last one:
# neighbours correlate by -PULL, which 20,000 trials could not tell from nothing. Strong enough that long
# sessions stay about seven from even, whatever their length (its square is 1 / (4 * PULL)).
PULL = 1 / 200
# A repeat comes after so many other trials at the least, so that it isn't answered from memory.
REPEAT_AFTER = 10
# One repeat too few so far raises the chance of the next one by a twentieth.
CATCH_UP = 1 / 20


@dataclass(frozen=True, slots=True)
class FreePlace:
    pk: int
    comparison: int
    order: str
    rank: int
    prompt: int
    category: str
    block: int
    text: str = ""


@dataclass(slots=True)
class Held:
    """An assignment in a rater's hand: what voting needs of it, its comparison and its prompt."""

    pk: int
    rater_id: int
    place_id: int | None
    comparison_id: int
    kind: str
    state: str
    sequence: int
    order: str
    nonce: str
    picture_token: str
    expires_at: datetime
    prompt_id: int
    block_id: int
    text: str


@dataclass
class Trail:
    """Prompts and categories of the trials before, the last one at the end."""

    gap: int
    shown: list[tuple[int, str]] = field(default_factory=list)

    def add(self, prompt: int, category: str) -> None:
        self.shown.append((prompt, category))

    def lately(self) -> list[tuple[int, str]]:
        """As much as the next choice has to know."""
        return self.shown[-max(1, self.gap) :]

    def distance(self, prompt: int) -> int:
        """Other trials since the prompt was shown, as far back as matters."""
        for others, (before, _) in enumerate(reversed(self.shown[-self.gap :] if self.gap else [])):
            if before == prompt:
                return others
        return self.gap

    def allows(self, prompt: int) -> bool:
        return self.distance(prompt) >= self.gap

    def recent(self, most: int) -> list[int]:
        return [prompt for prompt, _ in self.shown[-most:]] if most else []

    @property
    def category(self) -> str | None:
        return self.shown[-1][1] if self.shown else None


def choose(
    places: Iterable[FreePlace], trail: Trail, *, balance: int, mine: Collection[int], rng: random.Random
) -> FreePlace | None:
    """One of the places whose prompt may come now.

    Those that are `mine` already go first; then those of the block whose turn it is by rank; then another
    category than the last one; then the side that `balance` (straight minus swapped so far) asks for. Chance
    decides between equals, so that raters who come at the same moment do not reach for the same place.
    """
    near = set(trail.recent(trail.gap))
    allowed = [place for place in places if place.prompt not in near]
    if not allowed:
        return None
    side = STRAIGHT if rng.random() < 0.5 - balance * PULL else SWAPPED
    block = min(allowed, key=lambda place: place.rank).block
    rng.shuffle(allowed)
    return min(
        allowed,
        key=lambda place: (
            place.pk not in mine,
            place.block != block,
            place.category == trail.category,
            place.order != side,
        ),
    )


def farthest(places: Sequence[FreePlace], trail: Trail) -> FreePlace | None:
    """Where no prompt may come yet, the one shown longest ago."""
    return max(places, key=lambda place: trail.distance(place.prompt), default=None)


def order_sign(order: str) -> int:
    return {STRAIGHT: 1, SWAPPED: -1}.get(order, 0)


def repeat_is_due(*, regular: int, repeats: int, share: float, rng: random.Random) -> bool:
    """Whether the next trial repeats an earlier one. Its chance is the share, more when repeats lag behind
    that and less when they are ahead: nobody can tell when, and the number comes out."""
    if not share or regular < REPEAT_AFTER:
        return False
    return rng.random() < share + (share * regular - repeats) * CATCH_UP


def reversed_order(order: str) -> str:
    """How a repeat is shown: a pair with its sides swapped, a set from its end, one picture as before."""
    return order[::-1]
