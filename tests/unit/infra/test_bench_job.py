"""`make bench` plays the main job through the services' own applications."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

# In a process of its own: the job sets up every service, whose settings are cached per process.
SCRIPT = """
import json
from infra.bench.job import measured_job
print(json.dumps([[f.name, dict(f.requests), f.write_units, f.transactions] for f in measured_job()]))
"""


def test_every_write_of_the_main_job_is_one_transaction() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    steps = {name: (asked, written, sizes) for name, asked, written, sizes in json.loads(done.stdout.splitlines()[-1])}
    for name in ("acceptance, 1 department", "claim", "decision, 1 department", "feedback, a penalty"):
        asked, written, sizes = steps[name]
        assert asked["TransactWriteItems"] == len(sizes) == 1
        assert written >= 2 * sizes[0]
    assert steps["authorizer, per request"][0] == {}
    assert max(size for _, _, sizes in steps.values() for size in sizes) <= 100
