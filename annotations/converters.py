"""What tokens in addresses look like. Anything else is no address of ours and never reaches the database."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class TokenConverter(StringConverter):
    regex = "[A-Za-z0-9_-]{1,64}"


register_converter(TokenConverter, "token")
