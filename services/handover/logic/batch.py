"""Claiming many pushes in one go: each on its own, so that one never stands in the way of another (R-HND-16)."""

from collections.abc import Callable
from dataclasses import replace

from services.handover.logic.office import Office
from services.handover.logic.pushes import claim_push
from services.handover.ports.keys import Keys
from services.handover.schemas.pushes import ClaimAnswer, ClaimProblem, ClaimResult, ClaimsAnswer, ClaimsRequest
from shared.contracts.access import RequestRefused
from shared.contracts.change import AlreadyDone, Context, Once, Outdated
from shared.kernel.errors import Refused, Unavailable

ROUTE = "/v1/claims"
"""Where batches come in; refusals within them are recorded under it."""

ATTEMPTS = 8
"""How often a claim is decided again when its case changed between reading and writing."""


def claim_pushes(office: Office, keys: Keys, context: Context, request: ClaimsRequest) -> ClaimsAnswer:
    """Claim each push in a transaction of its own, under a key of its own that comes of the batch's (R-HND-6).

    A batch that comes again, or was cut off, gives each push its first answer and claims what is left. Raises
    Refused("idempotency_key_reused") for another batch under the same key.
    """
    _use_key(keys, _part(context.event, "batch"))
    return ClaimsAnswer(results=tuple(_result(office, keys, context, each) for each in request.push_ids))


def _use_key(keys: Keys, once: Once) -> None:
    try:
        keys.use(once)
    except AlreadyDone:
        first = keys.answer(once.key)
        if first is None or first.fingerprint != once.fingerprint:
            raise Refused("idempotency_key_reused") from None


def _result(office: Office, keys: Keys, context: Context, push_id: str) -> ClaimResult:
    once = _part(context.event, push_id)
    own = replace(context, once=once)
    try:
        return ClaimResult(push_id=push_id, claimed=_decided(lambda: claim_push(office, own, push_id)))
    except AlreadyDone:
        refused = Refused("changed_meanwhile")
    except Refused as rule:
        refused = rule
    # A batch that comes again meets the state its first run left, so ask for the first answer before refusing.
    first = keys.answer(once.key)
    if first is not None:
        return ClaimResult(push_id=push_id, claimed=ClaimAnswer.model_validate_json(first.response))
    return ClaimResult(push_id=push_id, problem=_problem(keys, context, push_id, refused))


def _decided(claim: Callable[[], ClaimAnswer]) -> ClaimAnswer:
    for _ in range(ATTEMPTS):
        try:
            return claim()
        except Outdated:
            continue
    raise Refused("changed_meanwhile")


def _problem(keys: Keys, context: Context, push_id: str, refused: Refused) -> ClaimProblem:
    if not isinstance(refused, Unavailable):
        told = RequestRefused(method="POST", route=ROUTE, target=push_id, status=refused.status, code=refused.code)
        keys.note(told, context)
    return ClaimProblem(code=refused.code, status=refused.status, zh=refused.zh, en=refused.en)


def _part(once: Once, name: str) -> Once:
    return replace(once, key=f"{once.key}#{name}")
