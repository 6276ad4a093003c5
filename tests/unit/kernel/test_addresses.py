"""Which addresses may be called on a stranger's word."""

import pytest

from shared.kernel.addresses import may_be_called, parse_address, parse_networks

PUBLIC = ("1.1.1.1", "203.119.25.1", "2400:3200::1", "::ffff:1.1.1.1")
NOT_PUBLIC = (
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "169.254.169.254",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert may_be_called(parse_address(address), ())


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_may_be_however_it_is_written(address: str) -> None:
    assert not may_be_called(parse_address(address), ())


def test_networks_of_our_own_may_be_called_when_they_are_named() -> None:
    allowed = parse_networks("10.0.0.0/8, fd00::/8,127.0.0.1/32")
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::7", "127.0.0.1", "1.1.1.1"):
        assert may_be_called(parse_address(address), allowed)
    for address in ("127.0.0.2", "192.168.1.1", "::1", "2002:a00:1::1"):
        assert not may_be_called(parse_address(address), allowed)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::"])
def test_what_no_server_of_ours_has_is_refused_even_when_everything_is_allowed(address: str) -> None:
    assert not may_be_called(parse_address(address), parse_networks("0.0.0.0/0, ::/0"))


def test_no_network_is_named_by_an_empty_text_and_nonsense_is_told() -> None:
    assert parse_networks("") == parse_networks(" , ") == ()
    for text in ("10.0.0.0/33", "intranet", "10.0.0.1/8"):
        with pytest.raises(ValueError, match=text.split("/")[0].replace(".", r"\.")):
            parse_networks(text)
