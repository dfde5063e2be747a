"""A small byte-pair vocabulary: CLIP's first merges, and those that the words of this domain need.

CLIP's own vocabulary has 49,408 tokens, whose embeddings would weigh more than the rest of the model. Any
text can still be written with the one below (single bytes are always there); words of the domain are one
token each, as most of them are in CLIP's vocabulary too.
"""

import gzip
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

FIRST_MERGES = 256
_HEADER = "#version: 0.2"

Merge = tuple[str, str]


def read_merges(path: Path) -> list[Merge]:
    """The merges of a gzipped CLIP vocabulary file, most frequent first."""
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")[1:]
    pairs = (line.split() for line in lines)
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def truncated_merges(merges: list[Merge], words: Iterable[str], first: int = FIRST_MERGES) -> list[Merge]:
    """The first merges plus all that these lower-case ASCII words need, in their old order.

    A word that stays in several pieces under all merges gets merges of its own at the end.
    """
    ranks = {merge: rank for rank, merge in enumerate(merges)}
    needed = set(merges[:first])
    joins: list[Merge] = []
    for word in sorted(set(words)):
        used, pieces = _merge_word(word, ranks)
        needed.update(used)
        joins += [("".join(pieces[:index]), pieces[index]) for index in range(1, len(pieces))]
    return sorted(needed, key=ranks.__getitem__) + list(dict.fromkeys(joins))


def write_merges(path: Path, merges: list[Merge]) -> None:
    """Write a vocabulary file that open_clip reads; equal merges give equal bytes."""
    # No newline at the end: open_clip would read it as one more, empty merge.
    text = "\n".join([_HEADER, *(" ".join(merge) for merge in merges)])
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def vocabulary_size(merges: list[Merge]) -> int:
    """Bytes, bytes that end a word, merges, start and end of text."""
    return 256 + 256 + len(merges) + 2


def _merge_word(word: str, ranks: dict[Merge, int]) -> tuple[list[Merge], list[str]]:
    pieces = [*word[:-1], word[-1] + "</w>"]
    used: list[Merge] = []
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        used.append(best)
        pieces = _joined(pieces, best)
    return used, pieces


def _joined(pieces: list[str], pair: Merge) -> list[str]:
    joined: list[str] = []
    index = 0
    while index < len(pieces):
        if tuple(pieces[index : index + 2]) == pair:
            joined.append(pair[0] + pair[1])
            index += 2
        else:
            joined.append(pieces[index])
            index += 1
    return joined
