"""`make bench` follows a case's whole life to its end: every event heard, every envelope sealed, nothing left over."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

# In a process of its own: the life sets up every service, whose settings are cached per process.
SCRIPT = """
import json
from infra.bench.life import measured_life
from infra.bench.prices import read_prices
assumed = read_prices().assumed.model_copy(update={"envelopes_per_seal": 90})
print(json.dumps([[step.name.strip(), step.own, step.following, step.events] for step in measured_life(assumed)]))
"""


def test_every_step_of_a_life_is_counted_with_all_that_follows_from_it() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    steps = json.loads(done.stdout.splitlines()[-1])
    names = [name for name, *_ in steps]
    assert names == [
        "credit lookup",
        *("acceptance", "inbox", "view", "claim"),
        *("decision", "inbox", "view", "claim"),
        *("feedback, a penalty", "acknowledgement"),
    ]
    for name, own, following, events in steps:
        assert own["api_requests"] == 1
        assert own["invocations"] == 2  # the authorizer's and the handler's
        assert (events == 0) == (name == "inbox")
        # Each event is unmarked in its outbox and indexed as a leaf of the log.
        assert following.get("write_units", 0) >= 2 * events
    texts = {name: following["sms"] for name, _, following, _ in steps if following.get("sms")}
    assert texts == {"acceptance": 1, "decision": 1}
