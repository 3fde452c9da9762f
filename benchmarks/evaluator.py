"""How many requests a second the evaluator decides, beside ministack's and moto's: `python benchmarks/evaluator.py`.

The policies are the example's: for each grant of access.toml the role's policy, the session policy and the bucket
policy. No two requests are alike, every decision has its reasons, and none is kept. The evaluators take turns, round
by round; the figures are medians of CPU time, on one core.

moto isn't among this project's packages. It runs in a process of its own, with an interpreter that has it:

    python3 -m venv /tmp/moto && /tmp/moto/bin/pip install moto==5.2.1
    python benchmarks/evaluator.py --moto-python /tmp/moto/bin/python

It is given the role's and the session policy only, since it knows no condition on aws:SecureTransport.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from temp_access.access_file import load
from temp_access.config.model import Config
from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.policies.access_modes import ACCESS_MODES, combined_mode
from temp_access.policies.role_policy import role_policy
from temp_access.policies.session_policy import session_policy

GOAL = 100_000
ROOT = Path(__file__).parents[1]
ACCOUNT, BUCKET = "111122223333", "arn:aws:s3:::example-temp-access"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/temp-role"
ON_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectTagging")
# What `FolderBucket` makes: TLS only.
BUCKET_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": [BUCKET, f"{BUCKET}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}


class Question(NamedTuple):
    """One request in words: whose session does which action on which resource, with which context."""

    grant: str
    action: str
    resource: str
    context: dict[str, str]


class Round(NamedTuple):
    """CPU seconds of one round: deciding alone, and with making the requests; and the decisions."""

    deciding: float
    in_all: float
    answers: list[bool]


def main() -> int:
    """Measure, print, and return 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description="Measure the evaluator beside ministack's and moto's.")
    parser.add_argument("--requests", type=int, default=30_000, help="in each round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="of each evaluator (default: %(default)s)")
    parser.add_argument("--moto-python", metavar="PYTHON", help="an interpreter that has moto")
    args = parser.parse_args()
    if args.moto_python and not shutil.which(args.moto_python):
        parser.error(f"there is no program {args.moto_python}; see the head of this file")
    config = load(ROOT / "access.toml")
    questions = list(ask(config, args.requests))
    with moto(args.moto_python, config, questions) as (moto_name, moto_round):
        runners: dict[str, Callable[[], Round]] = {
            "temp_access": ours(config, questions),
            f"ministack {version('ministack')}": ministack(config, questions),
        }
        if moto_round:
            runners[moto_name] = moto_round
        rounds: dict[str, list[Round]] = {name: [] for name in runners}
        for _ in range(args.rounds):
            for name, run in runners.items():
                rounds[name].append(run())
    return report(rounds, len(questions), args.rounds)


def report(rounds: dict[str, list[Round]], asked: int, number: int) -> int:
    """Print a line for each evaluator."""
    first, answers = next(iter(rounds.values())), next(iter(rounds.values()))[0].answers
    print(f"{asked:,} distinct requests, {sum(answers):,} allowed; medians of {number} rounds")
    print(f"{'':18}{'a second':>10}  {'with making the requests':>24}  {'times slower':>12}  decided otherwise")
    speed = asked / median(each.deciding for each in first)
    for name, found in rounds.items():
        alone = asked / median(each.deciding for each in found)
        in_all = asked / median(each.in_all for each in found)
        otherwise = sum(one != other for one, other in zip(answers, found[0].answers, strict=True))
        print(f"{name:18}{alone:10,.0f}  {in_all:24,.0f}  {speed / alone:12.1f}  {otherwise:,}")
    met = speed >= GOAL
    print(f"goal {GOAL:,}: {'met' if met else 'MISSED'}")
    return 0 if met else 1


def ask(config: Config, number: int) -> Iterator[Question]:
    """Yield distinct questions: each grant about its own folder and the others'."""
    grants = list(config.grants.values())
    for index in range(number):
        which, rest = divmod(index, len(grants))
        action = (*ON_OBJECTS, "s3:ListBucket")[which % (len(ON_OBJECTS) + 1)]
        path = f"{grants[which // 5 % len(grants)].folder}/{index}"
        context = {"aws:SecureTransport": "true", "aws:SourceIp": "192.0.2.1"}
        if action == "s3:ListBucket":
            yield Question(grants[rest].id, action, BUCKET, {**context, "s3:prefix": path})
        else:
            yield Question(grants[rest].id, action, f"{BUCKET}/{path}", context)


def policies(config: Config) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the role's policy, and each grant's session policy."""
    sessions = {
        grant.id: session_policy(grant.folder, ACCESS_MODES[grant.access], bucket=BUCKET.rpartition(":")[2])
        for grant in config.grants.values()
    }
    ceiling = combined_mode(ACCESS_MODES[mode] for mode in config.modes)
    actions = {"bucket_actions": ceiling.bucket_actions, "object_actions": ceiling.object_actions}
    return role_policy(BUCKET, **actions), sessions


def session_arn(grant: str) -> str:
    """Return the ARN of a grant's session."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/temp-role/{grant}"


def ours(config: Config, questions: list[Question]) -> Callable[[], Round]:
    """Return one round of this project's evaluator."""
    role, sessions = policies(config)
    layers = {
        grant: PolicySet(
            identity=(parse_policy(role, Layer.IDENTITY),),
            session=(parse_policy(session, Layer.SESSION),),
            resource=parse_policy(BUCKET_POLICY, Layer.RESOURCE),
        )
        for grant, session in sessions.items()
    }

    def make(asked: Question) -> tuple[PolicySet, Request]:
        grant, action, resource, context = asked
        return layers[grant], Request(session_arn(grant), action, resource, ACCOUNT, ACCOUNT, ROLE, context)

    return timed(questions, make, lambda made: [evaluate(of, request).allowed for of, request in made])


def ministack(config: Config, questions: list[Question]) -> Callable[[], Round]:
    """Return one round of ministack's evaluator, as its `enforce` calls it."""
    from ministack.core import iam_evaluator as evaluator

    role, sessions = policies(config)
    identity = [evaluator.parse_policy_document(role)]
    limits = {grant: [[evaluator.parse_policy_document(session)]] for grant, session in sessions.items()}

    def make(asked: Question) -> Any:
        context = evaluator.EvalContext(
            principal_arn=session_arn(asked.grant),
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=asked.action,
            resource_arn=asked.resource,
            region="us-east-1",
            secure_transport=True,
            source_ip="192.0.2.1",
            service_context={key.lower(): value for key, value in asked.context.items()},
        )
        return limits[asked.grant], context

    def decide(made: list[Any]) -> list[bool]:
        return [
            evaluator.combine_resource_policy(
                evaluator.evaluate(context, identity, *limit), context, BUCKET_POLICY, ACCOUNT, limits=limit
            ).decision
            == "Allow"
            for limit, context in made
        ]

    return timed(questions, make, decide)


def timed(
    questions: list[Question], make: Callable[[Question], Any], decide: Callable[[list[Any]], list[bool]]
) -> Callable[[], Round]:
    """Return a function that makes all requests, then decides them, and says how long each took."""

    def run() -> Round:
        started = time.process_time()
        made = [make(question) for question in questions]
        ready = time.process_time()
        answers = decide(made)
        ended = time.process_time()
        return Round(ended - ready, ended - started, answers)

    return run


@contextmanager
def moto(
    python: str | None, config: Config, questions: list[Question]
) -> Iterator[tuple[str, Callable[[], Round] | None]]:
    """Give one round of moto's evaluator in a process of its own, None without an interpreter that has it."""
    command = [python or sys.executable, str(Path(__file__).with_name("moto_peer.py"))]
    role, sessions = policies(config)
    texts = {"role policy": json.dumps(role)} | {grant: json.dumps(policy) for grant, policy in sessions.items()}
    requests = [(["role policy", asked.grant], asked.action, asked.resource) for asked in questions]
    given = json.dumps({"policies": texts, "requests": requests})
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with started as peer:
        if peer.stdin is None or peer.stdout is None:
            raise RuntimeError("the process of moto has no pipes")
        to, of = peer.stdin, peer.stdout
        found, _, name = of.readline().strip().partition(" ")
        if found != "moto":
            print("moto isn't here, and is left out; pass --moto-python")
            yield "", None
            return
        to.write(given + "\n")
        to.flush()

        def run() -> Round:
            to.write("\n")
            to.flush()
            seconds, answers = json.loads(of.readline())
            return Round(seconds, seconds, answers)

        yield f"moto {name}", run


if __name__ == "__main__":
    sys.exit(main())
