import pytest
from django.http import QueryDict
from django.urls import reverse

from annotations import protocols
from annotations.models import Protocol, Vote
from annotations.views.rater_forms import answer_from, form_for, remarks_from
from tests.browser.protocol_steps import CHIPS, QUESTIONS
from tests.rating import joined_client, running_study

CRITERIA = [{"key": "fidelity", "anchors": ["poor", "good"]}, {"key": "beauty", "anchors": []}]
BEST = {"protocol": "best_of_n", "size": 4, "pick": "best_and_worst", "allow_both_bad": True}
RANKING = {"protocol": "ranking", "size": 3, "allow_cannot_judge": True}
REVIEW = {"protocol": "failure_review", "taxonomy": [{"key": "hands", "label": "Hands"}]}
RATING = {"protocol": "likert", "criteria": CRITERIA, "points": 5, "allow_cannot_judge": True}
PAIR = {"protocol": "pairwise", "criteria": CRITERIA, "graded": True}


def test_every_answer_of_a_form_is_one_that_its_protocol_takes():
    taken = [
        (BEST, "best=2&worst=0", "0123"),
        (BEST, "best=1&worst=3&best=none", "0123"),
        (RANKING, "rank_0=3&rank_1=1&rank_2=2", "012"),
        (RANKING, "rank_0=1&ranking=cannot_judge", "012"),
        (REVIEW, "failures=hands", "0"),
        (REVIEW, "none=1", "0"),
        (RATING, "fidelity=4&beauty=cannot_judge", "0"),
        (PAIR, "fidelity=much_left&beauty=right", "01"),
    ]
    answers = [
        protocols.checked(block, order, answer_from(QueryDict(sent), block))[0]
        for block, sent, order in taken
    ]
    assert answers == [
        {"best": 2, "worst": 0},
        {"best": "none"},
        {"ranking": [1, 2, 0]},
        {"ranking": "cannot_judge"},
        {"failures": ["hands"]},
        {"failures": []},
        {"fidelity": 4, "beauty": "cannot_judge"},
        {"fidelity": "much_left", "beauty": "right"},
    ]


@pytest.mark.parametrize(
    ("block", "sent"),
    [
        pytest.param(BEST, "worst=1", id="no-best"),
        pytest.param(BEST, "best=1&worst=1", id="best-is-worst"),
        pytest.param(BEST, "best=7&worst=1", id="no-such-picture"),
        pytest.param(BEST, "best=²&worst=1", id="a-digit-that-is-no-number"),
        pytest.param(BEST, "best=1&worst=junk", id="worst-is-no-picture"),
        pytest.param(BEST, "best=1&worst=9999999999", id="worst-is-far-too-large"),
        pytest.param(RANKING, "rank_0=1&rank_1=1&rank_2=2", id="a-rank-twice"),
        pytest.param(RANKING, "rank_0=1", id="half-a-ranking"),
        pytest.param(REVIEW, "", id="nothing-ticked-and-nothing-said"),
        pytest.param(REVIEW, "none=1&failures=hands", id="none-and-one"),
        pytest.param(RATING, "fidelity=4", id="one-of-two-questions"),
        pytest.param(RATING, "fidelity=4&beauty=x%00", id="no-number"),
        pytest.param(PAIR, "fidelity=left", id="one-of-two-criteria"),
    ],
)
def test_half_an_answer_is_refused_and_never_mended(block, sent):
    with pytest.raises(protocols.InvalidAnswer):
        protocols.checked(block, "0123"[: protocols.slots(block)], answer_from(QueryDict(sent), block))


def test_remarks_are_none_where_nothing_was_said():
    assert remarks_from(QueryDict("text=+&best=1")) is None
    assert remarks_from(QueryDict("chips=a&chips=b&text= so ")) == {"chips": ["a", "b"], "text": "so"}


def test_points_without_words_are_numbers():
    block = RATING | {"module": "criteria", "answers": protocols.answers(RATING)}
    rows = form_for(block, 1)["rows"]
    assert [option["label"] for option in rows[0]["options"]][:3] == ["poor", "good", ""]
    assert rows[1]["options"][4]["number"] == 5
    assert rows[1]["options"][5]["value"] == "cannot_judge"


@pytest.mark.django_db
def test_a_form_sent_to_the_page_is_stored_with_its_reasons():
    panel = running_study(
        protocol=Protocol.LIKERT, generators=1, prompts=1, criteria=QUESTIONS, reasons=CHIPS
    )
    client = joined_client(panel)
    page = client.get(reverse("rater-vote", args=[panel.token]))
    nonce = page.context["assignment"]["nonce"]
    assert b"Broken text" in page.content
    said = {"fidelity": "2", "alignment": "5", "aesthetics": "1", "nonce": nonce, "chips": ["text"]}
    client.post(reverse("rater-vote", args=[panel.token]), said)
    vote = Vote.objects.get()
    assert vote.answer == {"fidelity": 2, "alignment": 5, "aesthetics": 1}
    assert vote.remarks == {"chips": ["text"]}
