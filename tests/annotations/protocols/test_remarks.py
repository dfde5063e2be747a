import pytest

from annotations.protocols import InvalidAnswer, checked
from annotations.protocols.remarks import MOST_LETTERS, MOST_MARKS
from tests.annotations.protocols.test_protocols import block

CHIPS = {"chips": [{"key": "hands", "label": "Hands"}, {"key": "light", "label": "Light"}]}
CHIPPED = block("pairwise", reasons=CHIPS)
WORDY = block("pairwise", reasons={**CHIPS, "text": True, "required_for": ["both_bad", "much_left"]})
MARKED = block(
    "failure_review",
    taxonomy=[{"key": "anatomy"}, {"key": "text"}],
    allow_marks=True,
    allow_note=True,
)
MARK = {"x": 0.25, "y": 1, "failure": "text"}


def stored(asked, remarks, answer=None):
    order = "0" if asked["protocol"] == "failure_review" else "01"
    plain = {"failures": ["text"]} if asked["protocol"] == "failure_review" else {"overall": "left"}
    return checked(asked, order, answer or plain, remarks)[1]


@pytest.mark.parametrize("empty", [None, {}, {"chips": []}, {"text": "  "}, {"marks": [], "text": None}])
def test_no_remarks_are_stored_as_none(empty):
    assert stored(WORDY, empty) is None


def test_chips_keep_the_order_of_the_design_and_come_once():
    assert stored(CHIPPED, {"chips": ["light", "hands", "light"]}) == {"chips": ["hands", "light"]}


def test_a_text_is_trimmed_and_freed_of_what_no_database_keeps():
    assert stored(WORDY, {"text": " six\x00 fingers \ud800\n"}) == {"text": "six fingers ?"}
    assert stored(MARKED, {"text": "left hand"}) == {"text": "left hand"}


def test_marks_point_at_named_failures():
    assert stored(MARKED, {"marks": [MARK, MARK | {"x": 1 / 3}]}) == {
        "marks": [{"x": 0.25, "y": 1.0, "failure": "text"}, {"x": 0.3333, "y": 1.0, "failure": "text"}]
    }


@pytest.mark.parametrize(
    ("asked", "remarks"),
    [
        (CHIPPED, []),
        (CHIPPED, "because"),
        (CHIPPED, {"why": "because"}),
        (CHIPPED, {"chips": ["feet"]}),
        (CHIPPED, {"chips": "hands"}),
        (CHIPPED, {"chips": [["hands"]]}),
        (CHIPPED, {"text": "because"}),
        (CHIPPED, {"marks": [MARK]}),
        (WORDY, {"text": 3}),
        (WORDY, {"text": "x" * (MOST_LETTERS + 1)}),
        (MARKED, {"marks": MARK}),
        (MARKED, {"marks": [MARK] * (MOST_MARKS + 1)}),
        (MARKED, {"marks": [None]}),
        (MARKED, {"marks": [{"x": 0.5, "y": 0.5}]}),
        (MARKED, {"marks": [MARK | {"z": 1}]}),
        (MARKED, {"marks": [MARK | {"failure": "anatomy"}]}),
        (MARKED, {"marks": [MARK | {"failure": ["text"]}]}),
        (MARKED, {"marks": [MARK | {"x": 1.01}]}),
        (MARKED, {"marks": [MARK | {"x": -0.01}]}),
        (MARKED, {"marks": [MARK | {"y": float("nan")}]}),
        (MARKED, {"marks": [MARK | {"y": 10**400}]}),
        (MARKED, {"marks": [MARK | {"y": True}]}),
        (MARKED, {"marks": [MARK | {"y": "0.5"}]}),
    ],
)
def test_remarks_that_the_block_does_not_offer_are_refused(asked, remarks):
    with pytest.raises(InvalidAnswer):
        stored(asked, remarks)


def test_an_answer_that_needs_a_reason_waits_for_one():
    for nothing in (None, {"text": " "}, {"chips": []}):
        with pytest.raises(InvalidAnswer, match="reason"):
            stored(WORDY, nothing, {"overall": "both_bad"})
    assert stored(WORDY, {"text": "blurred"}, {"overall": "both_bad"}) == {"text": "blurred"}
    assert stored(WORDY, {"chips": ["light"]}, {"overall": "both_bad"}) == {"chips": ["light"]}
    assert stored(WORDY, None, {"overall": "left"}) is None


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (block("likert", ("fidelity", "alignment"), points=7), {"fidelity": 2, "alignment": 7}),
        (block("best_of_n"), {"best": "none"}),
        (block("ranking", allow_cannot_judge=True), {"ranking": "cannot_judge"}),
        (block("failure_review"), {"failures": ["other", "unsafe"]}),
        (block("failure_review"), {"failures": []}),
    ],
)
def test_each_protocol_has_answers_that_may_need_a_reason(asked, answer):
    wanted = ["2", "none", "cannot_judge", "unsafe"]
    asked = {**asked, "reasons": {"text": True, "required_for": wanted}}
    order = "0123"[: 1 if asked["protocol"] in ("likert", "failure_review") else 4]
    with pytest.raises(InvalidAnswer, match="reason"):
        checked(asked, order, answer)
    assert checked(asked, order, answer, {"text": "so"})[1] == {"text": "so"}


def test_nobody_is_asked_for_a_reason_that_cannot_be_given():
    silent = block("pairwise", reasons={"required_for": ["left"]})
    assert stored(silent, None) is None
