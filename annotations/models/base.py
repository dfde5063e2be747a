import secrets

from django.db import models

PUBLIC_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_public_id() -> str:
    """12 characters without look-alikes, 59 bits: for things that logged-in people address."""
    number, letters = secrets.randbelow(len(PUBLIC_ALPHABET) ** 12), []
    for _ in range(12):
        number, letter = divmod(number, len(PUBLIC_ALPHABET))
        letters.append(PUBLIC_ALPHABET[letter])
    return "".join(letters)


def new_token() -> str:
    """128 bits: for links and nonces that are their own permission."""
    return secrets.token_urlsafe(16)


class PublicIdModel(models.Model):
    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
