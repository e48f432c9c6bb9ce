"""PURE: lines that an administrator writes for others to read."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{6} ?\d{5}(?!\d)")


def _nobodys_number(text: str) -> str:
    """A national identity number has no place in what is shared with a supplier."""
    if _IDENTITY_NUMBER.search(text):
        raise PydanticCustomError("identity", "identity number", {"expected": "…"})
    return text


WebAddress = Annotated[str, Field(pattern=r"^$|^https://[^\s<>\"]+$", max_length=300)]
"""Empty, or an address that begins with https."""


def _telephone(text: str) -> str:
    """Eight digits, five for a short one, with or without the country's 47; or still `xxx`."""
    digits = re.sub(r"[ .-]", "", text)
    digits = re.sub(r"^(\+|00)47", "", digits)
    if not re.fullmatch(r"\d{8}|0\d{4}|x+|", digits, re.IGNORECASE):
        raise PydanticCustomError("telephone", "length", {"expected": "12 34 56 78 | 02017"})
    return text


Telephone = Annotated[str, AfterValidator(_telephone)]
"""A Norwegian number as people write it; empty, or `xxx` while it is not filled in."""

ReviewDate = Annotated[str, Field(pattern=r"^$|^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
"""A day as 2023-12-31, or empty."""

Configured = Annotated[str, Field(max_length=120), AfterValidator(_nobodys_number)]
"""One line for other people."""

MailAddress = Annotated[str, Field(pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$", max_length=120)]
"""Empty, or something with one @ in it."""
