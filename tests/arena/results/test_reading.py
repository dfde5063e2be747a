"""Codes of answers, read by several threads at once."""

import json

from arena.results.reading import Vocabulary


def test_answers_that_another_thread_parses_meanwhile_are_all_there():
    words = Vocabulary()
    words.encode(['{"overall": "left"}', '{"overall": "tie"}'])

    class Overtaken(list):
        def __iter__(self):
            words._parsed = [json.loads(text) for text in words.texts]
            return super().__iter__()

    words._parsed = Overtaken(words.parsed()[:1])
    assert words.parsed() == [{"overall": "left"}, {"overall": "tie"}]
