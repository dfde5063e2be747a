import time

import pytest
from django.db import connection

from annotations import sql

pytestmark = pytest.mark.django_db


def test_a_statement_is_prepared_once_whatever_the_size_of_its_numbers():
    for number in (1, 70_000, 2**40):
        assert sql.rows("SELECT %s + 7", [number]) == [(number + 7,)]
    if sql.on_postgresql():
        assert sql.rows("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%+ 7"]) == [
            (1,)
        ]


def test_a_connection_is_trusted_for_a_moment_only(monkeypatch):
    sql.rows("SELECT 1", [])
    begin = time.monotonic() + 100
    clock = [begin]
    monkeypatch.setattr("annotations.sql.time.monotonic", lambda: clock[0])
    sql.trust_connection()
    for later, trusted in ((0.5, True), (sql.TRUSTED_S + 1, False), (sql.TRUSTED_S + 1.5, True)):
        clock[0] = begin + later
        connection.health_check_done = False
        sql.trust_connection()
        assert connection.health_check_done is trusted
