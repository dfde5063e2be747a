import gzip
from pathlib import Path

import pytest

from scoring.metrics.shapes.vocabulary import (
    read_merges,
    truncated_merges,
    vocabulary_size,
    write_merges,
)

MERGES = [("i", "n"), ("a", "n</w>"), ("r", "e"), ("re", "d</w>"), ("b", "l"), ("bl", "u"), ("x", "y")]


def test_the_first_merges_and_those_a_word_needs_are_kept_in_order():
    assert truncated_merges(MERGES, ["red"], first=2) == [
        ("i", "n"),
        ("a", "n</w>"),
        ("r", "e"),
        ("re", "d</w>"),
    ]


def test_a_word_left_in_pieces_gets_merges_of_its_own_at_the_end():
    kept = truncated_merges(MERGES, ["blue"], first=0)
    assert kept == [("b", "l"), ("bl", "u"), ("blu", "e</w>")]


def test_a_written_vocabulary_reads_back_and_equal_merges_give_equal_bytes(tmp_path: Path):
    one, other = tmp_path / "one.gz", tmp_path / "other.gz"
    write_merges(one, MERGES)
    write_merges(other, MERGES)
    assert read_merges(one) == MERGES
    assert one.read_bytes() == other.read_bytes()
    # open_clip would take a newline at the end for one more, empty merge.
    assert not gzip.decompress(one.read_bytes()).endswith(b"\n")


@pytest.mark.parametrize("n", [0, 343])
def test_the_size_counts_bytes_merges_and_two_marks(n):
    assert vocabulary_size([("a", "b")] * n) == 514 + n
