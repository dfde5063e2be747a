"""Nothing but the pictures tells a check or a repeat from a regular comparison.

Raters vote through the real API and keep all that their browser receives: the assignment, the headers and
lengths of its pictures, the answer to its vote, the page. What is drawn anew each time (nonces, picture
tokens) is masked; a classifier works on the rest. It is trained on half of the raters and has to tell the
other half's checks apart.
"""

import json
import random
import re
from datetime import datetime

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.actions import golds, limits, preparation, studies, trials
from annotations.assignment.serving import REPEAT_AFTER
from annotations.models import Assignment, CheckKind
from tests.factories import draft_study, planned_study
from tests.rating import joined_client

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RATERS, VOTES = 30, 84
TOLERANCE = 0.03
TOKEN = re.compile(r"[\w-]{20,64}")
NUMBER = re.compile(r"\d+")
SCRIPT = re.compile(r'<script id="page".*?</script>', re.DOTALL)  # says what the API says
# By now repeats come as often as they ever will.
LATER = 3 * REPEAT_AFTER


def running_study():
    """All kinds of checks, dense, and each prompt with some: three of them for every rater."""
    study = draft_study(
        prompts=12, generators=4, overlap=RATERS, check_every=4, first_check_within=6, repeat_share=0.2,
        max_votes_per_rater=VOTES,
    )  # fmt: skip
    for prompt in study.prompts.all():
        images = list(prompt.images.order_by("generator_id")[:2])
        names = [image.public_id for image in images]
        golds.add(block=study.block, actor=None, images=names, expected={"slot": 0})
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    study.refresh_from_db()
    return study


def masked(text: str) -> str:
    return TOKEN.sub(lambda token: f"<{len(token.group())}>", text)


class Browser:
    """One rater's. `heard` has, per assignment answered, what came with it."""

    def __init__(self, panel, rng, *, pages=False, pictures=True):
        self.client, self.rng, self.pages, self.pictures = joined_client(panel), rng, pages, pictures
        self.urls = {name: reverse(name, args=[panel.token]) for name in ("api-rater-next", "api-rater-vote")}
        self.page = reverse("rater-vote", args=[panel.token])
        self.heard = {}

    def session(self):
        said, before = self.client.get(self.urls["api-rater-next"]).json(), set()
        while said["assignments"]:
            for place, each in enumerate(said["assignments"]):
                if each["nonce"] not in self.heard:
                    self.heard[each["nonce"]] = self.arrival(each, place, said, before)
            before = {each["nonce"] for each in said["assignments"]}
            said = self.answer(said)
        return self.heard

    def arrival(self, each, place, said, before):
        front = said["assignments"][0]
        until = [datetime.fromisoformat(one["expires_at"]) for one in (each, front)]
        return {
            "assignment": masked(json.dumps(each | {"prompt": "", "sequence": 0, "expires_at": ""})),
            "prompt": each["prompt"],
            "sequence": each["sequence"],
            "place": place,
            "new at once": len(said["assignments"]) - len(before & {a["nonce"] for a in said["assignments"]}),
            "lease": round((until[0] - until[1]).total_seconds() / 20),
        }

    def answer(self, said):
        front = said["assignments"][0]
        kept = self.heard[front["nonce"]]
        urls = front["pictures"] if self.pictures else []
        pictures = [self.queries(lambda url=url: self.client.get(url)) for url in urls]
        kept["headers"] = masked(json.dumps([sorted(reply.headers.items()) for reply, _ in pictures]))
        kept["lengths"] = [len(reply.content) for reply, _ in pictures]
        kept["queries of pictures"] = [count for _, count in pictures]
        if self.pages:
            page = self.client.get(self.page).content.decode()
            page = SCRIPT.sub("", page).replace(front["prompt"], "…")
            kept["page"] = NUMBER.sub("0", masked(page))
        cache.clear()  # as if time had passed: counts that are kept for seconds are counted anew
        body = {"nonce": front["nonce"], "answer": {"overall": self.rng.choice(["left", "right", "tie"])}}
        reply, count = self.queries(
            lambda: self.client.post(self.urls["api-rater-vote"], json.dumps(body), "application/json")
        )
        after = reply.json()["next"]
        kept["answered"] = masked(
            json.dumps([reply.status_code, sorted(reply.headers), {**reply.json(), "next": sorted(after)}])
        )
        kept["queries of the vote"] = count
        kept["in hand"] = len(after["assignments"])
        for name in ("voted", "total", "left"):
            kept[f"step of {name}"] = after["progress"][name] - said["progress"][name]
        kept["can undo"] = after["can_undo"]
        return after

    def queries(self, work):
        with CaptureQueriesContext(connection) as seen:
            reply = work()
        return reply, len(seen)


@pytest.fixture(scope="module")
def heard(django_db_setup, django_db_blocker, tmp_path_factory):
    """Rows of (rater, kind, what was heard), in the order of each rater's session."""
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.MEDIA_ROOT", tmp_path_factory.mktemp("media"))
        patch.setattr("django.conf.settings.VOTES_PER_RATER_S", 0)
        patch.setattr("django.conf.settings.VOTES_PER_NETWORK_S", 0)
        found = _heard()
        transaction.set_rollback(True)
    return found


def _heard():
    panel = running_study().panels.get()
    trials.chance.seed(3)
    rows = []
    for number in range(RATERS):
        limits.RATERS.clear()
        session = Browser(panel, random.Random(number), pages=number % 6 == 0).session()
        kinds = {
            nonce: (kind, check)
            for nonce, kind, check in Assignment.objects.filter(nonce__in=session).values_list(
                "nonce", "kind", "comparison__check_kind"
            )
        }
        rows += [(number, *kinds[nonce], kept) for nonce, kept in session.items() if "answered" in kept]
    return rows


# What an onlooker could learn


def columns(rows):
    """One column of zeros and ones for each value of each thing heard; numbers with many values in tenths."""
    facts = [
        {**kept, **{f"length {n}": bytes_ for n, bytes_ in enumerate(kept["lengths"])}} for *_, kept in rows
    ]
    facts = [{**fact, "queries of pictures": sum(fact["queries of pictures"])} for fact in facts]
    names = sorted(set.intersection(*(set(fact) for fact in facts)) - {"lengths"})
    found = []
    for name in names:
        values = np.array([fact[name] for fact in facts])
        if values.dtype.kind in "iuf" and len(np.unique(values)) > 12:
            found.append(
                np.arange(10) == np.digitize(values, np.quantile(values, np.arange(1, 10) / 10))[:, None]
            )
        else:
            found.append(np.unique(values) == values[:, None])
    return np.hstack(found).astype(np.float64)


def fitted(x, y, *, ridge=3.0):
    """Weights of a logistic regression, by Newton's steps."""
    x = np.hstack([x, np.ones((len(x), 1))])
    weights = np.zeros(x.shape[1])
    for _ in range(12):
        chance = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (y - chance) - ridge * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + ridge * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    return weights


def area(score, y):
    """Under the ROC curve: how often a check scores above a regular one, ties half."""
    below = np.searchsorted(np.sort(score[~y]), score[y], "left")
    up_to = np.searchsorted(np.sort(score[~y]), score[y], "right")
    return float((below + up_to).mean() / 2 / (~y).sum())


def told_apart(rows, kinds):
    """Area under the curve of raters whom the classifier has not seen, over both halves of the crowd."""
    rows = [row for row in rows if row[1] in ("regular", *kinds)]
    x, y = columns(rows), np.array([row[1] in kinds for row in rows])
    half = np.array([row[0] % 2 == 0 for row in rows])
    found = []
    for seen in (half, ~half):
        weights = fitted(x[seen], y[seen].astype(np.float64))
        found.append(area(x[~seen] @ weights[:-1], y[~seen]))
    return sum(found) / 2


def test_all_kinds_of_checks_were_met(heard):
    met = {(kind, check) for _, kind, check, _ in heard}
    assert met == {("regular", ""), ("repeat", ""), *(("check", kind) for kind in CheckKind.values if kind)}


@pytest.mark.parametrize("thing", ["assignment", "headers", "lengths", "answered", "page"])
def test_what_is_heard_of_a_check_is_also_heard_of_regular_ones(heard, thing):
    def said(*kinds):
        return {str(kept[thing]) for _, kind, _, kept in heard if kind in kinds and thing in kept}

    assert said("check", "repeat")
    assert said("check", "repeat") <= said("regular")


def test_both_pictures_of_a_prompt_have_one_length_whatever_they_are(heard):
    lengths = {(kept["prompt"], length) for *_, kept in heard for length in kept["lengths"]}
    assert len(lengths) == 12


@pytest.mark.parametrize(
    ("kinds", "after"), [(("check",), 0), (("repeat",), LATER), (("check", "repeat"), LATER)]
)
def test_a_classifier_learns_nothing_from_what_browsers_receive(heard, kinds, after):
    """Repeats need something to repeat, so early numbers of a session are no repeats, and cannot be."""
    rows = [row for row in heard if row[3]["sequence"] > after]
    auc = told_apart(rows, kinds)
    print(f"{kinds}: {auc:.3f} over {len(rows)} assignments")
    assert abs(auc - 0.5) <= TOLERANCE


@pytest.mark.parametrize("leak", ["lease", "length 1", "sequence"])
def test_the_classifier_finds_a_leak_that_shows_in_one_check_of_five(heard, leak):
    rng = random.Random(1)
    rows = []
    for number, kind, check, kept in heard:
        told = kind == "check" and rng.random() < 0.2
        lengths = [kept["lengths"][0], kept["lengths"][1] + 512 * (told and leak == "length 1")]
        spoiled = {**kept, "lengths": lengths}
        if told and leak != "length 1":
            spoiled[leak] = 3 if leak == "lease" else 2 * (kept[leak] // 20) + 1
        rows.append((number, kind, check, spoiled))
    assert told_apart(rows, ("check",)) > 0.5 + 2 * TOLERANCE


def test_what_is_left_falls_by_one_whatever_was_answered():
    """Alone in a study whose overlap is one, where only regular votes take something away from it."""
    study = planned_study(prompts=20, generators=3, overlap=1, check_every=4, repeat_share=0)
    panel, rng = study.panels.get(), random.Random(1)
    trials.chance.seed(1)
    limits.RATERS.clear()
    kinds, session = set(), Browser(panel, rng, pictures=False).session()
    for kept in session.values():
        if kept.get("in hand", 0) > 1:
            kinds.add(kept["step of left"])
    assert kinds == {-1}
