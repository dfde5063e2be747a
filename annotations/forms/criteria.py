"""Rows of criteria: with worded anchors for ratings, with a question alone for pairs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from annotations.forms.base import DescribedForm, key_for
from annotations.models import Block, Protocol

MOST_POINTS = 7


def _anchor(point: int) -> forms.CharField:
    return forms.CharField(required=False, max_length=80, label=f"{point} means")


class AspectForm(DescribedForm):
    """One criterion of pairs; an empty label leaves it out."""

    key = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    label = forms.CharField(required=False, max_length=80, label="Criterion")
    question = forms.CharField(required=False, max_length=300, label="Question")
    anchors: list[str] = []

    def __init__(self, *args: Any, points: int = 5, **kwargs: Any) -> None:
        self.points = points
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("label") and (cleaned.get("question") or any(self.anchors)):
            self.add_error("label", "Name the criterion, or empty its other fields to leave it out.")
        return cleaned


class CriterionForm(AspectForm):
    """One criterion of ratings."""

    anchor_1, anchor_2, anchor_3, anchor_4 = _anchor(1), _anchor(2), _anchor(3), _anchor(4)
    anchor_5, anchor_6, anchor_7 = _anchor(5), _anchor(6), _anchor(7)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        anchors = self.anchors
        if cleaned.get("label") and not (anchors[0] and anchors[-1]):
            self.add_error("anchor_1", f"Say in words at least what 1 and what {self.points} mean.")
        return cleaned

    @property
    def anchors(self) -> list[str]:
        return [self.cleaned_data.get(f"anchor_{point}", "") for point in range(1, self.points + 1)]

    @property
    def anchor_fields(self) -> list[forms.BoundField]:
        return [self[f"anchor_{point}"] for point in range(1, MOST_POINTS + 1)]


class RowSet(forms.BaseFormSet):
    def __init__(self, *args: Any, points: int = 5, **kwargs: Any) -> None:
        self.points = points
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "points": self.points}

    def clean(self) -> None:
        if any(self.errors):
            return
        labels = [form.cleaned_data["label"].lower() for form in self.forms if form.cleaned_data.get("label")]
        if len(labels) != len(set(labels)):
            raise forms.ValidationError("Two criteria have the same name. Give each its own.")

    def criteria(self) -> list[dict[str, Any]]:
        """The filled-in rows as the action takes them."""
        found: list[dict[str, Any]] = []
        for number, form in enumerate(self.forms, start=1):
            label = form.cleaned_data.get("label")
            if not label:
                continue
            own = {label: form.cleaned_data["key"]} if form.cleaned_data.get("key") else {}
            key = key_for(label, known=own, taken=[row["key"] for row in found], number=number)
            question = form.cleaned_data.get("question", "")
            found.append({"key": key, "label": label, "question": question, "anchors": form.anchors})
        return found


Criteria = forms.formset_factory(CriterionForm, formset=RowSet, extra=1, max_num=6, validate_max=True)
Aspects = forms.formset_factory(AspectForm, formset=RowSet, extra=2, max_num=6, validate_max=True)


def initial_criteria(block: Block | None, defaults: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The block's own criteria of ratings, or the defaults while it has none."""
    own = _own(block, Protocol.LIKERT)
    return [
        {
            **{name: criterion[name] for name in ("key", "label", "question")},
            **{f"anchor_{n}": text for n, text in enumerate(criterion["anchors"][:MOST_POINTS], start=1)},
        }
        for criterion in (own or defaults)
    ]


def initial_aspects(block: Block | None) -> list[dict[str, Any]]:
    """The criteria that pairs are asked about, where there are several."""
    own = _own(block, Protocol.PAIRWISE)
    if [row["key"] for row in own] == ["overall"]:
        return []
    return [{name: row[name] for name in ("key", "label", "question")} for row in own]


def _own(block: Block | None, protocol: Protocol) -> list[dict[str, Any]]:
    if block is None or block.protocol != protocol:
        return []
    return list(block.criteria.values("key", "label", "question", "anchors"))
