"""What must stay out of the public log, taken from what really happened; and everything in which it could be (R-AUD-3).

Nothing is listed by hand: every text of every event's payload is confidential unless it has a form that names nobody.
"""

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from shared.aws.journal import HEAD
from shared.contracts.event import Event
from shared.kernel.tiles import new_bundles, tiles_of
from tests.support.deployed import Deployed

_NAMES_NOBODY = (
    r"[a-z]+_[0-9a-zA-Z_]+",  # our ids
    r"[a-z][a-z0-9_.-]*(\.v\d+)?",  # words of our vocabularies, event types, media types' halves
    r"[0-9a-f]{64}",  # digests
    r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)",  # instants
    r"\d{4}-\d\d(-\d\d)?",  # days and months
    r"-?\d{1,4}(\.\d+)?",  # small numbers
    r"\d{6}",  # divisions of the country
    r"P\d\w*",  # periods
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # ids of messages that others gave
    r"(GET|POST|PUT|DELETE|PATCH)",
    r"/v1/[a-z0-9_{}./-]*",  # routes
    r"[a-z]+/[a-z0-9.+-]+",  # media types
    r"entr(y|ies) \d+(–\d+)?",  # places in the log …
    r"(x?\d{3}(\.p/\d{1,3})?/)+\d{1,3}",  # … and in its tiles
    r"[a-z0-9.-]+\+[0-9a-f]{8}\+[0-9A-Za-z+/]{44}=?",  # witnesses' public keys …
    r"https?://[a-z0-9.:/-]+",  # … and addresses
    r".?",
)
_HARMLESS = re.compile("|".join(f"(?:{form})" for form in _NAMES_NOBODY))
_CJK = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")
_ESCAPED = re.compile(rb"\\u[3-9][0-9a-fA-F]{3}")
_HASHES = re.compile(r"\btile/\d")
"""Tiles are hashes: in them any byte follows any other."""

_READING_SECONDS = 120
"""Longer than a queue is read: no message comes twice."""

Place = tuple[str, bytes]
"""Where something was found, and what."""


def confidential(texts: Iterable[str]) -> set[str]:
    """Those of the texts that name somebody or say something: names, numbers of persons, phones, addresses, words."""
    return {text for text in texts if _HARMLESS.fullmatch(text) is None}


def texts_of(events: Iterable[Event]) -> set[str]:
    """Every text in the payloads of some events."""
    return {text for event in events for text in _texts(event.data.body)}


def spellings(secret: str) -> set[bytes]:
    """A text as it could stand somewhere: plain, as JSON escapes it, and as a bare hash that anybody could guess."""
    escaped = json.dumps(secret)[1:-1]
    hashed = sha256(secret.encode())
    return {secret.encode(), escaped.encode(), hashed.hexdigest().encode(), hashed.digest()}


def found(secrets: Iterable[str], places: Iterable[Place]) -> list[str]:
    """Which secrets stand where.

    One of digits alone is looked for as a number of its own: the digits of measured times hold any other by chance.
    """
    held = list(places)
    # Hardly ever is anything there: all places are asked at once before each is.
    together = b"\n".join(content for _, content in held)
    wanted = {spelling: secret for secret in secrets for spelling in spellings(secret)}
    there = [(_standing(spelling), secret) for spelling, secret in wanted.items() if spelling in together]
    return [
        f"{secret!r} in {where}" for standing, secret in there for where, content in held if standing.search(content)
    ]


def chinese(places: Iterable[Place]) -> list[str]:
    """Places of text with Chinese characters, plain or escaped: no name or address can be without."""
    texts = ((where, content) for where, content in places if not _HASHES.search(where))
    return [
        where for where, content in texts if _CJK.search(content.decode("utf-8", "ignore")) or _ESCAPED.search(content)
    ]


def published(stack: Deployed) -> Iterator[Place]:
    """What anybody may read over HTTP: checkpoint, key, every tile, every bundle."""
    size = stack.checkpoint().size
    files = [*(tile.path for tile in tiles_of(size)), *(bundle.path for bundle in new_bundles(0, size))]
    for path in ("checkpoint", "key", *files):
        yield path, stack.log_file(path)


def stored(stack: Deployed) -> Iterator[Place]:
    """Every version of every object of the log: what was tidied away too, partial tiles and staged batches.

    Exports lie beside it, made for the auditor who asked, with headings in two languages.
    """
    s3, bucket = stack.client("s3"), stack.running.outputs["LogBucket"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in page.get("Versions", []):
            key, version = each["Key"], each["VersionId"]
            if not key.startswith("exports/"):
                content = s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
                yield f"object {key} ({version})", content


def indexed(stack: Deployed) -> Iterator[Place]:
    """Every row of the log and its index.

    Left out are audit's own records, which are payloads and stay inside: events, first answers, and what it keeps of
    findings, holds and exports (an auditor's words, and sentences about entries).
    """
    for (pk, sk), row in stack.rows("audit").items():
        own = sk.startswith("event#") or pk.startswith(("once#", "answer#", "flt_")) or (sk == HEAD and pk != "log")
        if not own:
            yield f"row {pk} / {sk}", json.dumps(row, ensure_ascii=False, default=str).encode()


def waiting(stack: Deployed, *queues: str) -> Iterator[Place]:
    """Messages of queues, with their attributes; they stay there."""
    sqs, urls = stack.client("sqs"), stack.queues()
    for name in queues:
        for number, message in enumerate(_messages(sqs, urls[name])):
            kept = {"body": message["Body"], "attributes": message.get("MessageAttributes", {})}
            yield f"message {number} of {name}", json.dumps(kept, ensure_ascii=False).encode()


def written(stack: Deployed) -> Iterator[Place]:
    """Every line that functions logged."""
    logs = stack.client("logs")
    for group in logs.get_paginator("describe_log_groups").paginate():
        for each in group["logGroups"]:
            name = each["logGroupName"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                for line in page["events"]:
                    yield f"log line of {name}", line["message"].encode()


def _standing(spelling: bytes) -> re.Pattern[bytes]:
    if spelling.isdigit():
        return re.compile(rb"(?<!\d)(?<!\d\.)%b(?!\d)" % spelling)
    return re.compile(re.escape(spelling))


def _messages(sqs: Any, url: str) -> list[dict[str, Any]]:
    """All messages of a queue, which gives them to the next who asks as well."""
    asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    found: list[dict[str, Any]] = []
    while some := sqs.receive_message(**asked, VisibilityTimeout=_READING_SECONDS).get("Messages"):
        found += some
    for each in found:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0)
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
