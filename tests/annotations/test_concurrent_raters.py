"""Real servers, real threads: every comparison gets exactly its overlap, and no vote is lost or doubled."""

import json
import random
import signal
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests import servers
from tests.crowd import RaterClient, together, work

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def empty():
    """By engine, how to have an arena that is migrated: they are migrated once for all tests here."""
    with servers.migrated_postgres() as database, servers.arena_environment() as lite:
        yield {
            "postgresql": lambda: servers.arena_environment(database_url=database(), migrated=True),
            "sqlite": lambda: servers.arena_environment(like=Path(lite["ARENA_VAR"])),
        }


class Stack(ExitStack):
    def __init__(self, empty):
        super().__init__()
        self.empty = empty


@pytest.fixture
def stack(empty):
    with Stack(empty) as stack:
        yield stack


def arena(stack, engine, **settings):
    environment = stack.enter_context(stack.empty[engine]())
    # A crowd from one address that never pauses: limits against floods would slow it down.
    environment |= {"VOTES_PER_RATER_S": "0", "VOTES_PER_NETWORK_S": "0"}
    made = json.loads(servers.python(environment, "-m", "tests.stage", "make", given=settings))
    return environment, made


def started(stack, engine, **settings):
    environment, made = arena(stack, engine, **settings)
    return environment, made, stack.enter_context(servers.gunicorn(environment))


def told(environment, action, **given):
    return json.loads(servers.python(environment, "-m", "tests.stage", action, given=given))


def clients_for(address, made):
    return [RaterClient(address, made["token"], made["cookie"], secret) for secret in made["secrets"]]


def assert_nothing_lost_or_doubled(clients, found):
    ledger, undone = {}, set()
    for client in clients:
        assert not set(ledger) & set(client.ledger.stored)
        ledger |= client.ledger.stored
        undone |= client.ledger.undone
    assert {vote["assignment__nonce"]: vote["answer"] for vote in found["votes"]} == ledger
    assert len(found["votes"]) == len(ledger)
    assert {vote["assignment__nonce"] for vote in found["votes"] if vote["undone"]} == undone


def assert_exact_and_balanced(found):
    standing = [v for v in found["votes"] if v["kind"] == "regular" and not v["undone"] and not v["surplus"]]
    per_comparison = Counter(vote["comparison_id"] for vote in standing)
    assert set(per_comparison.values()) == {found["overlap"]}
    assert len(per_comparison) == len({place["comparison_id"] for place in found["places"]})
    assert {place["state"] for place in found["places"]} == {"filled"}
    assert max(Counter((v["comparison_id"], v["rater_id"]) for v in standing).values()) == 1
    straight = Counter(vote["comparison_id"] for vote in standing if vote["order"] == "01")
    for comparison, total in per_comparison.items():
        assert abs(2 * straight[comparison] - total) <= 1


@pytest.mark.parametrize(("engine", "raters", "overlap"), [("postgresql", 64, 15), ("sqlite", 16, 5)])
def test_every_comparison_gets_exactly_its_overlap(stack, engine, raters, overlap):
    environment, made, address = started(
        stack, engine, raters=raters, prompts=10, generators=3, overlap=overlap, check_every=6
    )
    clients = clients_for(address, made)
    together(
        [
            partial(work, client, random.Random(number), again=0.1, undo=0.05)
            for number, client in enumerate(clients)
        ]
    )
    found = told(environment, "dump", study=made["study"])
    assert_nothing_lost_or_doubled(clients, found)
    assert_exact_and_balanced(found)


@pytest.mark.parametrize(("engine", "raters"), [("postgresql", 40), ("sqlite", 12)])
def test_what_raters_abandon_is_answered_by_others(stack, engine, raters):
    """A third leaves after a few votes with leases in hand; these run out while the others work."""
    environment, made, address = started(
        stack, engine, raters=raters, prompts=8, generators=3, overlap=5, check_every=6
    )
    clients = clients_for(address, made)
    quitters, stayers = clients[::3], [client for client in clients if client not in clients[::3]]

    def quit_early(client, rng):
        work(client, rng, most=rng.randint(1, 3))

    together([partial(quit_early, client, random.Random(n)) for n, client in enumerate(quitters)])
    together(
        [
            partial(told, environment, "expire", study=made["study"]),
            *(partial(work, client, random.Random(n), undo=0.05) for n, client in enumerate(stayers)),
        ]
    )
    # Late comers fill what came free after the others had gone.
    told(environment, "expire", study=made["study"])
    late = clients_for(address, told(environment, "more_raters", study=made["study"], raters=5))
    together([partial(work, client, random.Random(n)) for n, client in enumerate(late)])
    found = told(environment, "dump", study=made["study"])
    assert_nothing_lost_or_doubled(clients + late, found)
    assert_exact_and_balanced(found)


def assert_exported_as_stored(found):
    standing = [vote for vote in found["votes"] if not vote["undone"]]
    stored = {
        (
            vote["public_id"],
            "surplus" if vote["surplus"] else vote["kind"],
            json.dumps(vote["answer"]["overall"]),
        )
        for vote in standing
    }
    assert {tuple(row) for row in found["export"]} == stored
    assert len(found["export"]) == len(standing)


@pytest.mark.parametrize("to", ["pause", "close"])
def test_a_study_stops_amid_a_crowd_that_would_go_on_for_long(stack, to):
    """Among many voters one is always at work: whoever waited for none would wait until the last place is
    filled. And what is under way is stored before the switch returns, nothing after it."""
    settings = {"prompts": 60, "generators": 5, "pictures": False, "prompt_gap": 2}
    environment, made, address = started(stack, "postgresql", raters=16, overlap=16, **settings)
    clients = clients_for(address, made)
    then = {}

    def switch():
        servers.wait_until(lambda: sum(len(c.ledger.stored) for c in clients) >= 100, "a hundred votes", 300)
        then.update(told(environment, "switch", study=made["study"], to=to))

    together([switch, *(partial(work, client, random.Random(n)) for n, client in enumerate(clients))])
    found = told(environment, "dump", study=made["study"])
    assert len(found["votes"]) == then["votes"]
    assert_nothing_lost_or_doubled(clients, found)
    assert any(place["state"] != "filled" for place in found["places"])
    assert then["held"] == 0 or to == "pause"


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "raters", "overlap"), [("postgresql", 200, 12), ("sqlite", 16, 5)])
def test_a_server_killed_in_the_middle_loses_and_doubles_nothing(stack, engine, raters, overlap):
    """Raters leave at random with leases in hand; the server is killed amid votes, and another one begins."""
    settings = {"prompts": 12, "generators": 4, "pictures": False, "prompt_gap": 2, "check_every": 8}
    environment, made = arena(stack, engine, raters=raters, overlap=overlap, **settings)
    port = servers.free_port()
    clients = clients_for(f"http://127.0.0.1:{port}", made)
    first = ExitStack()
    first.enter_context(servers.gunicorn(environment, port=port, end=signal.SIGKILL))

    def visit(client, number):
        rng = random.Random(number)
        most = rng.randint(1, 6) if rng.random() < 0.4 else 10_000
        work(client, rng, most=most, again=0.05)

    def restart():
        wanted = 72 * overlap // 3
        servers.wait_until(lambda: sum(len(c.ledger.stored) for c in clients) >= wanted, "a third", 300)
        first.close()
        stack.enter_context(servers.gunicorn(environment, port=port))

    together([restart, *(partial(visit, client, number) for number, client in enumerate(clients))])
    told(environment, "expire", study=made["study"])
    given = told(environment, "more_raters", study=made["study"], raters=20)
    late = clients_for(f"http://127.0.0.1:{port}", given)
    together([partial(work, client, random.Random(n)) for n, client in enumerate(late)])
    found = told(environment, "dump", study=made["study"])
    assert_nothing_lost_or_doubled(clients + late, found)
    assert_exact_and_balanced(found)
    assert_exported_as_stored(found)
