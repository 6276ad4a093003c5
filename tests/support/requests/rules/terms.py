"""What more than one table of rules speaks of: endpoints under short names, and a later act."""

from tests.support.requests.world import Json

ACCEPT = "handover POST /v1/acceptances"
DECIDE = "handover POST /v1/decisions"
LATER_ACT = "handover POST /v1/later-acts"
CLAIM = "handover POST /v1/pushes/{push_id}/claim"
PUSH = "handover POST /v1/pushes/{push_id}"
SUSPEND = "registry POST /v1/departments/{department_id}/suspend"
PUBLISH = "registry POST /v1/items/{item_id}/publish"
UPLOAD_LINK = "registry POST /v1/documents/{document_id}/upload-link"
NOTE = "registry POST /v1/notices/{notice_id}/acknowledge"
ANSWER = "registry POST /v1/notices/{notice_id}/answer"
REPORT = "feedback POST /v1/threads"
ACKNOWLEDGE = "feedback POST /v1/threads/{thread_id}/acknowledge"

AMENDMENT: Json = {
    "stage": "amendment",
    "document_number": "临审批〔2026〕902号",
    "done_at": "2026-03-21T10:00:00+08:00",
    "conditions": "仅限冷食类",
}
