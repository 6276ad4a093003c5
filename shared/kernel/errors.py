"""Refusals: every way a request can be turned down, as one table of code, HTTP status and words.

`Refused` is the only exception a rule raises towards a caller. Its code is stable (clients branch on it), its
words say what happened and what to do next, in Chinese and English, and `faults` names every bad field at once
(RFC 9457). Whatever else escapes a handler is a defect and becomes `internal`.

    Exception
    ├── Refused             a rule said no: shown to the caller, nothing was changed
    └── Unavailable         a part we need did not answer: the caller may simply try again
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Message(NamedTuple):
    """One row of the table: HTTP status, then the sentence in Chinese and English."""

    status: int
    zh: str
    en: str


class Words(NamedTuple):
    """What is called by one word in the Chinese sentence and by another in the English one."""

    zh: str
    en: str


MESSAGES: dict[str, Message] = {
    "invalid_json": Message(
        400,
        "请求正文不是有效的 JSON(第 {line} 行第 {column} 列)。请修正后重发。",
        "The body is not valid JSON (line {line}, column {column}). Correct it and send it again.",
    ),
    "invalid_fields": Message(
        400,
        "有 {count} 处内容不符合要求,见 errors。请全部修正后重发,本次未作任何改动。",
        "Not acceptable in the request: {count}; see errors. Correct them all and send again; nothing was changed.",
    ),
    "idempotency_key_missing": Message(
        400,
        "此操作须带 Idempotency-Key 请求头(1 至 128 个可见字符)。请为每次新操作生成一个新值,重试时沿用原值。",
        "This operation needs an Idempotency-Key header (1 to 128 visible characters). Make a new value for each new "
        "operation and keep it when you retry.",
    ),
    "idempotency_key_reused": Message(
        422,
        "该 Idempotency-Key 已用于内容不同的请求。请换用新值。",
        "This Idempotency-Key was used for a request with other content. Use a new value.",
    ),
    "cursor_invalid": Message(
        400,
        "分页游标无效或已过期。请不带 cursor 从第一页重新读取。",
        "The page cursor is not valid. Read again from the first page, without a cursor.",
    ),
    "unauthorized": Message(
        401,
        "缺少有效令牌。请向 /identity/v1/token 申请令牌,并以 Authorization: Bearer 发送。",
        "A valid token is missing. Ask /identity/v1/token for one and send it as Authorization: Bearer.",
    ),
    "client_credentials_wrong": Message(
        401,
        "客户端标识或密钥不正确。请核对后重试,或请系统管理员重新登记。",
        "The client id or secret is wrong. Check them, or ask the system administrator to register you again.",
    ),
    "forbidden": Message(
        403,
        "您的角色无权执行“{action}”。如确有需要,请向系统管理员申请。",
        "Your roles do not hold “{action}”. If you need it, ask the system administrator.",
    ),
    "not_your_department": Message(
        403,
        "该记录属于其他部门,您无权办理。请核对编号,或联系该部门联络员;您的客户端未登记部门的,请系统管理员重新登记。",
        "This record belongs to another department. Check the id, or contact that department's liaison; "
        "a client without a department has to be registered anew with one.",
    ),
    "city_registrar_only": Message(
        403,
        "停用、恢复、合并部门由本级清单主管办理(其客户端不属于任何部门)。请与其联系。",
        "Departments are suspended, resumed and merged by the city's own registrar, whose client belongs to no "
        "department. Ask there.",
    ),
    "not_found": Message(
        404,
        "未找到“{id}”。请核对编号。",
        "There is no “{id}”. Check the identifier.",
    ),
    "export_not_made": Message(
        404,
        "清单的下载文件尚未生成。首次发布后约一刻钟生成,请稍后重试;急需时可逐页读取 /v1/public/items。",
        "The downloads of the list are not made yet. They are made some minutes after the first publication: try again "
        "later, or read /v1/public/items page by page.",
    ),
    "not_sealed": Message(
        404,
        "日志中没有事件“{id}”。新事件约一分钟内入账,请稍后重试;仍没有请核对编号。",
        "The log holds no event “{id}”. New events are sealed within about a minute: try again, then check the id.",
    ),
    "route_unknown": Message(
        404,
        "没有此地址或此方法。请对照接口文档核对路径与方法。",
        "There is no such address or method. Check path and method against the API documents.",
    ),
    "method_not_allowed": Message(
        405,
        "此地址不支持该方法。请对照接口文档核对。",
        "This address does not take that method. Check it against the API documents.",
    ),
    "not_acceptable": Message(
        406,
        "无法以所要求的格式作答。请接受 application/json。",
        "The answer cannot be given in the format asked for. Accept application/json.",
    ),
    "wrong_state": Message(
        409,
        "当前状态为“{state}”,不能执行“{move}”;此时可以:{legal}。",
        "The state is “{state}”, which does not allow “{move}”; from here: {legal}.",
    ),
    "already_claimed": Message(
        409,
        "该推送已由 {by} 于 {at} 认领,责任已经移交。无需重复认领。",
        "This push was claimed by {by} at {at}; responsibility has passed. There is nothing left to claim.",
    ),
    "event_unsent": Message(
        409,
        "事件 {id} 尚未发布,其内容暂不能删除,本次未作任何改动。通常一分钟内即可发布:请稍后重试。",
        "Event {id} is not published yet, so its payload cannot be erased; nothing was changed. Publishing usually "
        "takes less than a minute: try again then.",
    ),
    "payload_erased": Message(
        410,
        "事件 {id} 的内容已依法删除,由其内容得出的记录不能再显示。其存证(信封)仍在链上和日志中,可以继续验证。",
        "The payload of event {id} was erased as the law requires, so what follows from it cannot be shown any more. "
        "Its envelope is still in the chain and in the log, and verifies.",
    ),
    "claim_withdrawal_late": Message(
        409,
        "认领后 {limit}内可以撤回,该期限已于 {until} 届满,认领有效。如仍认为不属本部门职责,请以异议函告反馈审批部门。",
        "A claim can be taken back within {limit}; that time ended at {until}, so the claim stands. If it is still not "
        "your duty, send the bureau an objection.",
    ),
    "claim_withdrawals_spent": Message(
        409,
        "该推送的认领已撤回 {most} 次,不能再撤回,认领有效。如仍认为不属本部门职责,请以异议函告反馈审批部门。",
        "The claim of this push was taken back {most} times already, so it stands. If it is still not your duty, send "
        "the bureau an objection.",
    ),
    "passed_on_too_often": Message(
        409,
        "该推送已转手 {most} 次,不能再转送或重新指派。请认领、退回或维持;难以确定职责的,请提请联席会议。",
        "This push was passed on {most} times already and goes no further. Claim, return or uphold it; where the duty "
        "is in doubt, refer it to the joint conference.",
    ),
    "opinion_given": Message(
        409,
        "贵部门已于 {at} 出具意见,意见不能更改。如情况有变,请联系审批部门重新征求意见。",
        "Your department gave its opinion at {at}, and it stands. If things have changed, ask the bureau to request it "
        "anew.",
    ),
    "case_conflict": Message(
        409,
        "办件“{case_number}”的“{stage}”已经推送,且内容不同:{difference}。已推送的内容不能覆盖:请核对后按原内容重发;确属另一办件的,请换用其办件编号。",
        "“{stage}” of case “{case_number}” was already pushed with other content: {difference}. "
        "Nothing is overwritten: send it as it was, or, if it is another case, under that case's number.",
    ),
    "code_taken": Message(
        409,
        "编码“{code}”已被 {id} 使用。请核对,或修改原有记录。",
        "The code “{code}” is already used by {id}. Check it, or edit that record.",
    ),
    "consultation_missing": Message(
        409,
        "该草案尚未征求监管部门意见。请先发起征求意见;依据文件无需征求的,请在 consultation_waived 写明理由。",
        "The supervision departments were not asked about this draft. Open a consultation; where none is needed, say "
        "why in consultation_waived.",
    ),
    "consultation_open": Message(
        409,
        "征求意见至 {due_at} 截止,尚待答复:{departments}。请待答复或截止后再发布;"
        "无需再等的,请在 consultation_waived 写明理由。",
        "The consultation runs until {due_at} and still awaits: {departments}. Publish after that; if there is reason "
        "not to wait, say it in consultation_waived.",
    ),
    "objections_open": Message(
        409,
        "下列部门有异议:{departments}。请修改草案后重新征求意见,或在 objections_settled 写明如何处理。",
        "These departments object: {departments}. Change the draft and ask again, or say in objections_settled how the "
        "objections were settled.",
    ),
    "consultation_ended": Message(
        409,
        "第 {number} 次征求意见已结束或不存在(草案已修改、已发布或期限已过)。请重新读取事项,如有意见请联系审批部门。",
        "Consultation {number} is over or never was: the draft changed or was published, or the limit has passed. Read "
        "the item again; if you have something to say, contact the approval department.",
    ),
    "consultation_answered": Message(
        409,
        "贵部门已于 {at} 答复“{answer}”,答复不能更改。如情况有变,请联系审批部门重新征求意见。",
        "Your department answered “{answer}” at {at}, and an answer stands. If things have changed, ask the approval "
        "department to consult again.",
    ),
    "name_taken": Message(
        409,
        "名称“{name}”已由部门 {id} 使用。请核对是否重复登记;确为不同部门的,请在名称前冠以地名。",
        "The name “{name}” is already that of department {id}. Check that it is not registered twice; if it is "
        "another, put its place before its name.",
    ),
    "witness_key_taken": Message(
        409,
        "“{name}”的公钥已登记给另一见证人,或就是日志自身的公钥。一把密钥只能见证一次:请核对后登记见证人自己的公钥。",
        "The public key for “{name}” is registered for another witness already, or is the log's own. A key counts "
        "once: check it, and register the witness's own.",
    ),
    "too_many_witnesses": Message(
        409,
        "见证人已有 {most} 个,达到上限。请先移除不再见证的,再行登记。",
        "There are {most} witnesses already, as many as there may be. Remove one that no longer watches, then "
        "register.",
    ),
    "changed_meanwhile": Message(
        409,
        "该记录正被频繁修改,您的操作未生效。请稍候用同一 Idempotency-Key 重试。",
        "The record kept changing and your operation did not take effect. Retry soon with the same Idempotency-Key.",
    ),
    "transfer_recorded": Message(
        409,
        "事项“{item}”于该日划入该部门的记录已有,编号 {id}。请核对;需更正的,请修改原记录。",
        "The transfer of “{item}” to that department on that day is already in the catalogue as {id}. Check it, or "
        "correct that entry.",
    ),
    "upload_missing": Message(
        409,
        "“{id}”的文件尚未上传。请按上传链接上传后再确认;链接已过期的,请另取上传链接。",
        "Nothing has been uploaded for “{id}”. Send the file by its upload link, then complete it; "
        "ask for another link if the first has expired.",
    ),
    "upload_differs": Message(
        409,
        "上传的文件与登记的不符:登记 {declared},实际 {found}。请按上传链接重新上传所登记的文件;登记有误的,请另行登记。",
        "The upload is not what was declared: declared {declared}, found {found}. Send the file that was declared by "
        "its upload link, or declare the other one.",
    ),
    "import_running": Message(
        409,
        "本部门的清单正在应用导入 {id},期间不能修改事项,也不能应用另一导入。请查看其进度,完成后重试。",
        "Import {id} is being applied to your department's list; meanwhile no item can be changed and no other import "
        "applied. Look at its progress and try again once it is done.",
    ),
    "import_has_faults": Message(
        409,
        "{rows} 行中有 {bad} 行有误,未作任何改动。请下载带“错误”列的表格,改正后重新导入;"
        "或以 partial=true 只导入其余 {good} 行。",
        "{bad} of {rows} rows are faulty; nothing was changed. Download the sheet with its column of errors, correct "
        "it and import it again, or apply with partial=true to take the other {good} rows alone.",
    ),
    "version_stale": Message(
        412,
        "该记录现为版本 {current},您依据的是 {given}。请重新读取后再改。",
        "The record is at version {current}; you edited {given}. Read it again, then edit.",
    ),
    "version_missing": Message(
        428,
        '修改须带 If-Match 请求头,值为读取时得到的 ETag,如 "v3"(含引号)。',
        'An edit needs an If-Match header with the ETag you were given on reading, like "v3" with its quotes.',
    ),
    "body_too_large": Message(
        413,
        "请求正文超过 {limit} 字节。材料请先上传到对象存储,只推送摘要。",
        "The body is larger than {limit} bytes. Upload materials to the object store and push only their hashes.",
    ),
    "file_too_large": Message(
        413,
        "文件有 {size} 字节,超过 {limit} 字节的上限。请拆分后分别导入。",
        "The file has {size} bytes, over the limit of {limit}. Split it and import each part.",
    ),
    "media_type_unsupported": Message(
        415,
        "正文须为 {expected}。请设置 Content-Type。",
        "The body must be {expected}. Set Content-Type.",
    ),
    "receipts_differ": Message(
        422,
        "有 {count} 份回执与日志所载不符,见 errors。请核对回执是否完整、未被改动;不符的回执证明不了移交。",
        "Receipts that do not say what the log holds: {count}; see errors. Check that they are whole and unchanged: "
        "such a receipt proves no hand-over.",
    ),
    "evidence_too_long": Message(
        422,
        "“{id}”有 {count} 个事件,一份证据文件最多 {most} 个。请逐个事件取证,或请审计管理员导出其期间的日志。",
        "“{id}” has {count} events; one evidence file holds at most {most}. Ask for evidence event by event, or have "
        "the audit administrator export the log of its time.",
    ),
    "liaison_missing": Message(
        422,
        "部门“{department}”没有在岗联络员,事项不能发布。请先为其指定联络员。",
        "Department “{department}” has no active liaison, so the item cannot be published. Name one first.",
    ),
    "department_inactive": Message(
        422,
        "部门“{department}”已停用或并入其他部门,事项不能发布。请改由在用部门监管。",
        "Department “{department}” is suspended or merged, so the item cannot be published. Name one that is active.",
    ),
    "department_unknown": Message(
        422,
        "没有部门“{department}”。请核对编号,或先登记该部门。",
        "There is no department “{department}”. Check the id, or register the department first.",
    ),
    "purpose_missing": Message(
        422,
        "信用查询须关联办件或写明用途(个人信息保护法)。请补充 case_number 或 purpose。",
        "A credit lookup needs a case or a stated purpose (personal information law). Add case_number or purpose.",
    ),
    "too_many_requests": Message(
        429,
        "请求过于频繁。请按 Retry-After 稍候重试。",
        "Too many requests. Wait as Retry-After says and try again.",
    ),
    "internal": Message(
        500,
        "系统内部出错,已记录(编号 {request_id})。请用同一 Idempotency-Key 重试;仍失败请联系运维。",
        "Something failed on our side and was recorded (id {request_id}). Retry with the same Idempotency-Key; if it "
        "persists, contact operations.",
    ),
    "log_not_sealing": Message(
        503,
        "审计日志未能封存自 {since} 以来的事件,为免推送无据可查,暂停接收新的推送。"
        "请按 Retry-After 稍候,用同一 Idempotency-Key 重试;查看、认领、退回等照常办理。",
        "The audit log has not sealed events since {since}, so no push is accepted that could not be proven. Wait as "
        "Retry-After says and retry with the same Idempotency-Key; viewing, claiming and returning go on.",
    ),
    "unavailable": Message(
        503,
        "所依赖的服务暂时没有应答。请稍候用同一 Idempotency-Key 重试,重试不会造成重复。",
        "A part we need did not answer. Retry soon with the same Idempotency-Key; retrying doubles nothing.",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad field: JSON Pointer into the body (or `header:…`, `query:…`), stable code, words in both languages."""

    pointer: str
    code: str
    zh: str
    en: str


class Refused(Exception):
    """A rule refused the request; nothing was changed. `code` is a key of MESSAGES."""

    def __init__(self, code: str, /, faults: Sequence[Fault] = (), **params: str | int | Words) -> None:
        self.code = code
        self.message = MESSAGES[code]
        self.params: Mapping[str, str | int | Words] = params
        self.faults = tuple(faults)
        super().__init__(self.en)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.message.status

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        said = {name: each.zh if isinstance(each, Words) else each for name, each in self.params.items()}
        return self.message.zh.format_map(said)

    @property
    def en(self) -> str:
        """The sentence in English."""
        said = {name: each.en if isinstance(each, Words) else each for name, each in self.params.items()}
        return self.message.en.format_map(said)


class Unavailable(Refused):
    """A part we need did not answer in time or was throttled; the same request may simply be sent again."""

    def __init__(self) -> None:
        super().__init__("unavailable")


def refuse_fields(faults: Collection[Fault]) -> None:
    """Raises Refused("invalid_fields") naming every fault, if there is any."""
    if faults:
        raise Refused("invalid_fields", tuple(faults), count=len(faults))
