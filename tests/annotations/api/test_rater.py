import json

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import raters, studies
from annotations.actions.assignments import AHEAD
from annotations.models import Vote
from tests.factories import planned_study

pytestmark = pytest.mark.django_db
LEFT = {"overall": "left"}


class Browser:
    """A rater's browser that insists on CSRF as real ones meet it."""

    def __init__(self, study, *, consent=True):
        self.panel = study.panels.get()
        rater, secret = raters.enter(panel=self.panel)
        if consent:
            raters.consent(rater=rater, version=1)
        self.rater = rater
        self.client = Client(enforce_csrf_checks=True)
        self.client.cookies[f"arena_{self.panel.public_id}"] = secret
        self.client.cookies["csrftoken"] = "c" * 32

    def url(self, name):
        return reverse(f"api-rater-{name}", args=[self.panel.token])

    def get(self):
        return self.client.get(self.url("next"))

    def post(self, name, body=None, **headers):
        headers = headers or {"HTTP_X_CSRFTOKEN": "c" * 32}
        return self.client.post(
            self.url(name), json.dumps(body or {}), content_type="application/json", **headers
        )

    def vote(self, nonce, answer=LEFT, **evidence):
        return self.post("vote", {"nonce": nonce, "answer": answer, "evidence": evidence})


@pytest.fixture
def study():
    return planned_study(prompts=4, generators=3, overlap=2, check_every=4, first_check_within=2)


@pytest.fixture
def browser(study):
    return Browser(study)


def test_next_brings_what_the_page_needs(browser):
    said = browser.get().json()
    assert list(said) == [
        "assignments", "progress", "can_undo", "state", "retry_after_s", "completion_url",
    ]  # fmt: skip
    assert (said["state"], said["can_undo"], said["completion_url"]) == ("running", False, None)
    assert len(said["assignments"]) == AHEAD
    first = said["assignments"][0]
    assert first["sequence"] == 1
    assert list(first) == [
        "nonce", "block", "kind", "protocol", "prompt", "reference", "pictures", "sequence", "expires_at",
    ]  # fmt: skip
    assert (first["block"], first["kind"], first["reference"]) == ("main", "vote", None)
    assert [picture[-2:] for picture in first["pictures"]] == ["/0", "/1"]
    assert said["progress"]["voted"] == 0
    assert said["progress"]["left"] >= 12


def test_a_vote_is_answered_with_what_comes_next(browser):
    first, second, *_ = browser.get().json()["assignments"]
    reply = browser.vote(first["nonce"], decoded_ms=300, answer_ms=900)
    said = reply.json()
    assert (reply.status_code, said["stored"], said["surplus"], said["feedback"]) == (201, True, False, None)
    assert said["next"]["assignments"][0]["nonce"] == second["nonce"]
    assert said["next"]["can_undo"]
    assert said["next"]["progress"]["voted"] == 1
    assert Vote.objects.get().answer_ms == 900
    again = browser.vote(first["nonce"])
    assert (again.status_code, again.json()["stored"]) == (200, True)
    assert Vote.objects.count() == 1


def test_checks_have_the_very_shape_of_all_others(browser):
    shapes, kinds = set(), set()
    said = browser.get().json()
    while said["assignments"]:
        for given in said["assignments"]:
            kinds.add(browser.rater.assignments.get(nonce=given["nonce"]).kind)
            shapes.add(
                json.dumps(
                    [
                        list(given),
                        {key: type(value).__name__ for key, value in given.items()},
                        len(given["nonce"]),
                        [len(picture) for picture in given["pictures"]],
                        given["kind"],
                        given["block"],
                        len(given["expires_at"]),
                    ]
                )
            )
        said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]
    assert kinds >= {"regular", "check"}
    assert len(shapes) == 1
    assert said["state"] == "finished"
    assert said["completion_url"] == reverse("rater-done", args=[browser.panel.token])


def test_undo_brings_the_last_one_back_in_front(browser):
    first = browser.get().json()["assignments"][0]
    browser.vote(first["nonce"])
    reply = browser.post("undo")
    back = reply.json()["next"]
    assert reply.status_code == 200
    assert back["assignments"][0]["sequence"] == 1
    assert back["assignments"][0]["nonce"] != first["nonce"]
    assert not back["can_undo"]
    refused = browser.post("undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")


def test_when_nothing_is_left_asking_finishes_the_rater(browser):
    said = browser.get().json()
    while said["assignments"]:
        said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]
    browser.rater.refresh_from_db()
    assert browser.rater.state == "active"
    assert browser.get().json()["state"] == "finished"
    browser.rater.refresh_from_db()
    assert browser.rater.completion_code
    assert browser.get().json()["progress"]["left"] == 0


def test_refusals_have_a_code_words_and_a_mend(browser, study):
    nonce = browser.get().json()["assignments"][0]["nonce"]
    for reply, status, code in [
        (browser.vote("unheard-of"), 404, "unknown_assignment"),
        (browser.vote(nonce, {"overall": "up"}), 400, "invalid_answer"),
        (Browser(study).vote(nonce), 403, "foreign_assignment"),
        (Browser(study, consent=False).get(), 403, "consent_required"),
    ]:
        said = reply.json()
        assert (reply.status_code, said["code"]) == (status, code)
        assert list(said) == ["code", "message", "mend", "details"]
        assert said["message"]


def test_paused_and_closed_are_states_to_look_at_and_refusals_to_vote_on(browser, study):
    nonce = browser.get().json()["assignments"][0]["nonce"]
    studies.pause(study=study, actor=None)
    assert browser.get().json()["state"] == "paused"
    assert browser.vote(nonce).status_code == 423
    studies.close(study=study, actor=None)
    assert browser.get().json()["state"] == "closed"
    assert browser.vote(nonce).status_code == 410


def test_a_vote_without_the_csrf_token_is_refused(browser):
    nonce = browser.get().json()["assignments"][0]["nonce"]
    body = {"nonce": nonce, "answer": LEFT}
    assert browser.post("vote", body, HTTP_X_CSRFTOKEN="d" * 32).status_code == 403
    assert not Vote.objects.exists()


def test_strangers_are_told_where_to_begin(study):
    client = Client()
    known = client.get(reverse("api-rater-next", args=[study.panels.get().token]))
    assert (known.status_code, known.json()["code"]) == (403, "unknown_rater")
    unknown = client.get(reverse("api-rater-next", args=["nowhere"]))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_a_cookie_of_one_panel_opens_no_other(study, browser):
    other = Browser(planned_study())
    browser.panel = other.panel
    assert browser.get().json()["code"] == "unknown_rater"


@pytest.mark.parametrize("body", ["[]", '"x"', "{", '{"nonce": {"a": 1}, "answer": []}', "null"])
def test_bodies_that_are_no_votes_are_refused(browser, body):
    reply = browser.client.post(
        browser.url("vote"), body, content_type="application/json", HTTP_X_CSRFTOKEN="c" * 32
    )
    assert 400 <= reply.status_code < 500


def test_two_tabs_see_the_same_and_the_slower_one_is_told(browser):
    one = browser.get().json()["assignments"]
    two = browser.get().json()["assignments"]
    assert [given["nonce"] for given in one] == [given["nonce"] for given in two]
    assert browser.vote(one[0]["nonce"]).status_code == 201
    reply = browser.vote(two[0]["nonce"], {"overall": "right"})
    assert (reply.status_code, reply.json()["code"]) == (409, "already_answered")


def test_progress_is_honest_under_a_maximum():
    browser = Browser(planned_study(max_votes_per_rater=5, check_every=0))
    said = browser.get().json()
    assert said["progress"] == {"voted": 0, "total": 5, "left": 5}
    said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]
    assert said["progress"] == {"voted": 1, "total": 5, "left": 4}


def test_a_vote_costs_few_queries_whatever_the_size_of_the_study(browser, django_assert_max_num_queries):
    said = browser.get().json()
    said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]
    for _ in range(4):
        with django_assert_max_num_queries(18):  # with a check to draw; 10 without anything to serve
            said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]


def test_progress_does_not_say_which_ones_were_checks():
    browser = Browser(planned_study(prompts=8, generators=3, overlap=2, check_every=4, first_check_within=2))
    said, totals = browser.get().json(), []
    for _ in range(16):
        said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]
        totals.append(said["progress"]["total"])
    assert Vote.objects.filter(kind="check").exists()
    # 24 comparisons and a check among each 4 assignments: the same number before and after each check.
    assert set(totals) == {32}


def test_nothing_is_left_when_the_last_one_is_answered():
    browser = Browser(planned_study(prompts=2, generators=3, overlap=1, check_every=4, first_check_within=2))
    said = browser.get().json()
    while said["state"] == "running":
        said = browser.vote(said["assignments"][0]["nonce"]).json()["next"]
    assert said["progress"]["left"] == 0
    assert said["progress"]["total"] == said["progress"]["voted"]


def test_practice_is_answered_with_feedback_and_has_the_same_keys():
    from tests.annotations.actions.test_qualification import study_with

    browser = Browser(study_with(practice=1))
    (given,) = browser.get().json()["assignments"]
    assert (given["kind"], given["block"]) == ("practice", "main")
    said = browser.vote(given["nonce"]).json()
    assert list(said) == ["stored", "surplus", "feedback", "next"]
    assert set(said["feedback"]) == {"passed", "explanation", "expected"}
    assert (said["feedback"]["expected"] == LEFT) == said["feedback"]["passed"]
    assert not said["next"]["can_undo"]
    assert {each["kind"] for each in said["next"]["assignments"]} == {"vote"}
    assert list(said["next"]["assignments"][0]) == list(given)


def test_a_report_brings_what_comes_next(browser):
    first, second, *_ = browser.get().json()["assignments"]
    body = {"nonce": first["nonce"], "kind": "broken", "reason": "not_loading", "position": 1}
    reply = browser.post("report", body)
    assert reply.status_code == 200
    assert reply.json()["next"]["assignments"][0]["nonce"] == second["nonce"]
    assert browser.post("report", body).status_code == 200
    bad = browser.post("report", body | {"nonce": second["nonce"], "reason": "bored"})
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_report")


def test_blocks_come_in_the_order_of_the_rater():
    browser = Browser(planned_study(protocol="likert"))
    blocks = browser.client.get(browser.url("blocks")).json()["blocks"]
    assert list(blocks) == ["main"]
    assert {criterion["key"] for criterion in blocks["main"]["criteria"]} == {
        "fidelity",
        "alignment",
        "aesthetics",
    }
    assert blocks["main"]["answers"] == [1, 2, 3, 4, 5]
    assert Client().get(browser.url("blocks")).status_code == 403


def test_a_program_may_name_its_secret_in_a_header(study):
    browser = Browser(study)
    secret = browser.client.cookies[f"arena_{browser.panel.public_id}"].value
    plain = Client(enforce_csrf_checks=True, headers={"Authorization": f"Rater {secret}"})
    given = plain.get(browser.url("next")).json()["assignments"][0]
    body = {"nonce": given["nonce"], "answer": LEFT, "remarks": None}
    reply = plain.post(browser.url("vote"), json.dumps(body), content_type="application/json")
    assert reply.status_code == 201
    wrong = Client(headers={"Authorization": "Rater nobody"})
    assert wrong.get(browser.url("next")).json()["code"] == "unknown_rater"


def test_a_secret_that_was_replaced_opens_nothing_any_more(browser):
    assert browser.get().status_code == 200
    browser.rater.secret_hash = "0" * 64
    browser.rater.save(update_fields=["secret_hash"])
    assert browser.get().json()["code"] == "unknown_rater"
    browser.rater.delete()
    assert browser.get().json()["code"] == "unknown_rater"


def test_other_methods_have_nothing_here(browser):
    assert browser.client.get(browser.url("vote")).status_code == 405
    assert browser.client.delete(browser.url("next")).status_code == 405


def test_a_refused_answer_is_explained_in_the_raters_language(study):
    browser = Browser(study)
    nonce = browser.get().json()["assignments"][0]["nonce"]
    browser.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    refusal = browser.vote(nonce, {"overall": "sideways"}).json()
    assert refusal["code"] == "invalid_answer"
    assert refusal["message"] == "Jede Antwort ist eine von left, right, tie, both_bad."
    assert refusal["mend"] == "Wählen Sie eine der gezeigten Antworten."
