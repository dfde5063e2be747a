"""Fixtures for every room. Settings give each test process a state folder of its own; it goes at the end."""

import shutil

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from annotations import append_only

# How long an example takes says more about the machine's other work than about the code.
hypothesis_settings.register_profile("arena", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("arena")


def pytest_unconfigure(config):
    folder = django_settings.VAR_DIR
    if folder.name.startswith("arena-test-"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def fresh(tmp_path, settings):
    """Each test has its own pictures, an empty cache and no votes of others to answer for."""
    from annotations.actions import limits

    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    for buckets in (limits.RATERS, limits.NETWORKS, limits.FLAGS):
        buckets.clear()


_flush = TransactionTestCase._fixture_teardown


def _flush_without_triggers(self):
    """Emptying the tables between transactional tests is the one DELETE that audit and votes must bear."""
    names = list(self._databases_names(include_mirrors=False))
    for name in names:
        append_only.remove(connections[name])
    _flush(self)
    for name in names:
        append_only.install(connections[name])


TransactionTestCase._fixture_teardown = _flush_without_triggers
