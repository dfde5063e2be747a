"""A study's own texts in another language: every field beside its original."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from annotations.forms.base import DescribedForm
from annotations.models import Block, ConsentText, Protocol, Study

STUDY_TEXTS = (("instructions", "Instructions", 5000), ("privacy_text", "Privacy", 10000))
BLOCK_TEXTS = (("title", "Name of the block", 80), ("question", "Question", 300))


@dataclass(frozen=True)
class Place:
    """Where a text stands in `translations`: a path of keys."""

    owner: str  # "study", "consent", or a block's key
    path: tuple[str | int, ...]
    label: str
    original: str
    most: int
    group: str = "The study"


def places(study: Study, blocks: Sequence[Block], consent: ConsentText | None) -> list[Place]:
    """Everything that raters read and that has words to translate."""
    found = [Place("study", (name,), label, getattr(study, name), most) for name, label, most in STUDY_TEXTS]
    if consent is not None:
        found.append(Place("consent", (), "Consent", consent.text, 10000))
    for block in blocks:
        found += [replace(place, group=str(block)) for place in _of_block(block)]
    return [place for place in found if place.original]


def _of_block(block: Block) -> list[Place]:
    key = block.key
    found = [Place(key, (name,), label, getattr(block, name), most) for name, label, most in BLOCK_TEXTS]
    # A single criterion of pairs repeats the question.
    criteria = list(block.criteria.all())
    if block.protocol == Protocol.LIKERT or len(criteria) > 1:
        for row in criteria:
            base = ("criteria", row.key)
            found.append(Place(key, (*base, "label"), f"Criterion {row.label}", row.label, 80))
            found.append(Place(key, (*base, "question"), f"Question of {row.label}", row.question, 300))
            found += [
                Place(key, (*base, "anchors", number), f"{row.label}: {number + 1} means", text, 80)
                for number, text in enumerate(row.anchors)
            ]
    if block.protocol == Protocol.FAILURE_REVIEW:
        for kind in block.taxonomy:
            base = ("taxonomy", kind["key"])
            found.append(Place(key, (*base, "label"), f"Failure {kind['label']}", kind["label"], 80))
            found.append(Place(key, (*base, "hint"), f"Hint of {kind['label']}", kind.get("hint", ""), 200))
    for chip in (block.reasons or {}).get("chips", []):
        found.append(Place(key, ("chips", chip["key"]), f"Reason {chip['label']}", chip["label"], 80))
    return found


class TranslationForm(DescribedForm):
    def __init__(self, *args: Any, places: Sequence[Place], given: Mapping[str, Any], **kwargs: Any) -> None:
        self.places = places
        initial = {f"text_{n}": _read(given.get(place.owner), place.path) for n, place in enumerate(places)}
        super().__init__(*args, initial=initial, **kwargs)

    def add_fields(self) -> None:
        for number, place in enumerate(self.places):
            long = place.most > 300
            self.fields[f"text_{number}"] = forms.CharField(
                required=False,
                max_length=place.most,
                label=place.label,
                widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}) if long
                else forms.TextInput(attrs={"dir": "auto"}),
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[Place, forms.BoundField]]:
        return [(place, self[f"text_{number}"]) for number, place in enumerate(self.places)]

    def texts(self) -> dict[str, Any]:
        """By owner, in the shape that `translations` keeps; owners without words are left out."""
        found: dict[str, Any] = {}
        for number, place in enumerate(self.places):
            text = self.cleaned_data[f"text_{number}"]
            if not text:
                continue
            if not place.path:
                found[place.owner] = text
            elif "anchors" in place.path:
                self._write_anchor(found, place, text)
            else:
                _write(found.setdefault(place.owner, {}), place.path, text)
        return found

    def _write_anchor(self, found: dict[str, Any], place: Place, text: str) -> None:
        """Points without a translation keep their original words: the list has one text per point."""
        *base, number = place.path
        siblings = [p for p in self.places if p.owner == place.owner and list(p.path[:-1]) == base]
        own = found.setdefault(place.owner, {})
        anchors = _read(own, tuple(base)) or [""] * (max(int(p.path[-1]) for p in siblings) + 1)
        if not any(anchors):
            for sibling in siblings:
                anchors[int(sibling.path[-1])] = sibling.original
        anchors[int(number)] = text
        _write(own, tuple(base), anchors)


def _read(tree: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        if isinstance(step, int):
            tree = tree[step] if isinstance(tree, list) and step < len(tree) else ""
        elif isinstance(tree, str):
            # A text alone stands for the label.
            return tree if step == "label" else ""
        else:
            tree = (tree or {}).get(step, "")
    return tree


def _write(tree: dict[str, Any], path: Sequence[str | int], value: Any) -> None:
    *before, last = path
    for step in before:
        tree = tree.setdefault(step, {})
    tree[last] = value
