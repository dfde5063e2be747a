"""One row of a manifest, before and after its pictures have been looked at."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Checked:
    """A picture that decodes to its end, as found in the source."""

    entry: str  # what the source calls it
    sha256: str
    format: str
    width: int
    height: int
    bytes: int


@dataclass
class Row:
    number: int
    values: dict[str, str]
    metadata: dict[str, Any] = field(default_factory=dict)
    image: Checked | None = None
    reference: Checked | None = None

    def get(self, column: str) -> str:
        return self.values.get(column, "")

    @property
    def cell(self) -> tuple[str, str, str]:
        return self.get("prompt_id"), self.get("generator"), self.get("seed")
