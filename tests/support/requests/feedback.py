"""Good requests to feedback."""

from tests.support.requests.world import CASE, Good
from tests.support.small_city import inspection_body

GOOD: dict[str, Good] = {
    "feedback POST /v1/threads": Good(
        "inspector",
        lambda world: inspection_body(world.ids["case"]),
        learns={"thread": lambda made: str(made["thread_id"])},
        other={"attachments": [{"name": "笔录.pdf", "sha256": "0" * 64}]},
    ),
    "feedback GET /v1/threads/{thread_id}": Good("approver", path={"thread_id": "thread"}),
    "feedback POST /v1/threads/{thread_id}/acknowledge": Good(
        "approver", lambda _: {"reply": "已知悉。"}, {"thread_id": "thread"}, other={"reply": "另一答复。"}
    ),
    "feedback GET /v1/inbox": Good("approver"),
    "feedback GET /v1/cases/{case_id}/threads": Good("approver", path=CASE),
}
