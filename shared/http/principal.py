"""The principal of a request, as the gateway's authorizer vouched for it."""

from collections.abc import Mapping
from typing import Any

from shared.kernel.permissions import ANONYMOUS, Principal, Role


def principal_of(request_context: Mapping[str, Any]) -> Principal:
    """Who is asking. Without an authorizer's word (a public route) it is nobody in particular."""
    vouched = request_context.get("authorizer") or {}
    if "client_id" not in vouched:
        return ANONYMOUS
    return Principal(
        client_id=vouched["client_id"],
        department=vouched.get("department") or None,
        roles=frozenset(Role(name) for name in vouched.get("roles", "").split()),
        token_id=vouched.get("token_id", ""),
    )
