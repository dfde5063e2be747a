"""The locks that voting takes, always in this order: rater, study, assignment, place."""

import copy
from collections import OrderedDict

from annotations.actions import statements
from annotations.models import Panel, Rater, Study, StudyState

_FROZEN = (StudyState.RUNNING, StudyState.PAUSED, StudyState.CLOSED)
_KEPT = 100
# Launched studies by their random public id, with panels by key: from launch on only the state changes, and
# that is read anew each time. Voting would otherwise load and parse the same design for every vote.
_launched: OrderedDict[str, tuple[Study, dict[int, Panel]]] = OrderedDict()


def lock_rater(pk: int) -> Rater:
    """The rater's row, locked, with panel and study. One rater's tabs and devices queue here.

    The study's row gets a key-share lock: voters share it, while a change of state (FOR UPDATE) waits for
    them, so that no vote is stored after the study was closed. SQLite has one writer at a time anyway.
    """
    rater, public_id, state = statements.lock_rater(pk)
    study, panels = _study(rater.study_id, public_id, state)
    rater.study, rater.panel = study, panels[rater.panel_id]
    return rater


def _study(pk: int, public_id: str, state: str) -> tuple[Study, dict[int, Panel]]:
    found = _launched.get(public_id)
    if found is None:
        study = Study.objects.get(pk=pk)
        found = (study, {panel.pk: panel for panel in study.panels.all()})
        if state in _FROZEN:
            _launched[public_id] = found
            if len(_launched) > _KEPT:
                _launched.popitem(last=False)
    study = copy.copy(found[0])
    study._state = copy.copy(study._state)
    study._state.fields_cache = {}
    study.state = state
    return study, found[1]
