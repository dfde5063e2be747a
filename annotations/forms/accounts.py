"""Making an account by an invitation: the address is the one that was invited, not one to be chosen."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.core import context

INVITED = "invited_email"


class InvitedSignupForm(SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        field = self.fields["email"]
        # A disabled field keeps its first value, whatever is posted.
        field.disabled = True
        field.initial = context.request.session.get(INVITED, "")
        self.initial["email"] = field.initial
