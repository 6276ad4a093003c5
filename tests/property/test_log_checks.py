"""Law of the log's verifier: whatever one file suffers, that file is blamed and no other (R-AUD-4)."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.log_checks import check_range, ranges
from shared.contracts.log_spans import ENTRIES
from shared.contracts.log_verdict import Verdict, judge
from shared.kernel.merkle import EMPTY_ROOT, leaf_hash
from shared.kernel.tiles import TILE_WIDTH, Bundle, encode_bundle, grow, new_bundles, parse_path

SIZES = (1, 256, 257, 900, 1_024)


@cache
def a_log(size: int) -> tuple[dict[str, bytes], bytes]:
    """The files of a log of entries of various lengths, and its root."""
    entries = [b"entry %d" % number * (1 + number % 3) for number in range(size)]
    growth = grow(0, EMPTY_ROOT, [leaf_hash(entry) for entry in entries], lambda _: b"")
    files = {tile.path: content for tile, content in growth.tiles.items()}
    for bundle in new_bundles(0, size):
        files[bundle.path] = encode_bundle(entries[bundle.start : bundle.start + bundle.width])
    return files, growth.root


def verdict_on(files: dict[str, bytes], size: int, root: bytes) -> Verdict:
    checks = [check_range(start, end, size, files.get) for start, end in ranges(0, size)]
    return judge(size, root, checks, files.get)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[int, str, bytes | None]:
    """A log's size, one of its files, and what became of it: other bytes, cut, longer, or gone."""
    size = draw(st.sampled_from(SIZES))
    path = draw(st.sampled_from(sorted(a_log(size)[0])))
    content = a_log(size)[0][path]
    at = draw(st.integers(0, len(content) - 1))
    changed = draw(
        st.sampled_from(
            [
                content[:at] + bytes([content[at] ^ draw(st.integers(1, 255))]) + content[at + 1 :],
                content[:at],
                content + content[at:],
                draw(st.binary(max_size=300)),
                None,
            ]
        )
    )
    return size, path, changed


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_the_damaged_file_is_blamed_and_no_other(given_damage: tuple[int, str, bytes | None]) -> None:
    size, path, changed = given_damage
    files, root = a_log(size)
    files = dict(files)
    if changed is None:
        del files[path]
    elif changed != files[path]:
        files[path] = changed
    else:
        return
    verdict = verdict_on(files, size, root)
    assert verdict.proven
    assert verdict.spans
    named = parse_path(path)
    for span in verdict.spans:
        if isinstance(named, Bundle):
            assert span.level == ENTRIES
            assert named.start <= span.first <= span.last < named.start + TILE_WIDTH
        else:
            assert (span.level, span.first, span.last) == (named.level, named.number, named.number)
