"""What only the gateway answers: tokens that are none, forged or too old, and addresses that lead nowhere."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from jwt.utils import der_to_raw_signature

from tests.support.requests.case import Case
from tests.support.requests.good import ENDPOINTS, good
from tests.support.requests.unknown import UNKNOWN
from tests.support.requests.world import Ask, World


def at_the_gateway() -> Iterator[Case]:
    guarded: dict[str, str] = {}
    for name, (service, endpoint) in ENDPOINTS.items():
        if endpoint.action is not None:
            guarded.setdefault(service, name)
    for service, name in guarded.items():
        # Each costs the emulator a function's start, and the authorizer is the same for all: some are tried once.
        for fault, token in (_TOKENS | (_FORGERIES if service == "handover" else {})).items():
            yield Case(f"{name}: {fault}", service, _showing(name, token), "unauthorized")
        yield Case(f"{service}: unknown route", service, _at(service, "GET", "/v1/nothing"), "route_unknown")
        method, path = "DELETE", ENDPOINTS[name][1].path.format_map(UNKNOWN)
        yield Case(f"{service}: wrong method", service, _at(service, method, path), "route_unknown")


def _showing(name: str, token: Callable[[World], str | None]) -> Callable[[World], Ask]:
    return lambda world: replace(good(world, name), desk=None, token=token(world))


def _at(service: str, method: str, path: str) -> Callable[[World], Ask]:
    return lambda _: Ask(method, f"/{service}{path}", "approver")


def _forged(world: World) -> str:
    head, _, signature = world.city.desk("approver").token.split(".")
    claims = _claims(world) | {"roles": ["system_admin"]}
    return ".".join((head, _part(claims), signature))


def _expired(world: World) -> str:
    """A token as the stack signs them, of two hours ago."""
    head = world.city.desk("approver").token.split(".")[0]
    ago = int(time.time()) - 7200
    unsigned = f"{head}.{_part(_claims(world) | {'iat': ago, 'nbf': ago, 'exp': ago + 3600})}"
    signed = world.city.stack.client("kms").sign(
        KeyId=world.city.stack.running.outputs["TokenKeyId"],
        Message=unsigned.encode(),
        MessageType="RAW",
        SigningAlgorithm="ECDSA_SHA_256",
    )
    return f"{unsigned}.{_encoded(der_to_raw_signature(signed['Signature'], SECP256R1()))}"


_TOKENS: dict[str, Callable[[World], str | None]] = {"no token": lambda _: None, "an expired token": _expired}
_FORGERIES: dict[str, Callable[[World], str | None]] = {
    "no token but words": lambda _: "open.sesame.please",
    "a token with a role added": _forged,
}


def _claims(world: World) -> dict[str, Any]:
    part = world.city.desk("approver").token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
