"""What may be registered as a witness (R-AUD-3)."""

import pytest
from pydantic import ValidationError

from shared.contracts.model import DISAGREEMENT
from shared.contracts.witnesses import WitnessAddress
from tests.support.audit_builders import SIGNER
from tests.support.witness_builders import local_witness

KEY = local_witness().key.vkey


@pytest.mark.parametrize(
    "url",
    [
        "https://witness.example", "https://witness.example/", "https://witness.example:8443/log/a",
        "https://10.1.2.3/w", "https://[2001:db8::1]:8443", "http://127.0.0.1:8087", "http://localhost:8087",
        "http://[::1]:8087/w",
    ],
)  # fmt: skip
def test_an_address_is_https_or_of_this_machine(url: str) -> None:
    assert WitnessAddress(url=url, vkey=KEY).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://witness.example", "http://10.1.2.3", "ftp://witness.example", "file:///etc/passwd", "witness.example",
        "https://", "https:///x", "https://user@witness.example", "https://user:pw@witness.example",
        "https://witness.example?x=1", "https://witness.example?", "https://witness.example#x", "https://w:99999",
        "https://w:0", "https://w:abc", "https://[::1", "http://localhost.example", "http://127.0.0.1.example",
    ],
)  # fmt: skip
def test_no_other_address_is_taken(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WitnessAddress(url=url, vkey=KEY)
    (fault,) = refused.value.errors()
    assert fault["type"] == DISAGREEMENT
    assert [each.field for each in fault["ctx"]["found"]] == ["url"]


@pytest.mark.parametrize("vkey", ["key", SIGNER.key.vkey, KEY[:-4], KEY.replace("justice", "press")])
def test_only_a_witnesss_key_is_taken(vkey: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WitnessAddress(url="https://witness.example", vkey=vkey)
    assert [each.field for each in refused.value.errors()[0]["ctx"]["found"]] == ["vkey"]


@pytest.mark.parametrize(
    "url", ["https://witness.example/a b", "https://见证.example", "https://witness.example/\n/x", ""]
)
def test_what_no_request_line_can_hold_is_not_taken(url: str) -> None:
    with pytest.raises(ValidationError):
        WitnessAddress(url=url, vkey=KEY)
