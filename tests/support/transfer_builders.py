"""Entries of the transfer catalogue as registrars send them."""

from typing import Any

from tests.support.registry_builders import registrar


def transfer_body(giver: str, taker: str, **changed: Any) -> dict[str, Any]:
    """An item that a bureau took over when it was founded."""
    return {
        "code": "000131016000",
        "item_name": "食品经营许可",
        "giver": giver,
        "taker": taker,
        "transferred_on": "2019-09-01",
        "document_name": "临江市相对集中行政许可权改革实施方案",
        "document_number": "临政办发〔2019〕22号",
        "remark": None,
    } | changed


def a_transfer(giver: str, taker: str, **changed: Any) -> dict[str, Any]:
    """Enter a transfer as the taker."""
    answer = registrar(taker).post("/v1/transfers", transfer_body(giver, taker, **changed))
    assert answer.status == 201, answer.text
    return dict(answer.json)
