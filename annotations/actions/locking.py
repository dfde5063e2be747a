"""The lock that voting takes, and what a launch has frozen, kept in the process.

Always in this order: rater, then study, then places. Whoever changes an assignment holds its rater's lock, or
the study's when all of them are closed at once; so an assignment needs no lock of its own.
"""

import copy
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from annotations.actions import statements
from annotations.errors import unknown_rater
from annotations.models import Block, Comparison, ComparisonKind, Panel, Rater, Study, StudyState
from annotations.protocols import slots
from annotations.selectors.raters import forget

_FROZEN = (StudyState.RUNNING, StudyState.PAUSED, StudyState.CLOSED)
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Known:
    """A comparison whose answer is known: a check, a practice or a quiz question."""

    pk: int
    kind: str
    block: int
    slots: int
    prompt: int
    category: str
    text: str
    expected: Mapping[str, Any]
    explanation: str


@dataclass
class Launched:
    """A launched study with its panels and blocks by key. Voting would otherwise load and parse the same
    design for every vote."""

    study: Study
    panels: dict[int, Panel]
    blocks: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    states: dict[str, Study] = field(default_factory=dict)

    def in_state(self, state: str) -> Study:
        """The study as it stands, shared by all who vote in it: one object for each state, so that none of
        them ever changes."""
        if state not in self.states:
            study = copy.copy(self.study)
            study._state = copy.copy(study._state)
            study._state.fields_cache = {}
            study.state = state
            self.states[state] = study
        return self.states[state]

    @cached_property
    def known(self) -> dict[int, Known]:
        rows = (
            Comparison.objects.filter(study=self.study)
            .exclude(kind=ComparisonKind.REGULAR)
            .order_by("id")
            .values_list(
                "pk", "kind", "block_id", "prompt_id", "prompt__category", "prompt__text",
                "expected", "explanation",
            )
        )  # fmt: skip
        return {
            pk: Known(pk, kind, block, slots(self.blocks[block]), *rest) for pk, kind, block, *rest in rows
        }

    @cached_property
    def known_by_kind(self) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {"check": [], "practice": [], "quiz": []}
        for known in self.known.values():
            found[known.kind].append(known)
        return found


# By the study's random public id: from launch on only the state changes, and that is read anew each time.
_launched: OrderedDict[str, Launched] = OrderedDict()


def lock_known(rater: Rater) -> Rater:
    """The same for somebody whom a secret has named: it must still be theirs."""
    try:
        locked = lock_rater(rater.pk)
    except Rater.DoesNotExist:
        locked = None
    if locked is None or locked.secret_hash != rater.secret_hash:
        forget(rater)
        raise unknown_rater()
    return locked


def lock_rater(pk: int) -> Rater:
    """The rater's row, locked, with panel and study. One rater's tabs and devices queue here.

    The study's row gets a key-share lock: voters share it, and whoever closes the study waits for those under
    way (FOR UPDATE) after the state has changed, so that no vote is stored later. SQLite has one writer at a
    time anyway.
    """
    rater, public_id, state = statements.lock_rater(pk)
    found = launched(rater.study_id, public_id, state, rater.panel_id)
    rater.study, rater.panel, rater.launched = found.in_state(state), found.panels[rater.panel_id], found
    return rater


def launched(pk: int, public_id: str, state: str, panel: int) -> Launched:
    found = _launched.get(public_id)
    if found is None or panel not in found.panels:
        study = Study.objects.get(pk=pk)
        found = Launched(study, {panel.pk: panel for panel in study.panels.all()}, _blocks(study))
        if state in _FROZEN:
            _launched[public_id] = found
            if len(_launched) > _KEPT:
                _launched.popitem(last=False)
    return found


def _blocks(study: Study) -> dict[int, Mapping[str, Any]]:
    """Each block as the design froze it."""
    frozen = {block["key"]: block for block in (study.design or {}).get("blocks", ())}
    keys = Block.objects.filter(study=study).values_list("pk", "key")
    return {pk: frozen[key] for pk, key in keys if key in frozen}
