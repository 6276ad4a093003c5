"""HTML forms as JSON, so that a form is validated and refused exactly as every other body is."""

import json
from urllib.parse import parse_qs

FORM = "application/x-www-form-urlencoded"


def form_as_json(raw: bytes) -> bytes:
    """A form as a JSON object of texts.

    A field without a value counts as left out (RFC 6749, 3.2). A field given twice becomes an array, which no text
    field accepts, so that it is named and never guessed at.
    """
    fields = parse_qs(raw.decode(errors="replace"))
    return json.dumps({name: given[0] if len(given) == 1 else given for name, given in fields.items()}).encode()
