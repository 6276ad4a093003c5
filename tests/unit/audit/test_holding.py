"""Whether a case is held, for whoever is about to erase something of it (R-AUD-7)."""

import pytest

from services.audit import wiring
from services.audit.domain.postings import Dimension, PostingList
from services.audit.events.holding import held
from services.audit.logic import holds
from services.audit.ports.log import Log
from tests.support.acts import NOW
from tests.support.attested_city import context

CASE = "case_01JABCDEFGHJKMNPQRSTVWXYZ0"


@pytest.mark.usefixtures("log")
def test_a_case_is_held_from_placing_to_releasing() -> None:
    wiring.postings().put(0, 1, {PostingList(Dimension.CASE, CASE): [0]})
    assert held({"case_id": CASE}, None) == {"held": False}
    holds.place(wiring.keeping(), context(NOW), CASE, "a court's order")
    assert held({"case_id": CASE}, None) == {"held": True}
    holds.release(wiring.keeping(), context(NOW), CASE, "the court's release")
    assert held({"case_id": CASE}, None) == {"held": False}


def test_what_names_no_case_is_not_answered(log: Log) -> None:
    del log
    with pytest.raises(ValueError, match="no case"):
        held({"case_id": "case_"}, None)
