"""Keeping the transfer catalogue (R-REG-8)."""

from collections.abc import Sequence

from services.registry.domain import SOURCE
from services.registry.domain.content import check_known
from services.registry.domain.items import VERSION_DIGITS, check_revision
from services.registry.domain.transfers import TransferEntry, check_recorder, check_transfer, parties
from services.registry.ports.departments import Position
from services.registry.ports.transfers import Transfers
from services.registry.schemas.transfers import TransferCorrection, TransferQuery, TransferRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, Taken, change
from shared.contracts.transfers import TransferRecorded
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id, number_in


def record_transfer(transfers: Transfers, context: Context, asked: TransferRequest) -> TransferEntry:
    """Enter a transfer: the taker's registrar, or the city's own (R-REG-8).

    Raises Refused: "not_your_department", "department_unknown", "invalid_fields", "transfer_recorded".
    """
    check_recorder(context.principal, asked.taker)
    return _write(transfers, context, new_id("tra"), None, asked, None)


def correct_transfer(
    transfers: Transfers, context: Context, transfer_id: str, version: int, asked: TransferCorrection
) -> TransferEntry:
    """Write what an entry should have said; what it did say stays readable (R-REG-8).

    Raises Refused: "not_found", "version_stale", and as record_transfer.
    """
    stored = _stored(transfers, transfer_id)
    check_recorder(context.principal, stored.state.taker, asked.taker)
    check_revision(stored.state.version, version)
    return _write(transfers, context, transfer_id, stored, asked, asked.reason)


def list_transfers(
    transfers: Transfers, asked: TransferQuery, position: Position | None
) -> tuple[Sequence[TransferEntry], Position | None]:
    """One page of the catalogue, the latest transfers first (R-REG-8)."""
    return transfers.page(asked.code, asked.giver, asked.taker, asked.limit, position)


def show_transfer(transfers: Transfers, transfer_id: str) -> TransferEntry:
    """An entry as it stands. Raises Refused("not_found")."""
    return _stored(transfers, transfer_id).state


def show_transfer_version(transfers: Transfers, transfer_id: str, version: str) -> TransferEntry:
    """An entry as it was written then, for ever. Raises Refused("not_found")."""
    number = number_in(version, VERSION_DIGITS)
    found = transfers.version(transfer_id, number) if number is not None else None
    if found is None:
        raise Refused("not_found", id=f"{transfer_id}/{version}")
    return found


def _write(
    transfers: Transfers,
    context: Context,
    transfer_id: str,
    stored: Stored[TransferEntry] | None,
    asked: TransferRequest,
    reason: str | None,
) -> TransferEntry:
    head = stored.head if stored else ChainHead()
    said = {name: getattr(asked, name) for name in TransferRequest.model_fields}
    entry = TransferEntry(
        transfer_id=transfer_id, version=head.sequence + 1, recorded_at=context.now, reason=reason, **said
    )
    check_transfer(entry, context.now)
    named = parties(entry)
    check_known(named, transfers.known_departments(set(named.values())))
    body = TransferRecorded(transfer=entry.told(), reason=reason)
    made = change(SOURCE, transfer_id, head, entry, [body], context, response=entry)
    try:
        transfers.save_transfer(made, stored.state if stored else None)
    except Taken:
        other = transfers.entry_of(entry) or "?"
        raise Refused("transfer_recorded", item=entry.code, id=other) from None
    return entry


def _stored(transfers: Transfers, transfer_id: str) -> Stored[TransferEntry]:
    found = transfers.transfer(transfer_id)
    if found is None:
        raise Refused("not_found", id=transfer_id)
    return found
