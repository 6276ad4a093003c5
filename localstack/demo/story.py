"""The main job, played over HTTP against the deployed services: a noodle shop, from its application to the evidence.

Each chapter makes real calls and tells what came of them; a chapter that does not come out as the rules say stops the
story. The shop is a new one at each play, so playing again starts from a clean record.
"""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from localstack.demo.city import City
from localstack.demo.data import CHEMIST_ITEM, NOODLE_ITEM, URGENT_ITEM
from localstack.demo.desk import DemoStoppedError, Desk, answered, eventually
from localstack.demo.teller import Teller
from shared.kernel.clock import BEIJING, from_text
from shared.kernel.codes import make_uscc

_EVENTS_SECONDS = 240.0
"""How long an event may take from one service to another here; normally a second or two."""
_FINDING_SECONDS = 240.0
"""A one-minute claim limit, and the scheduled job that looks every minute."""


class Proofs(NamedTuple):
    """What the story leaves to be verified: the log's evidence of the hand-over, and its two receipts."""

    evidence: Path
    receipts: Path


class Story:
    """One play: remembers ids between the chapters."""

    def __init__(self, city: City, teller: Teller, folder: Path) -> None:
        self.city = city
        self.tell = teller
        self.folder = folder
        self.number = datetime.now(UTC).astimezone(BEIJING).strftime("%Y%m%d-%H%M%S")
        self.shop = {
            "name": f"临澜市老街面馆({self.number[-6:]})",
            "kind": "organisation",
            "code": make_uscc(f"92990102MA{secrets.randbelow(10**6):06d}"),
            "phone": "19900009901",
            "address": "临澜市老街 12 号",
        }
        self.case_id = ""
        self.pushes: dict[str, dict[str, Any]] = {}
        self.unclaimed: dict[str, Any] = {}

    def play(self) -> Proofs:
        """Every chapter in order; what can be verified afterwards. Raises DemoStoppedError when one does not come out."""
        chapters = (
            self.leave_one_unclaimed,
            self.look_up_credit,
            self.push_acceptance,
            self.show_sms,
            self.claim_acceptance,
            self.ask_for_an_opinion,
            self.push_decision,
            self.race_for_the_claim,
            self.tell_responsibility,
            self.return_and_reassign,
            self.inspect,
            self.penalise,
            self.look_up_again,
            self.find_what_is_late,
        )
        for chapter in chapters:
            chapter()
        return Proofs(self.collect_evidence(), self.collect_receipts())

    def desk(self, name: str) -> Desk:
        """A signed-in desk by its name in the story."""
        return self.city.desks[name]

    # ── The chapters ────────────────────────────────────────────────────────────────────────────

    def leave_one_unclaimed(self) -> None:
        """A second case, whose push nobody will claim; it is found late at the end."""
        self.tell.chapter(
            "一家商场申请消防检查,推送后无人认领(留待最后)", "A mall's fire check is pushed and left unclaimed"
        )
        mall = {**self.shop, "name": "临澜市新城商场", "code": make_uscc("91990102MA000001")}
        receipt = self._accept(f"XF-{self.number}", URGENT_ITEM, mall)
        self.unclaimed = receipt["pushes"][0]
        self.tell.say(
            f"推送至 {self._name(self.unclaimed)},认领期限 {_clock(self.unclaimed['claim_due_at'])}(紧急事项,1 分钟)"
        )

    def look_up_credit(self) -> None:
        """Y 5: the counter looks the applicant up before accepting."""
        self.tell.chapter("受理前查信用", "Credit lookup at the counter")
        answer = self._look_up()
        self._expect("green_channel" in answer["entitlements"], f"green channel for {self.shop['name']}", answer)
        self.tell.say(f"{self.shop['name']} {self.shop['code']}")
        self._tell_credit(answer)

    def push_acceptance(self) -> None:
        """R-HND-1."""
        self.tell.chapter("受理并推送", "Acceptance, pushed in the same act")
        receipt = self._accept(f"SP-{self.number}", NOODLE_ITEM, self.shop)
        self.case_id = receipt["case_id"]
        self.pushes["acceptance"] = receipt["pushes"][0]
        self.tell.say(f"办件 SP-{self.number} → {self._name(self.pushes['acceptance'])}(牵头)")
        self.tell.say(
            f"送达 {_clock(receipt['recorded_at'])},请于 {_clock(self.pushes['acceptance']['claim_due_at'])} 前认领"
        )
        self.tell.detail(f"内容摘要 SHA-256 {receipt['content_hash']}")

    def show_sms(self) -> None:
        """Y 4: the liaison is told at once."""
        self.tell.chapter("短信告知联络员", "An SMS to the liaisons, at once")
        push_id = self.pushes["acceptance"]["push_id"]
        department = self.city.departments["market"]

        def sent() -> list[dict[str, Any]]:
            page = self.desk("liaison").get("/notification/v1/deliveries", department=department)
            mine = [each for each in page["deliveries"] if each["about"] == push_id]
            return mine if mine and all(each["state"] == "sent" for each in mine) else []

        with self.tell.waiting("push.delivered → notification → SNS"):
            deliveries = eventually(sent, seconds=_EVENTS_SECONDS, what="the SMS")
        for each in deliveries:
            self.tell.say(f"{each['liaison']} {each['phone_masked']}:{each['text']}")

    def claim_acceptance(self) -> None:
        """R-HND-5."""
        self.tell.chapter("联络员认领", "The liaison claims the acceptance")
        push_id = self.pushes["acceptance"]["push_id"]
        opened = self.desk("liaison").get(f"/handover/v1/pushes/{push_id}")
        self.tell.say(f"打开推送,看到 {len(opened['case']['materials'])} 份材料,状态 {opened['push']['state']}")
        claimed = self.desk("liaison").post(f"/handover/v1/pushes/{push_id}/claim", None)
        self._expect(claimed["state"] == "claimed", "a claim in time", claimed)
        self.tell.say(f"认领于 {_clock(claimed['claimed_at'])}")

    def ask_for_an_opinion(self) -> None:
        """R-HND-10, R-HND-14: the clock stands still until the written opinion is back."""
        self.tell.chapter("请监管部门现场踏勘,审批计时中止", "A site survey is asked for, and the clock stands still")
        path = f"/handover/v1/cases/{self.case_id}"
        asked = {
            "kind": "site_survey",
            "departments": [self.city.departments["market"]],
            "text": "请踏勘经营场所,核实布局与平面图是否一致",
            "place": self.shop["address"],
        }
        review = self.desk("approver").post(f"{path}/reviews", asked)["review"]
        clock = self.desk("approver").get(path)["clock"]
        self._expect(clock["stopped"], "a clock that stands still", clock)
        self.tell.say(
            f"请求 {review['review_id']};承诺时限剩 {clock['committed']['working_days_left']} 个工作日,计时中止"
        )
        opinion = {"result": "pass", "text": "现场布局与平面图一致。", "participants": ["李丁", "赵戊"]}
        self.desk("liaison").post(f"/handover/v1/reviews/{review['review_id']}/opinion", opinion)
        clock = self.desk("approver").get(path)["clock"]
        self._expect(not clock["stopped"], "a clock that runs again", clock)
        self.tell.say(f"书面意见:通过;恢复计时,应于 {_clock(clock['committed']['due_at'])} 前办结")

    def push_decision(self) -> None:
        """R-HND-2, R-HND-7: before and after, to the second."""
        self.tell.chapter("办结并推送结果;责任在此刻移交", "The decision, and responsibility before and after it")
        before = self._responsibility()[0]
        now = datetime.now(UTC).astimezone(BEIJING)
        receipt = self.desk("approver").post(
            "/handover/v1/decisions",
            {
                "case_number": f"SP-{self.number}",
                "decision": {
                    "result": "granted",
                    "document_number": f"临审批〔{now.year}〕{self.number[-6:]}号",
                    "decided_at": now.isoformat(timespec="seconds"),
                    "licence_number": f"JY299{self.number[-6:]}00017",
                    "licence_name": "食品经营许可证",
                    "valid_from": now.date().isoformat(),
                    "valid_until": (now + timedelta(days=5 * 365)).date().isoformat(),
                },
                "materials": [_material("食品经营许可证.pdf"), _material("现场核查意见.pdf")],
            },
        )
        self.pushes["decision"] = receipt["pushes"][0]
        after = self._responsibility()[0]
        self._expect((before["phase"], after["phase"]) == ("approving", "receiving"), "the duty to pass", after)
        self.tell.say(f"推送前  {self.city.name_of(before['answerable'])}:{before['duty_zh']}")
        self.tell.say(
            f"推送后  {self.city.name_of(after['answerable'])}:{after['duty_zh']}(自 {_clock(after['since'])} 起)"
        )

    def race_for_the_claim(self) -> None:
        """R-HND-6: two at once, exactly one wins."""
        self.tell.chapter("两名联络员同时抢认领,恰有一人成功", "Two liaisons press at once: exactly one wins")
        path = f"/handover/v1/pushes/{self.pushes['decision']['push_id']}/claim"
        names = ("liaison", "second_liaison")
        with ThreadPoolExecutor(max_workers=2) as together:
            answers = list(together.map(lambda name: self.desk(name).send(path, None), names))
        statuses = sorted(answer.status_code for answer in answers)
        self._expect(statuses == [200, 409], "one winner and one told who won", statuses)
        for name, answer in sorted(zip(names, answers, strict=True), key=lambda pair: pair[1].status_code):
            if answer.is_success:
                self.pushes["decision"] = answer.json()
                self.tell.say(f"{name}  200  认领成功,{_clock(answer.json()['claimed_at'])}")
            else:
                self.tell.say(f"{name}  409  {answer.json()['detail_zh']}")

    def tell_responsibility(self) -> None:
        """R-HND-7: the whole story from the chain of events alone."""
        self.tell.chapter("任一时刻谁负责", "Who is answerable, at every instant")
        for each in self._responsibility(whole=True):
            until = _clock(each["until"]) if each["until"] else "至今"
            self.tell.say(f"{_clock(each['since'])} — {until}  {self.city.name_of(each['answerable'])}")
            self.tell.detail(f"{each['duty_zh']}({each['rule']},由 {len(each['proven_by'])} 个事件证明)")

    def return_and_reassign(self) -> None:
        """R-HND-4: not our duty; the bureau decides whose it is, and the place is never empty."""
        self.tell.chapter("退回与重新指派", "A push is returned, and another department gets it")
        chemist = {**self.shop, "name": "临澜市新街药房", "code": make_uscc("91990102MA000002")}
        push = self._accept(f"YP-{self.number}", CHEMIST_ITEM, chemist)["pushes"][0]
        path = f"/handover/v1/pushes/{push['push_id']}"
        returned = self.desk("liaison").post(
            f"{path}/return", {"reason": "not_our_duty", "text": "该店仅设中医坐堂诊所,属诊所备案。"}
        )
        self._expect(returned["push"]["state"] == "returned", "a returned push", returned)
        self.tell.say(f"{self._name(push)} 退回:{returned['push']['returned']['text']}")
        to = self.city.departments["health"]
        moved = self.desk("approver").post(f"{path}/reassign", {"department": to, "text": "改由卫生健康部门监管。"})
        successor = moved["successor"]
        self._expect(moved["push"]["state"] == "reassigned" and successor["department"] == to, "a new push", moved)
        self.tell.say(f"审批局重新指派 → {self._name(successor)},请于 {_clock(successor['claim_due_at'])} 前认领")

    def inspect(self) -> None:
        """R-FBK-1: an inspection finds a fault; the bureau takes note."""
        self.tell.chapter("监管检查发现问题,反馈审批局", "An inspection finds a fault and tells the bureau")
        now = datetime.now(UTC).astimezone(BEIJING)
        thread = self._feedback(
            {
                "kind": "inspection",
                "inspected_at": now.isoformat(timespec="seconds"),
                "result": "non_compliant",
                "handling": "timed_rectification",
                "findings": "后厨未设置专用洗手设施,冷藏柜温度超标。",
                "rectify_by": (now + timedelta(days=15)).date().isoformat(),
            }
        )
        noted = self.desk("approver").post(
            f"/feedback/v1/threads/{thread['thread_id']}/acknowledge", {"reply": "已知悉,纳入后续审批核查。"}
        )
        self._expect(noted["state"] == "acknowledged", "the bureau's acknowledgement", noted)
        self.tell.say(f"检查结果:不合格,限期整改;审批局已知悉:{noted['reply']}")

    def penalise(self) -> None:
        """R-FBK-2, R-CRD-2: a penalty becomes a credit record by its event."""
        self.tell.chapter("行政处罚,进入信用记录", "A penalty, and it reaches the credit file")
        today = datetime.now(UTC).astimezone(BEIJING).date().isoformat()
        self._feedback(
            {
                "kind": "penalty",
                "document_number": f"临市监罚〔{today[:4]}〕{self.number[-6:]}号",
                "decided_on": today,
                "kinds": ["warning", "fine"],
                "facts": "逾期未按要求整改,冷藏柜温度持续超标。",
                "legal_basis": "《中华人民共和国食品安全法》第一百二十六条",
                "fine_yuan": "5000.00",
            }
        )
        path = f"/credit/v1/subjects/{self.shop['code']}/records"

        def recorded() -> list[dict[str, Any]]:
            records: list[dict[str, Any]] = self.desk("approver").get(path)["records"]
            return records if {each["kind"] for each in records} == {"licence", "penalty"} else []

        with self.tell.waiting("feedback.opened → credit"):
            records = eventually(recorded, seconds=_EVENTS_SECONDS, what="the penalty in the credit file")
        for each in records:
            self.tell.say(f"信用记录 {_word(each['kind'])}({_word(each['weight'])})  {each['document_number']}")

    def look_up_again(self) -> None:
        """R-CRD-3: the same rules, now another answer."""
        self.tell.chapter("再次查询,已受限制", "The next lookup is restricted")
        answer = self._look_up()
        restricted = "green_channel" not in answer["entitlements"] and answer["restrictions"]
        self._expect(bool(restricted), "a restricted answer", answer)
        self._tell_credit(answer)

    def find_what_is_late(self) -> None:
        """R-OVS-1: nobody claimed the mall's push, and oversight knows without being told."""
        self.tell.chapter("督查发现逾期未认领", "Oversight finds the push nobody claimed")
        cause = self.unclaimed["push_id"]
        desk = self.desk("oversight")

        def found() -> dict[str, Any] | None:
            findings = desk.get("/oversight/v1/findings", state="open", limit="200")["findings"]
            return next((each for each in findings if each["cause"] == cause), None)

        with self.tell.waiting("认领期限 1 分钟,定时任务每分钟检查一次"):
            finding = eventually(found, seconds=_FINDING_SECONDS, what="the oversight finding")
        self.tell.say(f"{self.city.name_of(finding['department'])}:{finding['item_name']} {finding['case_number']}")
        self.tell.say(
            f"逾期未认领,级别 {_word(finding['severity'])},应于 {_clock(finding['due_at'])} 前认领,发现于 {_clock(finding['opened_at'])}"
        )

    def collect_evidence(self) -> Path:
        """R-AUD-5: both halves of the hand-over, with the log's proof of each."""
        self.tell.chapter("取证:移交双方的证据", "Evidence of the hand-over, from the public log")
        timeline = self.desk("liaison").get(f"/handover/v1/cases/{self.case_id}/timeline")
        self._expect(timeline["intact"], "an intact chain", timeline["findings"])
        entries = [self._evidence(entry) for entry in timeline["entries"] if self._is_handover(entry)]
        file = self.folder / f"evidence-{self.number}.json"
        file.write_text(
            json.dumps({"format": "shenguan-evidence/1", "entries": entries}, ensure_ascii=False, indent=1),
            encoding="utf-8",
        )
        self.tell.say(f"办件事件链 {len(timeline['entries'])} 环,完好;移交的两环及其证明写入 {file.name}")
        return file

    def collect_receipts(self) -> Path:
        """R-HND-8: the two halves of the hand-over record, as given in the answers."""
        path = f"/handover/v1/pushes/{self.pushes['decision']['push_id']}/receipts"
        record = self.desk("liaison").get(path)
        file = self.folder / f"receipts-{self.number}.json"
        file.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
        self.tell.say(f"推送与认领两份签名回执写入 {file.name}")
        return file

    # ── What several chapters do ────────────────────────────────────────────────────────────────

    def _accept(self, case_number: str, item: str, applicant: dict[str, str]) -> dict[str, Any]:
        now = datetime.now(UTC).astimezone(BEIJING)
        body = {
            "case_number": case_number,
            "item_code": item,
            "applicant": applicant,
            "received_at": (now - timedelta(minutes=20)).isoformat(timespec="seconds"),
            "accepted_at": now.isoformat(timespec="seconds"),
            "materials": [self._uploaded("申请书.pdf"), _material("营业执照.pdf")],
        }

        receipt: dict[str, Any] = self.desk("approver").post("/handover/v1/acceptances", body)
        self._expect(bool(receipt["pushes"]), "a push for the accepted case", receipt)
        return receipt

    def _uploaded(self, name: str) -> dict[str, str]:
        """A material whose bytes go straight to the object store; size and hash are checked there (R-HND-1)."""
        content = f"%PDF-1.7\n{name} {self.number}\n%%EOF\n".encode()
        given = {
            "name": name,
            "media_type": "application/pdf",
            "size": len(content),
            "sha256": sha256(content).hexdigest(),
        }
        desk = self.desk("approver")
        declared = desk.post("/handover/v1/materials", given)
        link = declared["upload"]
        desk.http.request(link["method"], link["url"], content=content, headers=link["headers"]).raise_for_status()
        desk.post(f"/handover/v1/materials/{declared['material_id']}/complete", None)
        return {"name": name, "sha256": given["sha256"], "material_id": declared["material_id"]}

    def _look_up(self) -> dict[str, Any]:
        body = {
            "subject_code": self.shop["code"],
            "subject_kind": "organisation",
            "case_number": f"SP-{self.number}",
        }
        answer: dict[str, Any] = self.desk("approver").post("/credit/v1/lookups", body)
        return answer

    def _tell_credit(self, answer: dict[str, Any]) -> None:
        self.tell.say(
            f"等级 {answer['grade']};可享 {_words(answer['entitlements'])};限制 {_words(answer['restrictions'])}"
        )
        for line in answer["lines"]:
            self.tell.detail(line["zh"])

    def _feedback(self, report: dict[str, Any]) -> dict[str, Any]:
        body = {"case_id": self.case_id, "report": report}

        def opened() -> dict[str, Any] | None:
            answer = self.desk("inspector").send("/feedback/v1/threads", body)
            # Feedback learns of the case by event; a moment after the push it may not know it yet.
            return None if answer.status_code == httpx.codes.NOT_FOUND else dict(answered(answer))

        with self.tell.waiting("case.accepted → feedback"):
            return eventually(opened, seconds=_EVENTS_SECONDS, what="the case in feedback")

    def _responsibility(self, *, whole: bool = False) -> list[dict[str, Any]]:
        path = f"/handover/v1/cases/{self.case_id}/responsibility"
        answer = self.desk("approver").get(path, department=self.city.departments["market"])
        return list(answer["story" if whole else "now"])

    def _is_handover(self, entry: dict[str, Any]) -> bool:
        of_decision = entry["payload"]["body"].get("push", {}).get("stage") == "decision"
        return of_decision and entry["envelope"]["type"] in {"push.delivered.v1", "push.claimed.v1"}

    def _evidence(self, entry: dict[str, Any]) -> dict[str, Any]:
        path = f"/audit/v1/events/{entry['envelope']['id']}/evidence"

        def sealed() -> dict[str, Any] | None:
            found: dict[str, Any] | None = self.desk("liaison").try_get(path)
            return found

        with self.tell.waiting("等待封存 sealing"):
            file = eventually(sealed, seconds=_EVENTS_SECONDS, what="the sealed event")
        disclosure = {"nonce": entry["nonce"], "payload": entry["payload"]}
        return {**file["entries"][0], "disclosure": disclosure}

    def _name(self, push: dict[str, Any]) -> str:
        return self.city.name_of(push["department"])

    def _expect(self, holds: bool, what: str, got: object) -> None:  # noqa: FBT001 - it reads as a sentence
        if not holds:
            raise DemoStoppedError(
                f"The story expected {what}, but got: {json.dumps(got, ensure_ascii=False, default=str)}"
            )


def _material(name: str) -> dict[str, str]:
    # A file the bureau keeps to itself: its hash is all that is told, and here the hash of its name stands for it.
    return {"name": name, "sha256": sha256(name.encode()).hexdigest()}


def _clock(text: str) -> str:
    return from_text(text).astimezone(BEIJING).strftime("%m-%d %H:%M:%S")


_WORDS = {
    "green_channel": "绿色通道",
    "conditional_acceptance": "容缺受理",
    "informed_commitment": "告知承诺",
    "no_green_channel": "不适用绿色通道",
    "no_conditional_acceptance": "不适用容缺受理",
    "no_informed_commitment": "不适用告知承诺",
    "licence": "许可",
    "granted": "准予",
    "penalty": "处罚",
    "fine": "罚款",
    "reminder": "提醒",
}


def _word(name: str) -> str:
    return _WORDS.get(name, name)


def _words(names: list[str]) -> str:
    return "、".join(_word(name) for name in names) or "无"
