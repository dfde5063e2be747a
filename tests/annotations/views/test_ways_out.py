"""How a visit ends: outcomes, ways back, leaving, erasing, privacy; and what stands before the vote."""

import pytest
from django.test import Client

from annotations.actions import consents, raters, studies
from annotations.models import Anomaly, Demographics, Panel, Place, Quota, Rater, Study, Vote
from annotations.selectors.leaving import ending
from tests.annotations.arriving import PROLIFIC, accept, arrive, only_rater, running_panel, text_of, url
from tests.factories import vote_all

pytestmark = pytest.mark.django_db

CODES = {
    "completed": {"code": "DONE1"},
    "screened_out": {"code": "OUT2"},
    "failed_checks": {"code": "CHECK3"},
    "quota_full": {"code": "FULL4"},
    "no_consent": {"code": "NO5"},
}


def way_back(page) -> str:
    html = page.content.decode()
    return html.split('id="way-back"')[0].rsplit('href="', 1)[1].split('"')[0] if "way-back" in html else ""


def prolific(code: str) -> str:
    return f"https://app.prolific.com/submissions/complete?cc={code}"


def finished(panel: Panel, client: Client) -> Rater:
    client.post(url(panel, "instructions"))
    rater = only_rater(panel)
    vote_all(rater)
    raters.finish(rater=rater)
    rater.refresh_from_db()
    return rater


def test_who_completes_goes_back_with_the_code_for_it():
    panel = running_panel(entry="prolific", outcomes=CODES)
    client = arrive(panel, PROLIFIC)
    rater = finished(panel, client)
    page = client.get(url(panel, "done"))
    assert rater.outcome == "completed"
    assert way_back(page) == prolific("DONE1")
    assert "DONE1" in text_of(page)


def test_who_declines_goes_back_without_having_been_stored():
    panel = running_panel(entry="prolific", outcomes=CODES)
    client = Client()
    client.get(url(panel, "entry"), PROLIFIC)
    page = client.post(url(panel, "consent"), {"choice": "decline", "version": "1"})
    assert way_back(page) == prolific("NO5")
    assert not Rater.objects.exists()


def test_who_finds_the_quota_full_goes_back_without_having_been_stored():
    panel = running_panel(entry="prolific", outcomes=CODES, max_raters=1)
    arrive(panel, PROLIFIC)
    late = Client()
    late.get(url(panel, "entry"), PROLIFIC | {"PROLIFIC_PID": "late"})
    page = accept(late, panel)
    assert way_back(page) == prolific("FULL4")
    assert Rater.objects.count() == 1


def test_the_code_waits_on_another_device_after_the_study_has_closed():
    panel = running_panel(entry="prolific", outcomes=CODES)
    finished(panel, arrive(panel, PROLIFIC))
    studies.close(study=panel.study, actor=None)
    page = Client().get(url(panel, "entry"), PROLIFIC, follow=True)
    assert way_back(page) == prolific("DONE1")


@pytest.mark.parametrize("over", ["closed study", "closed panel"])
def test_who_comes_too_late_from_a_service_goes_back_with_its_code_for_that(over):
    panel = running_panel(entry="prolific", outcomes=CODES)
    if over == "closed study":
        studies.close(study=panel.study, actor=None)
    else:
        Panel.objects.update(is_open=False)
    page = Client().get(url(panel, "entry"), PROLIFIC, follow=True)
    assert way_back(page) == prolific("FULL4")
    assert not Rater.objects.exists()


def test_whoever_leaves_frees_their_place_in_the_quota():
    panel = running_panel(max_raters=1)
    first, second = Client(), Client()
    accept(first, panel)
    assert "Enough people" in text_of(accept(second, panel))
    first.post(url(panel, "withdraw"), {"answers": "keep"})
    assert accept(second, panel)["Location"].startswith(url(panel, "instructions"))


def test_failed_checks_have_a_code_of_their_own_and_no_word_about_it():
    panel = running_panel(
        entry="prolific", outcomes=CODES, prompts=12, generators=3, check_every=3, first_check_within=1,
        max_votes_per_rater=12, rules=[{"rule": "failed_checks", "count": 1}],
    )  # fmt: skip
    client = arrive(panel, PROLIFIC)
    rater = finished_failing(panel, client)
    page = client.get(url(panel, "done"))
    assert rater.outcome == "failed_checks"
    assert way_back(page) == prolific("CHECK3")
    assert "fail" not in text_of(page).casefold().replace("failed_checks", "")


def test_failed_checks_without_an_outcome_of_their_own_end_like_any_visit():
    panel = running_panel(
        prompts=12, generators=3, check_every=3, first_check_within=1, max_votes_per_rater=12,
        rules=[{"rule": "failed_check_share", "above": 0.0, "at_least": 1}],
    )  # fmt: skip
    client = Client()
    accept(client, panel)
    rater = finished_failing(panel, client)
    assert rater.outcome == "failed_checks"
    page = text_of(client.get(url(panel, "done")))
    assert "Thank you!" in page
    assert rater.completion_code in page
    # Mechanical Turk's form carries it, and anybody can read a form.
    assert ending(panel, rater.outcome, rater).outcome == "completed"


def finished_failing(panel: Panel, client: Client) -> Rater:
    """Answers so that every check is failed."""
    client.post(url(panel, "instructions"))
    rater = only_rater(panel)

    def wrong(assignment):
        expected = assignment.comparison.expected
        if not expected or "slot" not in expected:
            return {"overall": "tie"}
        return {"overall": "right" if assignment.order.index(str(expected["slot"])) == 0 else "left"}

    vote_all(rater, wrong)
    raters.finish(rater=rater)
    rater.refresh_from_db()
    assert rater.votes.filter(kind="check", passed=False).exists()
    return rater


def test_an_address_that_is_not_https_is_never_offered():
    panel = running_panel(outcomes={"no_consent": {"url": "javascript:alert(1)"}})
    page = Client().post(url(panel, "consent"), {"choice": "decline"})
    assert "javascript" not in page.content.decode()


# Leaving


def test_leaving_with_the_answers_kept():
    panel = running_panel()
    client = Client()
    accept(client, panel)
    client.post(url(panel, "instructions"))
    vote_all(only_rater(panel), most=2)
    assert "What shall become of your 2 answers?" in text_of(client.get(url(panel, "withdraw")))
    page = client.post(url(panel, "withdraw"), {"answers": "keep"}, follow=True)
    assert "You have left the study" in text_of(page)
    assert Vote.objects.filter(retracted_at=None).count() == 2
    assert client.get(url(panel, "vote"), follow=True).request["PATH_INFO"] == url(panel, "withdraw")


def test_who_has_left_can_still_have_the_answers_erased():
    panel = running_panel(ask_demographics=["gender"])
    client = Client()
    accept(client, panel)
    client.post(url(panel, "demographics"), {"gender": "woman"})
    client.post(url(panel, "instructions"))
    vote_all(only_rater(panel), most=2)
    client.post(url(panel, "withdraw"), {"answers": "keep"})
    page = client.post(url(panel, "withdraw"), {"answers": "erase"}, follow=True)
    assert "your answers are erased" in text_of(page)
    assert not Demographics.objects.exists()
    assert not Place.objects.exclude(state="free").exists()
    assert set(map(str, Vote.objects.values_list("answer", flat=True))) == {"{}"}


def test_every_page_of_the_way_leads_out_of_the_study_and_to_what_is_stored():
    panel = running_panel(prompts=1)
    client = Client()
    accept(client, panel)
    for page in ("instructions", "vote", "done"):
        html = client.get(url(panel, page)).content.decode()
        assert f'href="{url(panel, "withdraw")}"' in html
        assert f'href="{url(panel, "privacy")}"' in html
        client.post(url(panel, "instructions"))
        if page == "vote":
            vote_all(only_rater(panel))
            raters.finish(rater=only_rater(panel))
    assert url(panel, "withdraw") not in Client().get(url(panel, "consent")).content.decode()


def test_after_the_study_closed_nothing_is_erased_but_leaving_works():
    panel = running_panel()
    client = Client()
    accept(client, panel)
    client.post(url(panel, "instructions"))
    vote_all(only_rater(panel), most=1)
    studies.close(study=panel.study, actor=None)
    assert "can't be erased any more" in text_of(client.get(url(panel, "withdraw")))
    client.post(url(panel, "withdraw"), {"answers": "erase"})
    assert Vote.objects.get().erased_at is None
    client.post(url(panel, "withdraw"), {"answers": "keep"})
    assert only_rater(panel).state == "withdrawn"


# Before the vote


def test_a_new_consent_text_is_asked_for_before_going_on():
    panel = running_panel()
    client = Client()
    accept(client, panel)
    client.post(url(panel, "instructions"))
    vote_all(only_rater(panel), most=1)
    consents.publish(study=panel.study, text="New words.", actor=None)
    assert client.get(url(panel, "vote"))["Location"] == url(panel, "consent")
    assert "The consent text has changed" in text_of(client.get(url(panel, "consent")))
    assert accept(client, panel, version=1).status_code == 409
    assert accept(client, panel, version=2)["Location"].startswith(url(panel, "vote"))
    assert only_rater(panel).consent.version == 2


def test_not_agreeing_to_the_new_text_is_leaving_with_the_choice_to_erase():
    panel = running_panel()
    client = Client()
    accept(client, panel)
    client.post(url(panel, "instructions"))
    vote_all(only_rater(panel), most=1)
    consents.publish(study=panel.study, text="New words.", actor=None)
    page = client.post(url(panel, "consent"), {"choice": "decline", "version": "2"}, follow=True)
    assert only_rater(panel).state == "withdrawn"
    assert "Erase my answers" in text_of(page)


def test_a_study_that_closed_before_the_new_text_was_read_still_gives_the_code():
    panel = running_panel()
    client = Client()
    accept(client, panel)
    client.post(url(panel, "instructions"))
    vote_all(only_rater(panel), most=1)
    consents.publish(study=panel.study, text="New words.", actor=None)
    studies.close(study=panel.study, actor=None)
    client.get(url(panel, "entry"), follow=True)
    page = client.post(url(panel, "done"), follow=True)
    assert only_rater(panel).completion_code in text_of(page)


def test_the_form_about_the_rater_offers_not_to_say_and_comes_once():
    panel = running_panel(ask_demographics=["age_band", "country"])
    client = Client()
    assert accept(client, panel)["Location"].startswith(url(panel, "demographics"))
    page = text_of(client.get(url(panel, "demographics")))
    assert page.count("I prefer not to say") == 2
    assert "gender" not in page.casefold()
    assert client.get(url(panel, "vote"))["Location"] == url(panel, "demographics")
    answer = client.post(url(panel, "demographics"), {"age_band": "25-34", "country": "no"})
    assert answer["Location"] == url(panel, "instructions")
    said = Demographics.objects.get()
    assert (said.age_band, said.country, said.gender) == ("25-34", "no", "")
    assert client.get(url(panel, "demographics"))["Location"] == url(panel, "instructions")


def test_a_full_cell_ends_the_visit_and_stores_nothing_of_the_answers():
    panel = running_panel(
        ask_demographics=["gender"], outcomes={"quota_full": {"url": "https://x.example/full"}}
    )
    Quota.objects.create(panel=panel, cell={"gender": "woman"}, most_raters=1)
    ways = [("woman", "instructions"), ("woman", "done"), ("man", "instructions"), ("no", "instructions")]
    for said, where in ways:
        client = Client()
        accept(client, panel)
        answer = client.post(url(panel, "demographics"), {"gender": said})
        assert answer["Location"] == url(panel, where)
        if where == "done":
            assert way_back(client.get(url(panel, "done"))) == "https://x.example/full"
    assert Demographics.objects.count() == 3
    assert Rater.objects.get(outcome="quota_full").state == "screened_out"


def test_the_privacy_page_tells_what_is_true_of_this_study(client, settings):
    settings.PRIVACY_CONTACT = "Ada, ada@example.org"
    panel = running_panel(entry="prolific", ask_demographics=["gender"], privacy_text="Kept in Trieste.")
    page = text_of(client.get(url(panel, "privacy")))
    facts = ("Kept in Trieste.", "ada@example.org", "at most 30 days", "id at Prolific", "about yourself")
    assert [fact for fact in facts if fact not in page] == []
    plain = text_of(client.get(url(running_panel(), "privacy")))
    assert "id at" not in plain
    assert "about yourself" not in plain


def test_a_filled_honeypot_is_flagged_and_blocks_nobody(client):
    panel = running_panel()
    answer = accept(client, panel, website="http://spam.example")
    assert answer["Location"].startswith(url(panel, "instructions"))
    flag = Anomaly.objects.get()
    assert (flag.kind, flag.rater) == ("honeypot", only_rater(panel))


def test_a_browser_that_joins_without_end_is_asked_to_wait(client, settings):
    settings.ENTRIES_PER_BROWSER = 2
    panel = running_panel()
    client.get(url(panel, "consent"))
    for _ in range(2):
        accept(client, panel)
        del client.cookies[f"arena_{panel.public_id}"]
    page = accept(client, panel)
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0
    assert Rater.objects.count() == 2


@pytest.mark.slow
def test_an_office_of_sixty_comes_in_from_one_address_and_is_not_even_flagged():
    panel = running_panel()
    for _ in range(60):
        assert accept(Client(REMOTE_ADDR="203.0.113.9"), panel).status_code == 302
    assert Study.objects.get().raters.count() == 60
    assert not Anomaly.objects.exists()
