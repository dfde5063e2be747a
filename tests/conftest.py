"""Fixtures for every room. Settings give each test process a state folder of its own; it goes at the end."""

import gc
import os
import random
import re
import shutil
from collections import Counter

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from annotations import append_only

# The same examples and the same chance in every run, so that luck judges no change; `ARENA_HUNT=1 pytest`
# looks for new ones. How long an example takes says more about the machine's other work than about the code.
hypothesis_settings.register_profile(
    "arena", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "hunt", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
HUNTING = bool(os.environ.get("ARENA_HUNT"))
hypothesis_settings.load_profile("hunt" if HUNTING else "arena")


def pytest_ignore_collect(collection_path, config):
    """A file that bears an unwanted mark as a whole need not be read, nor what it imports be loaded."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    marks = re.findall(r"^pytestmark = (\[[^\]]*\]|.+)", collection_path.read_text(), re.MULTILINE)
    names = re.findall(r"mark\.(\w+)", " ".join(marks))
    return True if any(f"not {name}" in config.option.markexpr for name in names) else None


# A long file that begins last keeps one worker busy alone; the others follow by their number of tests.
LONGEST = (
    "test_concurrent_raters.py",
    "test_rough_ways.py",
    "test_worker_killed.py",
    "test_checks_unseen.py",
    "test_twenty_thousand.py",
    "test_protocols_pages.py",
    "test_designer_desk.py",
    "test_results.py",
    "test_rater_crawl.py",
    "test_stack.py",
    "test_import_killed.py",
    "test_deployed_page.py",
    "test_rater_pages.py",
)


def pytest_collection_modifyitems(config, items):
    if not hasattr(config, "workerinput"):
        return
    rank = {name: place for place, name in enumerate(LONGEST)}
    many = Counter(item.path for item in items)
    items.sort(key=lambda item: (rank.get(item.path.name, len(rank)), -many[item.path], item.path))


def pytest_collection_finish():
    """What is loaded by now stays; looking for garbage in it again and again takes time."""
    gc.freeze()


def pytest_unconfigure(config):
    folder = django_settings.VAR_DIR
    if folder.name.startswith("arena-test-"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def fresh(request, tmp_path, settings):
    """Each test has its own pictures, an empty cache, no votes of others to answer for, and the chance that
    goes with its name."""
    from annotations.actions import limits, trials

    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    translation.activate(django_settings.LANGUAGE_CODE)  # a request leaves its own
    for buckets in (limits.RATERS, limits.NETWORKS, limits.FLAGS):
        buckets.clear()
    seed = None if HUNTING else request.node.name
    random.seed(seed)
    trials.chance.seed(seed)


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


# No test takes the power away, and a disk may need longer for each file than the test that writes it.
os.fsync = lambda descriptor: None

_find_static_files = WhiteNoiseMiddleware.add_files_from_finders
_static_files: dict = {}


def _find_static_files_once(self):
    """Every test client has a middleware of its own, which would look at every static file again."""
    if not _static_files:
        _find_static_files(self)
        _static_files.update(self.files)
    self.files.update(_static_files)


WhiteNoiseMiddleware.add_files_from_finders = _find_static_files_once
