"""Registering witnesses (见证人登记, R-AUD-3, R-AUD-7)."""

import re

from services.audit.domain import SOURCE
from services.audit.domain.witnesses import MOST_WITNESSES, NOT_BEGUN, Registration, identity_of, key_of
from services.audit.ports.log import Log
from services.audit.ports.witnesses import Witnesses
from services.audit.schemas.witnesses import PublicWitness, RegisteredWitness, WitnessList, WitnessRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, Taken, change
from shared.contracts.witnesses import WITNESS_NAME, Witness, WitnessAdded, WitnessRemoved
from shared.kernel.errors import Fault, Refused, refuse_fields

_NAME = re.compile(WITNESS_NAME)
_NO_NAME = Fault(
    "path:name",
    "string_pattern_mismatch",
    "见证人名称为 2 至 63 个小写字母、数字或连字符,如 justice-bureau",
    "A witness's name has 2 to 63 small letters, figures and hyphens, like justice-bureau",
)


def register(witnesses: Witnesses, log: Log, context: Context, name: str, asked: WitnessRequest) -> RegisteredWitness:
    """Register a witness under a name, or change where it is asked and by which key it is judged.

    Raises Refused: "invalid_fields", "witness_key_taken", "too_many_witnesses".
    """
    if not _NAME.fullmatch(name):
        refuse_fields([_NO_NAME])
    witness = Witness(name=name, url=asked.url.rstrip("/"), vkey=asked.vkey)
    if key_of(witness).public_key == log.signer.key.public_key:
        raise Refused("witness_key_taken", name=log.signer.key.name)
    stored = witnesses.registration(name)
    before = stored.state.witness if stored else None
    answer = RegisteredWitness(**dict(witness))
    if before == witness:
        if context.once:
            witnesses.remember(context.once, answer)
        return answer
    others = {each.name for each in witnesses.registered()} - {name}
    if len(others) >= MOST_WITNESSES:
        raise Refused("too_many_witnesses", most=MOST_WITNESSES)
    _write(witnesses, context, stored, witness, answer)
    return answer


def remove(witnesses: Witnesses, context: Context, name: str) -> RegisteredWitness:
    """Ask a witness no more; what it cosigned stays. Raises Refused("not_found")."""
    stored = witnesses.registration(name)
    before = stored.state.witness if stored else None
    if before is None:
        raise Refused("not_found", id=name)
    answer = RegisteredWitness(**dict(before))
    _write(witnesses, context, stored, None, answer)
    return answer


def show(witnesses: Witnesses, name: str) -> RegisteredWitness:
    """A witness as it is registered. Raises Refused("not_found")."""
    stored = witnesses.registration(name)
    if stored is None or stored.state.witness is None:
        raise Refused("not_found", id=name)
    return RegisteredWitness(**dict(stored.state.witness))


def shown_to_all(witnesses: Witnesses, quorum: int) -> WitnessList:
    """Every witness, its key and how far it has come: whoever judges evidence may choose whom to rely on."""
    progress = witnesses.progress()
    found = (PublicWitness.of(each, progress.get((each.name, each.vkey), NOT_BEGUN)) for each in witnesses.registered())
    return WitnessList(quorum=quorum, witnesses=tuple(found))


def _write(
    witnesses: Witnesses,
    context: Context,
    stored: Stored[Registration] | None,
    after: Witness | None,
    answer: RegisteredWitness,
) -> None:
    before = stored.state.witness if stored else None
    body = WitnessAdded(witness=after) if after else WitnessRemoved(witness=Witness(**dict(answer)))
    head = stored.head if stored else ChainHead()
    state = Registration(witness=after)
    made = change(SOURCE, identity_of(answer.name), head, state, [body], context, answer)
    try:
        witnesses.save(made, before)
    except Taken:
        raise Refused("witness_key_taken", name=answer.name) from None
