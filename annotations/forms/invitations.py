"""Invitations to be made: labels or addresses pasted or uploaded, or just a number of them."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from annotations.actions.invitations import MOST, read_csv
from annotations.errors import ArenaError
from annotations.forms.base import DescribedForm
from annotations.models import Panel, PanelEntry

MOST_BYTES = 1_000_000
ROWS_NAMED = 10


class InvitationsForm(DescribedForm):
    pasted = forms.CharField(
        required=False,
        max_length=MOST_BYTES,
        label="Whom to invite",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One a line, in your own words: a name, a number.",
    )
    table = forms.FileField(
        required=False, label="Or a CSV file", help_text="With a column label, and email for accounts."
    )
    count = forms.IntegerField(
        required=False, min_value=1, max_value=MOST, label="Or so many", help_text="Without labels."
    )
    days = forms.IntegerField(
        required=False, min_value=1, max_value=730, label="Valid for days", help_text="Empty: without end."
    )

    def __init__(self, *args: Any, panel: Panel, **kwargs: Any) -> None:
        self.by_email = panel.entry == PanelEntry.ACCOUNT
        super().__init__(*args, without=["count"] if self.by_email else [], **kwargs)

    def add_fields(self) -> None:
        if self.by_email:
            self.fields["pasted"].help_text = "One e-mail address a line."

    def clean_table(self) -> str:
        upload = self.cleaned_data["table"]
        if upload is None:
            return ""
        if upload.size > MOST_BYTES:
            raise forms.ValidationError("This file is larger than a list of invitations can be.")
        try:
            return upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This is no text. Save the table as CSV (UTF-8).") from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ways = [name for name in ("pasted", "table", "count") if cleaned.get(name)]
        if len(ways) != 1 and not self.errors:
            number = "" if self.by_email else ", or give a number"
            self.add_error("pasted", f"Paste a list, or choose a file{number}: one of them.")
        return cleaned

    def refuse(self, refusal: ArenaError) -> None:
        """Names the rows that are not understood, beside the field that they came by."""
        field = "table" if self.cleaned_data["table"] else "pasted"
        for problem in refusal.details[:ROWS_NAMED]:
            self.add_error(field, f"Row {problem['row']}: {problem['message']}")
        more = len(refusal.details) - ROWS_NAMED
        self.add_error(None, f"{f'{more} more rows are wrong. ' if more > 0 else ''}{refusal.mend}")

    def settings(self) -> dict[str, Any]:
        """As invitations.create_many takes them."""
        cleaned = self.cleaned_data
        rows = read_csv(cleaned["pasted"] or cleaned["table"])
        if self.by_email:
            rows = [{"email": row.get("email") or row["label"], "label": row["label"]} for row in rows]
        return {"rows": rows, "count": cleaned.get("count") or 0, "expires_at": self._until()}

    def _until(self) -> datetime | None:
        days = self.cleaned_data["days"]
        if not days:
            return None
        last = timezone.now() + timedelta(days=days)
        return datetime.combine(last.date(), time(23, 59), tzinfo=last.tzinfo)
