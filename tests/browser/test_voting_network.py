import pytest
from playwright.sync_api import expect

from annotations.actions import studies, votes
from annotations.models import Assignment, Rater, Vote
from tests.browser.rating_steps import answers, count, enter, following, press, ready, sent
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def wait_for_pictures(page):
    page.wait_for_load_state("networkidle")


def test_votes_given_while_the_network_is_cut_arrive_in_order_when_it_is_back(page):
    enter(page, running_study(prompts=5))
    wait_for_pictures(page)
    page.context.set_offline(True)
    for key in ("ArrowLeft", "ArrowRight", "ArrowLeft"):
        press(page, key)
    expect(page.locator("#waiting-text")).to_have_text("3 votes waiting")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", name="Waiting for the connection")).to_be_visible()
    assert not Vote.objects.exists()
    page.context.set_offline(False)
    sent(page, 4)
    expect(page.locator("#waiting")).to_be_hidden()
    ready(page)
    assert answers() == ["left", "right", "left", "tie"]
    assert list(Vote.objects.order_by("id").values_list("assignment__sequence", flat=True)) == [1, 2, 3, 4]


def test_waiting_votes_survive_a_closed_tab(page):
    panel = running_study(prompts=4)
    enter(page, panel)
    wait_for_pictures(page)
    page.route("**/votes", lambda route: route.abort())
    press(page, "ArrowLeft")
    press(page, "ArrowRight")
    expect(page.locator("#waiting-text")).to_have_text("2 votes waiting")
    context = page.context
    page.close()
    assert not Vote.objects.exists()
    again = context.new_page()
    again.goto(f"/r/{panel.token}/")
    sent(again, 2)
    ready(again)
    assert answers() == ["left", "right"]
    following(again, 3)


def test_votes_are_sent_from_memory_where_the_browser_can_store_nothing(page):
    page.add_init_script(
        "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    )
    enter(page, running_study(prompts=4))
    wait_for_pictures(page)
    page.context.set_offline(True)
    press(page, "ArrowLeft")
    press(page, "ArrowRight")
    expect(page.locator("#waiting-text")).to_have_text("2 votes waiting")
    page.context.set_offline(False)
    sent(page, 2)
    assert answers() == ["left", "right"]


def test_a_server_that_fails_for_a_moment_loses_no_vote(page):
    enter(page, running_study(prompts=4))
    wait_for_pictures(page)
    failures = iter([502, 503])

    def fail_twice(route):
        status = next(failures, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, body="<html>Bad gateway</html>")

    page.route("**/votes", fail_twice)
    press(page, "ArrowLeft")
    sent(page, 1)
    assert Vote.objects.count() == 1


def test_a_vote_that_arrived_but_whose_answer_was_lost_is_stored_once(page):
    enter(page, running_study(prompts=4))
    wait_for_pictures(page)
    first = []

    def lose_the_answer(route):
        if not first:
            first.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/votes", lose_the_answer)
    press(page, "ArrowLeft")
    expect(page.locator("#waiting")).to_be_hidden()
    press(page, "ArrowRight")
    sent(page, 2)
    assert answers() == ["left", "right"]


def test_an_undo_before_the_vote_has_left_needs_no_server(page):
    enter(page, running_study(prompts=4))
    wait_for_pictures(page)
    page.context.set_offline(True)
    press(page, "ArrowLeft")
    expect(page.locator("#waiting-text")).to_have_text("1 vote waiting")
    page.keyboard.press("u")
    following(page, 1)
    page.context.set_offline(False)
    ready(page)
    press(page, "ArrowRight")
    sent(page, 1)
    assert answers() == ["right"]


def test_two_tabs_show_the_same_pair_and_a_vote_in_one_moves_the_other_on(page):
    panel = running_study(prompts=4)
    enter(page, panel)
    other = page.context.new_page()
    other.goto(f"/r/{panel.token}/")
    ready(other)
    nonce = "document.querySelector('[name=nonce]').value"
    assert other.evaluate(nonce) == page.evaluate(nonce)
    press(other, "ArrowLeft")
    following(page, 2)
    expect(page.get_by_text("Answered in another tab")).to_be_visible()
    ready(page)
    press(page, "ArrowRight")
    sent(page, 2)
    assert answers() == ["left", "right"]


def test_a_pair_answered_on_another_device_is_refused_in_words_and_the_next_comes_up(page):
    enter(page, running_study(prompts=4))
    rater = Rater.objects.get()
    held = Assignment.objects.filter(rater=rater, state="leased").order_by("sequence")[0]
    votes.record(rater=rater, nonce=held.nonce, answer={"overall": "right"}, evidence={})
    press(page, "ArrowLeft")
    expect(page.get_by_text("That answer stands")).to_be_visible()
    assert answers() == ["right"]
    assert count(page).startswith("2 of")


def test_a_paused_study_keeps_the_vote_and_goes_on_when_it_runs_again(page):
    panel = running_study(prompts=4)
    enter(page, panel)
    studies.pause(study=panel.study, actor="designer")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="The study is paused")).to_be_visible()
    panel.study.refresh_from_db()
    studies.resume(study=panel.study, actor="designer")
    sent(page, 1)
    ready(page)
    assert answers() == ["left"]


def test_a_study_closed_in_between_is_said_in_words(page):
    panel = running_study(prompts=4)
    enter(page, panel)
    studies.close(study=panel.study, actor="designer")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="The study is closed")).to_be_visible()
    assert not Vote.objects.exists()


def test_a_vote_of_a_browser_that_is_not_known_waits_until_it_is(page):
    enter(page, running_study())
    page.wait_for_load_state("networkidle")
    rater = Rater.objects.get()
    secret = rater.secret_hash
    # As when the same account goes on from another device.
    Rater.objects.update(secret_hash="0" * 64)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#pausing")).to_be_visible()
    assert not Vote.objects.exists()
    Rater.objects.update(secret_hash=secret)
    page.reload()
    sent(page, 1)
    assert answers() == ["left"]
