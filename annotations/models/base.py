import secrets

from django.db import models

PUBLIC_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_PAIRS = [first + second for second in PUBLIC_ALPHABET for first in PUBLIC_ALPHABET]


def new_public_id() -> str:
    """12 characters without look-alikes, 59 bits: for things that logged-in people address."""
    number, pairs = secrets.randbelow(len(_PAIRS) ** 6), []
    for _ in range(6):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "".join(pairs)


def new_token() -> str:
    """128 bits: for links and nonces that are their own permission."""
    return secrets.token_urlsafe(16)


class PublicIdModel(models.Model):
    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
