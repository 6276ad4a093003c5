"""What can be wrong with the log, said in words: one table of findings, each of one kind (R-AUD-4).

A *kind* is what an auditor counts and the law of the log distinguishes; a *fault* is which thing was found so, and how.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.kernel.canonical import canonical_json, sha256_hex


class FaultKind(StrEnum):
    """R-AUD-4: how the log or what it stands on was damaged; each is a different finding."""

    CHANGED = "changed"  # 被改动
    REMOVED = "removed"  # 被删除
    REORDERED = "reordered"  # 被调换次序
    TRUNCATED = "truncated"  # 被截短
    NEVER_LOGGED = "never_logged"  # 从未入账
    LOGGED_TWICE = "logged_twice"  # 重复入账
    UNSIGNED = "unsigned"  # 未经签署


KIND_WORDS: Final[Mapping[FaultKind, tuple[str, str]]] = {
    FaultKind.CHANGED: ("被改动", "changed"),
    FaultKind.REMOVED: ("被删除", "removed"),
    FaultKind.REORDERED: ("被调换次序", "reordered"),
    FaultKind.TRUNCATED: ("被截短", "truncated"),
    FaultKind.NEVER_LOGGED: ("从未入账", "never logged"),
    FaultKind.LOGGED_TWICE: ("重复入账", "logged twice"),
    FaultKind.UNSIGNED: ("未经签署", "unsigned"),
}
"""Each kind in Chinese and English."""


class Fault(StrEnum):
    """What was found wrong, as a stable code."""

    ENTRIES_CHANGED = "entries_changed"
    ENTRIES_REMOVED = "entries_removed"
    ENTRIES_REORDERED = "entries_reordered"
    ENTRIES_DOUBLED = "entries_doubled"
    ENTRIES_LOST_AT_THE_END = "entries_lost_at_the_end"
    ENTRY_NO_ENVELOPE = "entry_no_envelope"
    TILE_CHANGED = "tile_changed"
    TILE_REMOVED = "tile_removed"
    TILE_REORDERED = "tile_reordered"
    ROOT_DIFFERS = "root_differs"
    CHECKPOINT_UNSIGNED = "checkpoint_unsigned"
    CHECKPOINT_CHANGED = "checkpoint_changed"
    CHECKPOINT_MISPLACED = "checkpoint_misplaced"
    CHECKPOINT_REMOVED = "checkpoint_removed"
    LOG_TRUNCATED = "log_truncated"
    COPY_DIFFERS = "copy_differs"
    COPY_INCOMPLETE = "copy_incomplete"
    EVENT_LOGGED_TWICE = "event_logged_twice"
    EVENT_NEVER_LOGGED = "event_never_logged"
    CHAIN_BROKEN = "chain_broken"
    CHAIN_FORKED = "chain_forked"
    CHAIN_MEMORY_DIFFERS = "chain_memory_differs"
    INDEX_REMOVED = "index_removed"
    INDEX_CHANGED = "index_changed"
    DOCKET_CHANGED = "docket_changed"
    LIST_INCOMPLETE = "list_incomplete"
    LIST_CHANGED = "list_changed"
    HELD_UNREADABLE = "held_unreadable"
    HELD_FOREIGN = "held_foreign"
    HELD_PAYLOAD_CHANGED = "held_payload_changed"
    HELD_ERASED_UNTOLD = "held_erased_untold"
    HELD_MISPLACED = "held_misplaced"
    HELD_CHANGED = "held_changed"
    HELD_CHAIN_BROKEN = "held_chain_broken"
    HELD_REMOVED = "held_removed"
    HELD_REORDERED = "held_reordered"
    HELD_TRUNCATED = "held_truncated"
    HELD_HEAD_CHANGED = "held_head_changed"
    HELD_HEAD_REMOVED = "held_head_removed"
    HELD_LESS = "held_less"
    HELD_GONE = "held_gone"
    HELD_NEVER_LOGGED = "held_never_logged"
    HELD_FEWER_OF_A_DAY = "held_fewer_of_a_day"
    HELD_MORE_OF_A_DAY = "held_more_of_a_day"


class Finding(NamedTuple):
    """One row of the table: the kind, and the sentence in Chinese and English about `{where}`."""

    kind: FaultKind
    zh: str
    en: str


FINDINGS: Final[Mapping[Fault, Finding]] = {
    Fault.ENTRIES_CHANGED: Finding(
        FaultKind.CHANGED,
        "{where}的内容与签署的日志不符:文件被改动。请从锁定副本恢复并查明经过。",
        "{where} is not what the signed log holds: the file was changed. Restore it from the locked copy.",
    ),
    Fault.ENTRIES_REMOVED: Finding(
        FaultKind.REMOVED,
        "{where}已不在文件中,而签署的日志含有它。请从锁定副本恢复并查明经过。",
        "{where} is gone from the files, though the signed log holds it. Restore it from the locked copy.",
    ),
    Fault.ENTRIES_REORDERED: Finding(
        FaultKind.REORDERED,
        "{where}的次序与签署的日志不同:内容无缺,位置被调换。请从锁定副本恢复并查明经过。",
        "{where} stands in another order than in the signed log: places were exchanged. Restore it from the locked "
        "copy.",
    ),
    Fault.ENTRIES_DOUBLED: Finding(
        FaultKind.LOGGED_TWICE,
        "{where}在文件中出现两次,而签署的日志只含一次。请从锁定副本恢复并查明经过。",
        "{where} is in the file twice, in the signed log once. Restore the file from the locked copy; find out how.",
    ),
    Fault.ENTRIES_LOST_AT_THE_END: Finding(
        FaultKind.TRUNCATED,
        "{where}已不在文件中:日志末尾被截去。请从锁定副本恢复并查明经过。",
        "{where} is gone from the files: the end of the log was cut off. Restore it from the locked copy.",
    ),
    Fault.ENTRY_NO_ENVELOPE: Finding(
        FaultKind.CHANGED,
        "{where}不是规范格式的事件信封,不可能由封存程序写入。请查明其来源。",
        "{where} is no canonical envelope of an event, so the sealer did not write it. Find out where it came from.",
    ),
    Fault.TILE_CHANGED: Finding(
        FaultKind.CHANGED,
        "{where}的哈希与签署的日志不符:文件被改动。请由条目重算并替换。",
        "{where} does not hold the hashes of the signed log: the file was changed. Compute it anew from the entries.",
    ),
    Fault.TILE_REMOVED: Finding(
        FaultKind.REMOVED,
        "{where}已不存在。请由条目重算并补回。",
        "{where} is gone. Compute it anew from the entries.",
    ),
    Fault.TILE_REORDERED: Finding(
        FaultKind.REORDERED,
        "{where}的哈希次序与签署的日志不同。请由条目重算并替换。",
        "{where} holds the hashes of the signed log in another order. Compute it anew from the entries.",
    ),
    Fault.ROOT_DIFFERS: Finding(
        FaultKind.CHANGED,
        "{where}:条目与哈希均不能得出签署的根:文件被一并改动。请与锁定副本逐段核对。",
        "{where}: neither entries nor hashes lead to the signed root: they were changed together. Compare them with "
        "the locked copy part by part.",
    ),
    Fault.CHECKPOINT_UNSIGNED: Finding(
        FaultKind.UNSIGNED,
        "{where}不是由日志密钥签署。在查明之前不要采信。",
        "{where} is not signed by the log's key. Do not rely on it until it is explained.",
    ),
    Fault.CHECKPOINT_CHANGED: Finding(
        FaultKind.CHANGED,
        "{where}的根与日志在该长度时的根不同:签过两个不同的历史。请立即停用并查明。",
        "{where} names another root than the log had at that size: two histories were signed. Stop relying on the log "
        "and find out at once.",
    ),
    Fault.CHECKPOINT_MISPLACED: Finding(
        FaultKind.CHANGED,
        "{where}存放的是另一长度的检查点:被替换。请查明经过。",
        "{where} holds the checkpoint of another size: it was replaced. Find out how.",
    ),
    Fault.CHECKPOINT_REMOVED: Finding(
        FaultKind.REMOVED,
        "{where}已不存在。请查明经过;可由日志头重新签署。",
        "{where} is gone. Find out how; it can be signed anew from the log's head.",
    ),
    Fault.LOG_TRUNCATED: Finding(
        FaultKind.TRUNCATED,
        "{where}:日志比先前签署过的短,末尾被截去。请从锁定副本恢复并查明经过。",
        "{where}: the log is shorter than one that was signed before; its end was cut off. Restore it from the locked "
        "copy; find out how.",
    ),
    Fault.COPY_DIFFERS: Finding(
        FaultKind.CHANGED,
        "{where}在日志中与锁定副本中不同:其中之一被改动。请以检查点和见证人的签署判明,并查明经过。",
        "{where}: log and locked copy differ, so one of them was changed. Judge by checkpoints and cosignatures which; "
        "find out how.",
    ),
    Fault.COPY_INCOMPLETE: Finding(
        FaultKind.REMOVED,
        "{where}在日志中,锁定副本中没有,而副本早已记到其后。请查明经过。",
        "{where} is in the log and not in the locked copy, which has long gone on beyond. Find out how.",
    ),
    Fault.EVENT_LOGGED_TWICE: Finding(
        FaultKind.LOGGED_TWICE,
        "{where}的事件在日志中另有一条:同一事件被绕过封存程序再次写入。请查明经过。",
        "{where}: the event is in the log once more: it was written again past the sealer. Find out how.",
    ),
    Fault.EVENT_NEVER_LOGGED: Finding(
        FaultKind.NEVER_LOGGED,
        "{where}从未入账:其后的事件已在日志中半小时以上。请查该服务的发件与死信队列。",
        "{where} was never logged, though what came after it has been in the log for half an hour. Look at the "
        "service's outbox and at the dead letters.",
    ),
    Fault.CHAIN_BROKEN: Finding(
        FaultKind.CHANGED,
        "{where}与前后事件的哈希不相衔接:入账之前已被改动。请与业务库核对。",
        "{where} does not join onto the hashes of its neighbours: it was changed before it was logged. Compare it with "
        "the service's table.",
    ),
    Fault.CHAIN_FORKED: Finding(
        FaultKind.CHANGED,
        "{where}的序号已被另一事件占用:同一办件有两个历史。请与业务库核对。",
        "{where} has a sequence that another event has: there are two histories of one record. Compare them with the "
        "service's table.",
    ),
    Fault.CHAIN_MEMORY_DIFFERS: Finding(
        FaultKind.CHANGED,
        "{where}与核验程序所记的链条不一致:其中之一被改动。请自头核验。",
        "{where} is not what the verifier remembers of the chain: one of them was changed. Verify from the beginning.",
    ),
    Fault.INDEX_REMOVED: Finding(
        FaultKind.REMOVED,
        "{where}没有索引,无法取得其证明。请重建索引并查明经过。",
        "{where} has no index row, so its proof cannot be had. Index it anew and find out how.",
    ),
    Fault.INDEX_CHANGED: Finding(
        FaultKind.CHANGED,
        "{where}的索引与条目不符。请重建索引并查明经过。",
        "{where} has an index row that does not fit it. Index it anew and find out how.",
    ),
    Fault.DOCKET_CHANGED: Finding(
        FaultKind.CHANGED,
        "{where}在检索登记中的办件、操作者或请求与业务库所载不同:登记被改动,或该事件的内容被改动。请与业务库核对,重建登记并查明经过。",
        "{where}: what the log's index says of its case, who acted or the request is not what the service's table "
        "says: one of them was changed. Compare them, write the docket again and find out how.",
    ),
    Fault.LIST_INCOMPLETE: Finding(
        FaultKind.REMOVED,
        "检索清单{where}缺少日志所载的条目:检索、办件证据与导出会有遗漏。请让索引程序自头重建并查明经过。",
        "{where} of the search lists lacks entries of the log, so searches, evidence of cases and exports leave them "
        "out. Let the indexer begin again from 0, and find out how.",
    ),
    Fault.LIST_CHANGED: Finding(
        FaultKind.CHANGED,
        "检索清单{where}含有不属于它的条目:清单或登记被改动。请让索引程序自头重建并查明经过。",
        "{where} of the search lists has entries that do not belong in it: it was changed, or a docket was. Let the "
        "indexer begin again from 0, and find out how.",
    ),
    Fault.HELD_UNREADABLE: Finding(
        FaultKind.CHANGED,
        "业务库中{where}已无法读取:记录被改动。请从备份恢复并查明经过。",
        "{where} in the service's table cannot be read: the row was changed. Restore it from a backup; find out how.",
    ),
    Fault.HELD_FOREIGN: Finding(
        FaultKind.CHANGED,
        "业务库中{where}署的是另一服务:记录被改动或移入。请查明经过。",
        "{where} in the service's table names another service: it was changed, or brought there. Find out how.",
    ),
    Fault.HELD_PAYLOAD_CHANGED: Finding(
        FaultKind.CHANGED,
        "业务库中{where}的内容与其承诺值不符:内容被改动。请从备份恢复并查明经过。",
        "{where} in the service's table has another payload than its envelope commits to: it was changed. Restore it "
        "from a backup; find out how.",
    ),
    Fault.HELD_ERASED_UNTOLD: Finding(
        FaultKind.CHANGED,
        "业务库中{where}的内容已删除,而没有相应的删除事件:并非依法删除。请从备份恢复并查明经过。",
        "{where} in the service's table has lost its payload, and no event tells of it: that was no lawful erasure. "
        "Restore it from a backup; find out how.",
    ),
    Fault.HELD_MISPLACED: Finding(
        FaultKind.REORDERED,
        "业务库中{where}存放着另一序号或另一办件的事件:位置被调换。请从备份恢复并查明经过。",
        "{where} in the service's table holds an event of another place: rows were exchanged. Restore them from a "
        "backup; find out how.",
    ),
    Fault.HELD_CHANGED: Finding(
        FaultKind.CHANGED,
        "业务库中{where}与日志所载的同一事件不同:记录被改动。请与日志核对,从备份恢复并查明经过。",
        "{where} in the service's table is not the event that the log holds: it was changed. Restore it from a backup; "
        "find out how.",
    ),
    Fault.HELD_CHAIN_BROKEN: Finding(
        FaultKind.CHANGED,
        "业务库中{where}与其后一环不相衔接:记录被改动。请与日志核对,从备份恢复并查明经过。",
        "{where} in the service's table does not join onto the next link: it was changed. Restore it from a backup; "
        "find out how.",
    ),
    Fault.HELD_REMOVED: Finding(
        FaultKind.REMOVED,
        "业务库中{where}之前的事件已不存在:被删除。请从备份恢复并查明经过。",
        "What came before {where} is gone from the service's table: it was removed. Restore it from a backup; find out "
        "how.",
    ),
    Fault.HELD_REORDERED: Finding(
        FaultKind.REORDERED,
        "业务库中{where}的序号次序颠倒。请从备份恢复并查明经过。",
        "{where} in the service's table does not come in its order. Restore it from a backup; find out how.",
    ),
    Fault.HELD_TRUNCATED: Finding(
        FaultKind.TRUNCATED,
        "业务库中{where}之后的事件已不存在:链条末尾被截去。请从备份恢复并查明经过。",
        "What came after {where} is gone from the service's table: the end of the chain was cut off. Restore it from a "
        "backup; find out how.",
    ),
    Fault.HELD_HEAD_CHANGED: Finding(
        FaultKind.CHANGED,
        "业务库中{where}的链头与链条或日志不符:被改动或回退。请与日志核对,从备份恢复并查明经过。",
        "{where}: the head in the service's table is not that of the chain or of the log: it was changed, or set back. "
        "Restore it from a backup; find out how.",
    ),
    Fault.HELD_HEAD_REMOVED: Finding(
        FaultKind.REMOVED,
        "业务库中{where}的链头已不存在,而事件仍在:被删除。请从备份恢复并查明经过。",
        "{where}: the head is gone from the service's table, though the events are there: it was removed. Restore it "
        "from a backup; find out how.",
    ),
    Fault.HELD_LESS: Finding(
        FaultKind.REMOVED,
        "业务库中{where}少于日志所载:末尾的事件连同链头被删除。请从备份恢复并查明经过。",
        "{where} in the service's table ends before the log does: the last events were removed, and the head with "
        "them. Restore them from a backup; find out how.",
    ),
    Fault.HELD_GONE: Finding(
        FaultKind.REMOVED,
        "业务库中已没有{where},而日志含有它:被删除。请从备份恢复并查明经过。",
        "{where} is gone from the service's table, though the log holds it: it was removed. Restore it from a backup; "
        "find out how.",
    ),
    Fault.HELD_NEVER_LOGGED: Finding(
        FaultKind.NEVER_LOGGED,
        "业务库中{where}从未入账,且早已过了入账时限。请查该服务的发件与死信队列;若日志确无此事件,可能系伪造。",
        "{where} in the service's table was never logged, long after its time. Look at the service's outbox and at the "
        "dead letters; where it was never sent, it may be forged.",
    ),
    Fault.HELD_FEWER_OF_A_DAY: Finding(
        FaultKind.REMOVED,
        "业务库中{where}的事件少于日志所载:有事件被删除。请与日志逐件核对,从备份恢复并查明经过。",
        "Of {where}, the service's table holds fewer events than the log: some were removed. Compare them one by one, "
        "restore them from a backup; find out how.",
    ),
    Fault.HELD_MORE_OF_A_DAY: Finding(
        FaultKind.NEVER_LOGGED,
        "业务库中{where}的事件多于日志所载:有事件从未入账。请查该服务的发件与死信队列。",
        "Of {where}, the service's table holds more events than the log: some were never logged. Look at the service's "
        "outbox and at the dead letters.",
    ),
}


class LogFault(Contract):
    """One finding: what, and where, in a place's own words (`entries 7–9`, `tile/0/000`, `checkpoint 90`)."""

    fault: Fault
    where: ShortText
    event_id: Identifier | None = None
    subject: Identifier | None = None

    @property
    def kind(self) -> FaultKind:
        """Its kind."""
        return FINDINGS[self.fault].kind

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return FINDINGS[self.fault].zh.format(where=self.where)

    @property
    def en(self) -> str:
        """The sentence in English."""
        said = FINDINGS[self.fault].en.format(where=self.where)
        return said[:1].upper() + said[1:]

    @property
    def fault_id(self) -> str:
        """The same for the same finding, however often it is made."""
        return f"flt_{sha256_hex(canonical_json(self.model_dump(mode='json')))[:26]}"


class LogFaultFound(Body):
    """Something is wrong with the log or with what it stands on (`log.fault_found`, R-AUD-4)."""

    TYPE: ClassVar[str] = "log.fault_found.v1"
    fault_id: Identifier
    kind: FaultKind
    fault: LogFault
    found_at: Instant
