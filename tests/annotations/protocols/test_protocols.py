import pytest

from annotations.protocols import InvalidAnswer, answers, checked, expected_shown, passes, slots


def block(protocol, criteria=("overall",), **settings):
    """As it stands in a frozen design."""
    plain = {"allow_tie": True, "allow_both_bad": True, "allow_cannot_judge": False, "graded": False}
    plain |= {"points": 5, "size": 4, "pick": "best", "taxonomy": [], "allow_marks": False}
    plain |= {"allow_note": False, "reasons": {}}
    keys = () if protocol in ("best_of_n", "ranking", "failure_review") else criteria
    return {**plain, "protocol": protocol, "criteria": [{"key": key} for key in keys], **settings}


PAIR = block("pairwise")
GRADED = block("pairwise", graded=True, allow_cannot_judge=True)
SEVERAL = block("pairwise", ("overall", "fidelity", "aesthetics"))
RATING = block("likert", ("fidelity", "alignment"))
SEVEN = block("likert", ("fidelity",), points=7, allow_cannot_judge=True)
BEST = block("best_of_n")
BOTH_ENDS = block("best_of_n", pick="best_and_worst", allow_cannot_judge=True, allow_both_bad=False)
RANKING = block("ranking")
REVIEW = block("failure_review", taxonomy=[{"key": key} for key in ("anatomy", "text", "other")])
EVERY = (PAIR, GRADED, SEVERAL, RATING, SEVEN, BEST, BOTH_ENDS, RANKING, REVIEW)


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        (PAIR, ["left", "right", "tie", "both_bad"]),
        (block("pairwise", allow_tie=False), ["left", "right", "both_bad"]),
        (block("pairwise", allow_both_bad=0, allow_cannot_judge=1), ["left", "right", "tie", "cannot_judge"]),
        (GRADED, ["much_left", "left", "right", "much_right", "tie", "both_bad", "cannot_judge"]),
        (RATING, [1, 2, 3, 4, 5]),
        (SEVEN, [1, 2, 3, 4, 5, 6, 7, "cannot_judge"]),
        (BEST, [0, 1, 2, 3, "none"]),
        (BOTH_ENDS, [0, 1, 2, 3, "cannot_judge"]),
        (RANKING, [0, 1, 2, 3]),
        (REVIEW, ["anatomy", "text", "other"]),
    ],
)  # fmt: skip
def test_a_block_offers_what_its_designer_switched_on(asked, offered):
    assert answers(asked) == offered


def test_a_review_without_a_list_of_its_own_has_the_usual_one():
    assert len(answers(block("failure_review"))) == 10
    assert checked(block("failure_review"), "0", {"failures": ["face"]})[0] == {"failures": ["face"]}


@pytest.mark.parametrize(
    ("asked", "count"), [(PAIR, 2), (RATING, 1), (REVIEW, 1), (BEST, 4), (block("ranking", size=9), 9)]
)
def test_so_many_pictures_stand_side_by_side(asked, count):
    assert slots(asked) == count


@pytest.mark.parametrize(
    ("asked", "order", "answer"),
    [
        (PAIR, "10", {"overall": "left"}),
        (PAIR, "10", {"overall": "both_bad"}),
        (GRADED, "01", {"overall": "much_right"}),
        (GRADED, "01", {"overall": "cannot_judge"}),
        (SEVERAL, "01", {"overall": "left", "fidelity": "tie", "aesthetics": "right"}),
        (RATING, "0", {"fidelity": 1, "alignment": 5}),
        (SEVEN, "0", {"fidelity": 7}),
        (SEVEN, "0", {"fidelity": "cannot_judge"}),
        (BEST, "2031", {"best": 3}),
        (BEST, "2031", {"best": "none"}),
        (BOTH_ENDS, "2031", {"best": 3, "worst": 0}),
        (BOTH_ENDS, "2031", {"best": "cannot_judge"}),
        (RANKING, "2031", {"ranking": [2, 0, 1, 3]}),
        (block("ranking", allow_cannot_judge=True), "2031", {"ranking": "cannot_judge"}),
        (REVIEW, "0", {"failures": []}),
        (REVIEW, "0", {"failures": ["anatomy", "other"]}),
    ],
)
def test_an_answer_of_the_protocol_is_stored_as_it_was_given(asked, order, answer):
    assert checked(asked, order, answer) == (answer, None)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        *((asked, answer) for asked in EVERY for answer in (None, [], "left", 3, {}, {"nobody": 1})),
        (PAIR, {"overall": "much_left"}),
        (PAIR, {"overall": "cannot_judge"}),
        (PAIR, {"overall": ["left"]}),
        (PAIR, {"overall": "left", "fidelity": "left"}),
        (block("pairwise", allow_tie=False), {"overall": "tie"}),
        (block("pairwise", allow_both_bad=False), {"overall": "both_bad"}),
        (SEVERAL, {"overall": "left", "fidelity": "left"}),
        (SEVERAL, {"overall": "left", "fidelity": "left", "aesthetics": None}),
        (RATING, {"fidelity": 0, "alignment": 1}),
        (RATING, {"fidelity": 6, "alignment": 1}),
        (RATING, {"fidelity": True, "alignment": 1}),
        (RATING, {"fidelity": 2.0, "alignment": 1}),
        (RATING, {"fidelity": "3", "alignment": 1}),
        (RATING, {"fidelity": "cannot_judge", "alignment": 1}),
        (SEVEN, {"fidelity": 8}),
        (BEST, {"best": 4}),
        (BEST, {"best": -1}),
        (BEST, {"best": True}),
        (BEST, {"best": None}),
        (BEST, {"best": "cannot_judge"}),
        (BEST, {"best": 1, "worst": 2}),
        (BOTH_ENDS, {"best": 1}),
        (BOTH_ENDS, {"best": 1, "worst": 1}),
        (BOTH_ENDS, {"best": 1, "worst": "none"}),
        (BOTH_ENDS, {"best": "none"}),
        (BOTH_ENDS, {"best": "cannot_judge", "worst": 1}),
        (RANKING, {"ranking": "cannot_judge"}),
        (RANKING, {"ranking": [0, 1, 2]}),
        (RANKING, {"ranking": [0, 1, 2, 2]}),
        (RANKING, {"ranking": [0, 1, 2, 4]}),
        (RANKING, {"ranking": [False, True, 2, 3]}),
        (RANKING, {"ranking": [0, 1, 2, [3]]}),
        (RANKING, {"ranking": None}),
        (REVIEW, {"failures": ["face"]}),
        (REVIEW, {"failures": "anatomy"}),
        (REVIEW, {"failures": ["anatomy", "anatomy"]}),
        (REVIEW, {"failures": [["anatomy"]]}),
        (REVIEW, {"failures": None}),
    ],
)
def test_any_other_answer_is_refused_with_words_and_a_mend(asked, answer):
    order = "0123456789"[: slots(asked)]
    with pytest.raises(InvalidAnswer) as refused:
        checked(asked, order, answer)
    assert refused.value.message
    assert refused.value.mend


@pytest.mark.parametrize(
    ("asked", "expected", "order", "answer", "right"),
    [
        (PAIR, {"slot": 0}, "01", {"overall": "left"}, True),
        (PAIR, {"slot": 0}, "10", {"overall": "left"}, False),
        (PAIR, {"slot": 1}, "10", {"overall": "left"}, True),
        (PAIR, {"slot": 0}, "01", {"overall": "tie"}, False),
        (PAIR, {"slot": 0}, "01", {"overall": "both_bad"}, False),
        (GRADED, {"slot": 1}, "01", {"overall": "much_right"}, True),
        (GRADED, {"slot": 1}, "01", {"overall": "much_left"}, False),
        (GRADED, {"slot": 1}, "01", {"overall": "cannot_judge"}, False),
        (SEVERAL, {"slot": 0}, "01", {"overall": "left", "fidelity": "left", "aesthetics": "tie"}, True),
        (SEVERAL, {"slot": 0}, "01", {"overall": "left", "fidelity": "right", "aesthetics": "left"}, False),
        (SEVERAL, {"slot": 0}, "01", {"overall": "tie", "fidelity": "left", "aesthetics": "left"}, False),
        (RATING, {"ratings": {"fidelity": [1, 2]}}, "0", {"fidelity": 2, "alignment": 5}, True),
        (RATING, {"ratings": {"fidelity": [1, 2]}}, "0", {"fidelity": 3, "alignment": 1}, False),
        (SEVEN, {"ratings": {"fidelity": [1, 2]}}, "0", {"fidelity": "cannot_judge"}, False),
        (BEST, {"best": 0}, "2031", {"best": 1}, True),
        (BEST, {"best": 0}, "2031", {"best": 0}, False),
        (BEST, {"best": 0}, "2031", {"best": "none"}, False),
        (BEST, {"worst": 2}, "2031", {"best": 1}, True),
        (BEST, {"worst": 2}, "2031", {"best": 0}, False),
        (BEST, {"worst": 2}, "2031", {"best": "none"}, False),
        (BOTH_ENDS, {"worst": 2}, "2031", {"best": 1, "worst": 0}, True),
        (BOTH_ENDS, {"worst": 2}, "2031", {"best": 1, "worst": 2}, False),
        (BOTH_ENDS, {"best": 0, "worst": 2}, "2031", {"best": 1, "worst": 0}, True),
        (BOTH_ENDS, {"best": 0, "worst": 2}, "2031", {"best": 2, "worst": 0}, False),
        (BOTH_ENDS, {"best": 0}, "2031", {"best": "cannot_judge"}, False),
        (RANKING, {"best": 0}, "2031", {"ranking": [1, 0, 2, 3]}, True),
        (RANKING, {"best": 0}, "2031", {"ranking": [0, 1, 2, 3]}, False),
        (RANKING, {"worst": 1}, "2031", {"ranking": [1, 0, 2, 3]}, True),
        (RANKING, {"best": 0, "worst": 1}, "2031", {"ranking": [1, 0, 3, 2]}, False),
        (RANKING, {"best": 0}, "2031", {"ranking": "cannot_judge"}, False),
        (REVIEW, {"failures": ["text"]}, "0", {"failures": ["anatomy", "text"]}, True),
        (REVIEW, {"failures": ["text", "other"]}, "0", {"failures": ["text"]}, False),
        (REVIEW, {"none": True}, "0", {"failures": []}, True),
        (REVIEW, {"none": True}, "0", {"failures": ["other"]}, False),
    ],
)
def test_a_known_answer_is_recognised_as_shown(asked, expected, order, answer, right):
    assert passes(asked, expected, order, answer) is right


@pytest.mark.parametrize(
    ("asked", "expected", "order", "shown"),
    [
        (PAIR, {"slot": 0}, "01", {"overall": "left"}),
        (SEVERAL, {"slot": 0}, "10", {"overall": "right"}),
        (RATING, {"ratings": {"fidelity": [1, 2]}}, "0", {"fidelity": [1, 2]}),
        (BEST, {"best": 0}, "2031", {"best": 1}),
        (RANKING, {"best": 3, "worst": 2}, "2031", {"best": 2, "worst": 0}),
        (REVIEW, {"failures": ["text"]}, "0", {"failures": ["text"]}),
        (REVIEW, {"none": True}, "0", {"failures": []}),
    ],
)
def test_feedback_says_what_would_have_been_right_on_the_screen(asked, expected, order, shown):
    assert expected_shown(asked, expected, order) == shown
