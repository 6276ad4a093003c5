"""Which addresses a server may call on somebody's word: public ones, and the networks its operator named.

Whoever registers an address to be called could name one that only this server reaches (server-side request forgery). So
the address a name resolves to is judged, and the connection goes to that very address.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64: Final = IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 32


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks as `10.0.0.0/8, fd00::/8`; none for an empty text. Raises ValueError naming what is none."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


def parse_address(text: str) -> Address:
    """An address as text; an IPv4 one written as IPv6 is the IPv4 one it is. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def may_be_called(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or in a network the operator allowed.

    Link-local ones, where clouds keep their servers' credentials, never are, nor what is no single host's.
    """
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return address.is_global and all(each.is_global for each in _carried(address))


def _carried(address: Address) -> Iterable[IPv4Address]:
    """The IPv4 addresses that a gateway would make of an IPv6 one."""
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _NAT64:
        yield IPv4Address(int(address) & ((1 << _IPV4_BITS) - 1))
