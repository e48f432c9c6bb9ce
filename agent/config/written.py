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

Configured = Annotated[str, Field(max_length=120), AfterValidator(_nobodys_number)]
"""One line for other people."""

MailAddress = Annotated[str, Field(pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$", max_length=120)]
"""Empty, or something with one @ in it."""
