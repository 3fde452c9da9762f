"""Concurrent requests: threads and processes with the same request make one AssumeRole call."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.borrow.person import Calls, Person

pytestmark = pytest.mark.integration
THREADS = """
import sys, threading
import temp_access
barrier, found = threading.Barrier(20), []
def ask():
    barrier.wait()
    found.append(temp_access.credentials("bob", duration="1h"){cache}.access_key_id)
threads = [threading.Thread(target=ask) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), *set(found))
"""
SESSION = """
import threading
import temp_access
session = temp_access.session("bob", duration="1h")
barrier, found = threading.Barrier(20), []
def ask():
    barrier.wait()
    found.append(session.get_credentials().get_frozen_credentials().access_key)
threads = [threading.Thread(target=ask) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), *set(found))
"""


@pytest.mark.parametrize("code", [THREADS.replace("{cache}", ""), SESSION], ids=["credentials", "session"])
def test_twenty_threads_make_one_call(person: Person, calls: Calls, code: str) -> None:
    """All get the same key."""
    ended = person.python(code)
    count, *keys = ended.out.split()
    assert (count, len(keys)) == ("20", 1), ended.output
    assert (calls["sts:AssumeRole"], calls["iam:GetRole"]) == (1, 1)


def test_twenty_threads_make_one_call_without_a_cache_folder(person: Person, calls: Calls, tmp_path: Path) -> None:
    """The process's memory holds the session."""
    (tmp_path / "file").touch()
    ended = person.python(THREADS.replace("{cache}", ""), env={**person.keys, "XDG_CACHE_HOME": str(tmp_path / "file")})
    assert ended.out.split()[0] == "20", ended.output
    assert (len(ended.out.split()), calls["sts:AssumeRole"]) == (2, 1)


def test_ten_processes_make_one_call(person: Person, calls: Calls) -> None:
    """All print the same document."""
    words = ("temp-access", "credentials", "bob", "--format", "process", *person.local)
    processes = [person.begin(*words) for _ in range(10)]
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 10, answers
    assert len({out for out, _ in answers}) == 1
    assert (calls["sts:AssumeRole"], calls["iam:GetRole"]) == (1, 1)


def test_ten_processes_make_one_call_with_any_min_ttl(person: Person, calls: Calls) -> None:
    """A process that waited for the session uses it, though it has slightly less time left."""
    person.borrow("bobby")
    words = ("temp-access", "credentials", "bob", "--format", "process", "--min-ttl", "12h", *person.local)
    processes = [person.begin(*words) for _ in range(10)]
    answers = [process.communicate(timeout=120)[0] for process in processes]
    assert len({json.loads(out)["AccessKeyId"] for out in answers}) <= 3
    # Who begins after it was made asks anew: that is what such a --min-ttl says.
    assert calls["sts:AssumeRole"] <= 1 + 3


def test_a_killed_process_leaves_no_lock(person: Person) -> None:
    """The lock ends with the process that holds it."""
    hold = (
        "import sys, time; from temp_access.borrow.cache import Cache\n"
        "with Cache(sys.argv[1]).locked('requests', 'k'):\n    print('held', flush=True); time.sleep(60)"
    )
    process = person.begin(sys.executable, "-c", hold, str(person.cache))
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.communicate()
    take = hold.replace("time.sleep(60)", "pass")
    ended = subprocess.run([sys.executable, "-c", take, str(person.cache)], timeout=20, check=False)
    assert ended.returncode == 0
