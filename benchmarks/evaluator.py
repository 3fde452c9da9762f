"""Compare the speed of the evaluator with ministack's and moto's: `python benchmarks/evaluator.py`.

The policies are those of the example: for each grant of access.toml the role's policy, the session policy and the
bucket policy. Every request is distinct, every decision has its reasons, and no decision is cached. The evaluators
take turns, round by round; the figures are medians of CPU time on one core.

This project doesn't install moto. It runs in a process of its own, with an interpreter that has it:

    python3 -m venv /tmp/moto && /tmp/moto/bin/pip install moto==5.2.1
    python benchmarks/evaluator.py --moto-python /tmp/moto/bin/python

It gets the role's policy and the session policy only, because it doesn't support conditions on aws:SecureTransport.
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
from temp_access.policies.access_modes import grant_access, role_ceiling
from temp_access.policies.role_policy import role_policy
from temp_access.policies.session_policy import session_policy

GOAL = 200_000
ROOT = Path(__file__).parents[1]
ACCOUNT, BUCKET = "111122223333", "arn:aws:s3:::example-temp-access"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/temp-role"
OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectTagging")
# The bucket policy of `FolderBucket`, which denies requests without TLS.
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
    """One request: the grant of the session, the action, the resource and the context."""

    grant: str
    action: str
    resource: str
    context: dict[str, str]


class Round(NamedTuple):
    """The CPU seconds of one round, without and with the creation of the requests, and its decisions."""

    decision_seconds: float
    total_seconds: float
    decisions: list[bool]


def main() -> int:
    """Measure, print, and return 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description="Compare the evaluator with ministack's and moto's.")
    parser.add_argument("--requests", type=int, default=30_000, help="requests in each round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each evaluator (default: %(default)s)")
    parser.add_argument("--moto-python", metavar="PYTHON", help="an interpreter that has moto")
    args = parser.parse_args()
    if args.moto_python and not shutil.which(args.moto_python):
        parser.error(f"{args.moto_python} isn't an executable; install moto as the head of this file describes")
    config = load(ROOT / "access.toml")
    questions = list(create_questions(config, args.requests))
    with moto_runner(args.moto_python, config, questions) as (moto_name, moto_round):
        runners: dict[str, Callable[[], Round]] = {
            "temp_access": project_runner(config, questions),
            f"ministack {version('ministack')}": ministack_runner(config, questions),
        }
        if moto_round:
            runners[moto_name] = moto_round
        rounds: dict[str, list[Round]] = {name: [] for name in runners}
        for _ in range(args.rounds):
            for name, run in runners.items():
                rounds[name].append(run())
    return report(rounds, len(questions), args.rounds)


def report(rounds: dict[str, list[Round]], requests: int, number: int) -> int:
    """Print a line for each evaluator; return 1 if this project's misses the goal."""
    own_rounds = next(iter(rounds.values()))
    own_decisions = own_rounds[0].decisions
    print(f"{requests:,} distinct requests, {sum(own_decisions):,} allowed; medians of {number} rounds")
    print(f"{'':18}{'per second':>10}  {'with request creation':>24}  {'times slower':>12}  decided differently")
    own_speed = requests / median(each.decision_seconds for each in own_rounds)
    for name, evaluator_rounds in rounds.items():
        speed = requests / median(each.decision_seconds for each in evaluator_rounds)
        total_speed = requests / median(each.total_seconds for each in evaluator_rounds)
        different = sum(own != other for own, other in zip(own_decisions, evaluator_rounds[0].decisions, strict=True))
        print(f"{name:18}{speed:10,.0f}  {total_speed:24,.0f}  {own_speed / speed:12.1f}  {different:,}")
    met = own_speed >= GOAL
    print(f"goal {GOAL:,}: {'met' if met else 'MISSED'}")
    return 0 if met else 1


def create_questions(config: Config, number: int) -> Iterator[Question]:
    """Yield distinct requests of each grant's session, to its own folder and to those of the other grants."""
    grants = list(config.grants.values())
    for index in range(number):
        round_index, grant_index = divmod(index, len(grants))
        action = (*OBJECT_ACTIONS, "s3:ListBucket")[round_index % (len(OBJECT_ACTIONS) + 1)]
        path = f"{grants[round_index // 5 % len(grants)].folder}/{index}"
        context = {"aws:SecureTransport": "true", "aws:SourceIp": "192.0.2.1"}
        if action == "s3:ListBucket":
            yield Question(grants[grant_index].id, action, BUCKET, {**context, "s3:prefix": path})
        else:
            yield Question(grants[grant_index].id, action, f"{BUCKET}/{path}", context)


def policies(config: Config) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the role's policy, and each grant's session policy."""
    sessions = {
        grant.id: session_policy(grant.folder, grant_access(grant), bucket=BUCKET.rpartition(":")[2])
        for grant in config.grants.values()
    }
    ceiling = role_ceiling(config)
    actions = {"bucket_actions": ceiling.bucket_actions, "object_actions": ceiling.object_actions}
    return role_policy(BUCKET, **actions), sessions


def session_arn(grant: str) -> str:
    """Return the ARN of a grant's session."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/temp-role/{grant}"


def project_runner(config: Config, questions: list[Question]) -> Callable[[], Round]:
    """Return a function that runs one round of this project's evaluator."""
    role, sessions = policies(config)
    policy_sets = {
        grant: PolicySet(
            identity=(parse_policy(role, Layer.IDENTITY),),
            session=(parse_policy(session, Layer.SESSION),),
            resource=parse_policy(BUCKET_POLICY, Layer.RESOURCE),
        )
        for grant, session in sessions.items()
    }

    def create_request(question: Question) -> tuple[PolicySet, Request]:
        grant, action, resource, context = question
        return policy_sets[grant], Request(session_arn(grant), action, resource, ACCOUNT, ACCOUNT, ROLE, context)

    return timed(
        questions,
        create_request,
        lambda requests: [evaluate(policy_set, request).allowed for policy_set, request in requests],
    )


def ministack_runner(config: Config, questions: list[Question]) -> Callable[[], Round]:
    """Return a function that runs one round of ministack's evaluator, called as its `enforce` calls it."""
    from ministack.core import iam_evaluator as evaluator

    role, sessions = policies(config)
    identity = [evaluator.parse_policy_document(role)]
    limits = {grant: [[evaluator.parse_policy_document(session)]] for grant, session in sessions.items()}

    def create_request(question: Question) -> Any:
        context = evaluator.EvalContext(
            principal_arn=session_arn(question.grant),
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=question.action,
            resource_arn=question.resource,
            region="us-east-1",
            secure_transport=True,
            source_ip="192.0.2.1",
            service_context={key.lower(): value for key, value in question.context.items()},
        )
        return limits[question.grant], context

    def decide(requests: list[Any]) -> list[bool]:
        return [
            evaluator.combine_resource_policy(
                evaluator.evaluate(context, identity, *limit), context, BUCKET_POLICY, ACCOUNT, limits=limit
            ).decision
            == "Allow"
            for limit, context in requests
        ]

    return timed(questions, create_request, decide)


def timed(
    questions: list[Question], create_request: Callable[[Question], Any], decide: Callable[[list[Any]], list[bool]]
) -> Callable[[], Round]:
    """Return a function that creates all requests, then decides them, and measures both."""

    def run() -> Round:
        started = time.process_time()
        requests = [create_request(question) for question in questions]
        created = time.process_time()
        decisions = decide(requests)
        ended = time.process_time()
        return Round(ended - created, ended - started, decisions)

    return run


@contextmanager
def moto_runner(
    python: str | None, config: Config, questions: list[Question]
) -> Iterator[tuple[str, Callable[[], Round] | None]]:
    """Yield moto's name and a function that runs one round in a process of its own; None if moto isn't installed."""
    command = [python or sys.executable, str(Path(__file__).with_name("moto_peer.py"))]
    role, sessions = policies(config)
    documents = {"role policy": json.dumps(role)} | {grant: json.dumps(policy) for grant, policy in sessions.items()}
    requests = [(["role policy", question.grant], question.action, question.resource) for question in questions]
    case = json.dumps({"policies": documents, "requests": requests})
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process as peer:
        if peer.stdin is None or peer.stdout is None:
            raise RuntimeError("the process of moto has no pipes")
        to_peer, from_peer = peer.stdin, peer.stdout
        program, _, version_number = from_peer.readline().strip().partition(" ")
        if program != "moto":
            print("moto isn't installed and is left out; pass --moto-python")
            yield "", None
            return
        to_peer.write(case + "\n")
        to_peer.flush()

        def run() -> Round:
            to_peer.write("\n")
            to_peer.flush()
            seconds, decisions = json.loads(from_peer.readline())
            return Round(seconds, seconds, decisions)

        yield f"moto {version_number}", run


if __name__ == "__main__":
    sys.exit(main())
