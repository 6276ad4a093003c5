"""Messages are billed by every 64 KiB begun, a batch as the sum of its messages; files are weighed."""

from io import BytesIO

from infra.bench.messages import CHUNK_BYTES, carries_messages, chunks, chunks_of, content_bytes


def test_a_batch_counts_the_bytes_of_all_its_messages() -> None:
    batch = {"PublishBatchRequestEntries": [{"Message": "食"}, {"Message": "ab"}]}
    assert content_bytes("PublishBatch", batch) == 5
    assert chunks("PublishBatch", batch) == 1


def test_a_byte_beyond_64_kib_is_another_request() -> None:
    assert [chunks_of(size) for size in (0, 1, CHUNK_BYTES, CHUNK_BYTES + 1)] == [1, 1, 1, 2]
    assert chunks("SendMessageBatch", {"Entries": [{"MessageBody": "x" * (CHUNK_BYTES + 1)}]}) == 2


def test_a_text_message_is_none_of_the_topics_requests() -> None:
    assert not carries_messages("Publish")
    assert carries_messages("SendMessageBatch")


def test_a_file_is_weighed_however_the_client_holds_it() -> None:
    assert content_bytes("PutObject", {"Body": b"tile"}) == 4
    assert content_bytes("PutObject", {"Body": BytesIO(b"tile")}) == 4
    assert content_bytes("GetObject", {}) == 0
