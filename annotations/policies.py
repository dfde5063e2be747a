"""Who may do what. One question per function, asked by views and API alike."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

User = AbstractBaseUser | AnonymousUser


def can_design(user: User) -> bool:
    """Bring in images, design and run studies, see who made what."""
    return bool(user.is_authenticated and getattr(user, "is_staff", False) and user.is_active)


def can_analyse(user: User) -> bool:
    """See results, exports and scores."""
    return can_design(user)
