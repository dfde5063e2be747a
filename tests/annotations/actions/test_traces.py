from datetime import timedelta

import pytest
from django.test import RequestFactory

from annotations.actions import raters, traces
from annotations.models import Anomaly, DailySalt, NetworkTrace
from annotations.network import network_of
from tests.annotations.arriving import running_panel

pytestmark = pytest.mark.django_db


def request_from(address: str = "203.0.113.9", **headers):
    return RequestFactory().get("/", REMOTE_ADDR=address, **headers)


@pytest.fixture
def panel():
    return running_panel()


@pytest.fixture
def rater(panel):
    return raters.join(panel=panel, version=1)[0]


def test_the_address_stands_nowhere(rater):
    trace = traces.note(rater=rater, request=request_from())
    assert len(trace.network_hash) == 64
    assert "203.0.113" not in str(list(NetworkTrace.objects.values()) + list(DailySalt.objects.values()))


def test_a_network_has_one_hash_a_day_and_another_the_next(rater):
    day = traces.today()
    same = {traces.network_hash(request_from(), day) for _ in range(2)}
    assert len(same) == 1
    assert traces.network_hash(request_from(), day - timedelta(days=1)) not in same
    assert traces.network_hash(request_from("203.0.113.10"), day) not in same


def test_the_salt_goes_with_its_day_so_that_nobody_can_make_the_hash_again(rater):
    yesterday = traces.today() - timedelta(days=1)
    before = traces.network_hash(request_from(), yesterday)
    traces.network_hash(request_from())
    traces.sweep()
    assert DailySalt.objects.get().day == traces.today()
    assert traces.network_hash(request_from(), yesterday) != before


def test_the_first_visitor_of_a_day_throws_the_last_salt_away_also_without_a_worker():
    DailySalt.objects.create(day=traces.today() - timedelta(days=1), salt="yesterday")
    traces.network_hash(request_from())
    assert DailySalt.objects.get().day == traces.today()


def test_no_trace_is_ever_older_than_thirty_days(rater, settings):
    traces.note(rater=rater, request=request_from())
    settings.NETWORK_TRACE_DAYS = 365
    for age, kept in ((29, 1), (30, 0)):
        NetworkTrace.objects.update(day=traces.today() - timedelta(days=age))
        traces.sweep()
        assert NetworkTrace.objects.count() == kept


def test_coming_again_the_same_day_is_one_trace(rater):
    for _ in range(3):
        traces.note(rater=rater, request=request_from())
    assert NetworkTrace.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_a_network_is_an_address_or_the_first_half_of_a_long_one(address, network):
    assert network_of(request_from(address)) == network


@pytest.mark.parametrize(("proxies", "expected"), [(0, "10.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")])
def test_only_our_own_proxies_are_believed(settings, proxies, expected):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    request = request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.1, 203.0.113.9, 198.51.100.7")
    assert network_of(request) == expected


def test_many_sessions_of_one_network_are_flagged_once_without_its_hash(panel, settings):
    settings.SESSIONS_FLAGGED = 3
    for number in range(6):
        rater, _ = raters.join(panel=panel, version=1)
        trace = traces.note(rater=rater, request=request_from())
        assert Anomaly.objects.count() == (number >= 3)
    flag = Anomaly.objects.get()
    assert (flag.kind, flag.count, flag.evidence["sessions_within_an_hour"]) == ("many_sessions", 3, 6)
    assert trace.network_hash not in str(flag.evidence)
