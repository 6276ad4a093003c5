"""What handover itself wrote bears itself out: no row of a sound table is ever told as damage (R-AUD-4)."""

from services.handover.domain import SOURCE
from shared.aws.attestation import Witness, attest
from shared.aws.table import Row
from tests.support.acts import NOW
from tests.support.attestation_checks import KEY, Post
from tests.support.gateway import Gateway
from tests.support.handover_builders import decision, item
from tests.unit.handover.test_push_and_claim import accepted, bureau, know, liaison


def test_cases_pushes_claims_and_refusals_are_held_as_they_were_written(gateway: Gateway, table: type[Row]) -> None:
    know(item())
    push = accepted(gateway).json["pushes"][0]
    assert liaison(gateway).post(f"/v1/pushes/{push['push_id']}/claim", None).status == 200
    bureau(gateway).post("/v1/cases/decisions", decision())
    assert liaison(gateway).get("/v1/cases/case_01JABCDEFGHJKMNPQRSTVWXYZ0").status == 404
    post = Post()
    told = attest(Witness(SOURCE, table, post, "queue", KEY), None, lambda: NOW, asked=True)  # type: ignore[arg-type]
    assert (told.ailing, told.under_way) == (0, False)
    assert post.ailing() == []
    stored = [row for row in table.scan() if row.sk.startswith("event#")]
    assert len(post.events()) == told.events == len(stored) >= 4
