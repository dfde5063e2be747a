"""Exported designs and audit chains are verified from the files alone."""

import json

import pytest

from arena.analytics.errors import OptionError
from arena.analytics.provenance import canonical_hash, verify

DESIGN = {"version": 2, "settings": {"seed": 1}, "blocks": []}


def design(**changes):
    return {"study": "s", "design": DESIGN, "design_hash": canonical_hash(DESIGN)} | changes


def chain(*verbs, design_hash=""):
    rows, previous = [], ""
    for number, verb in enumerate(verbs, start=1):
        data = {"design_hash": design_hash} if verb == "study_launched" else {}
        row = {
            "study": "s",
            "sequence": number,
            "actor": "ana",
            "verb": verb,
            "subject": "study s",
            "data": data,
        }
        row |= {"at": f"2026-01-0{number}T00:00:00.000000+00:00", "previous": previous}
        row["hash"] = previous = canonical_hash(row)
        rows.append(row | {"data": json.dumps(data)})
    return rows


def test_what_was_sealed_holds():
    found = verify(
        design=design(), audit=chain("study_created", "study_launched", design_hash=canonical_hash(DESIGN))
    )
    assert found.problems == ()
    assert (found.events, found.design_hash) == (2, canonical_hash(DESIGN))


def test_the_hash_does_not_depend_on_the_order_of_keys():
    assert canonical_hash({"a": 1, "b": [2]}) == canonical_hash({"b": [2], "a": 1})


def test_a_changed_design_is_noticed():
    other = design(design={**DESIGN, "settings": {"seed": 2}})
    assert "changed" in verify(design=other).problems[0]


def test_a_design_other_than_the_launched_one_is_noticed():
    found = verify(design=design(), audit=chain("study_launched", design_hash="f" * 64))
    assert found.problems == ("The design is not the one that the audit says was launched.",)


def test_a_changed_a_missing_and_a_moved_event_are_noticed():
    rows = chain("study_created", "study_updated", "study_closed")
    rows[1]["actor"] = "somebody else"
    assert verify(audit=rows).problems == ("Event 2 (study_updated) has been changed.",)
    rows = chain("study_created", "study_updated", "study_closed")
    assert "Event 2 is missing" in verify(audit=[rows[0], rows[2]]).problems[0]
    assert verify(audit=reversed(rows)).problems == ()


def test_files_that_lack_fields_are_refused_in_words():
    with pytest.raises(OptionError, match="design_hash"):
        verify(design={"design": {}})
    with pytest.raises(OptionError, match="Row 1"):
        verify(audit=[{"sequence": 1}])
