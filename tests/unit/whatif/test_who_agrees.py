"""`temp-access who` agrees with `can`, and with all principals tried in all circumstances (a property)."""

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from temp_access.config.borrower import BorrowerKind
from temp_access.deployment.effective_policies import UnknownAs
from temp_access.deployment.state import RoleState, UserState
from temp_access.iam.aws_managed import ALLOW_ALL
from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import ContextValue, Request
from temp_access.whatif.answer import decide
from temp_access.whatif.borrowers import read_borrower
from temp_access.whatif.holders import Holders
from temp_access.whatif.model import Principal, Question
from temp_access.whatif.places import Places
from temp_access.whatif.principal import read_principal
from temp_access.whatif.question import read_question
from temp_access.whatif.who import ask_who
from temp_access.whatif.who_model import RoleHolder, Way
from tests.unit.support.examples import examples
from tests.unit.support.who_sample import ACCOUNT, FAR, ISSUER, NEAR, PARTNER, WhoSample, who_sample

QUESTIONS = (
    ("s3:GetObject", "bob/x"),
    ("s3:PutObject", "bobby/x"),
    ("s3:GetObject", "b/x"),
    ("s3:GetObject", "tenants/t-1/x"),
    ("s3:GetObject", "elsewhere"),
    ("s3:ListBucket", "bob/"),
    ("s3:ListBucket", "bucket"),
    ("s3:GetBucketLocation", "bucket"),
    ("s3:GetBucketPolicy", "bucket"),
)
HOST = ISSUER.removeprefix("https://")
CALLERS = (
    "user/ann",
    "user/dan",
    "user/temp-user",
    "user/other",
    "role/build",
    "role/another",
    "sso/DataTeam/ann@example.com",
    "sso/DataTeam/dan@example.com",
    "sso/Ops/ann@example.com",
    "oidc/github/repo:example/app:ref:refs/heads/main",
    "oidc/github/repo:example/app:ref:refs/heads/next",
    "oidc/github/repo:example/app:ref:refs/tags/1",
    "service/lambda.amazonaws.com",
    "service/ec2.amazonaws.com",
    f"arn:aws:iam::{PARTNER}:role/partner",
    f"arn:aws:iam::{PARTNER}:user/eve",
)
_ALL = parse_policy(ALLOW_ALL, Layer.IDENTITY)
PROPERTY = settings(
    examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("who")


def circumstances(principal: Principal, *, mfa: tuple[str | None, ...]) -> Iterator[dict[str, ContextValue]]:
    """Yield the condition keys of calls that the principal can make."""
    external_ids = (None, "the-partner")
    for address, factor, external_id in itertools.product((NEAR, FAR), mfa, external_ids):
        yield {
            **principal.context,
            "aws:SourceIp": address,
            "aws:SecureTransport": "true",
            "aws:MultiFactorAuthPresent": factor,
            "sts:ExternalId": external_id,
            "sts:RoleSessionName": f"a-{principal.arn.rpartition('/')[2]}",
            "aws:CurrentTime": "2026-11-28T00:00:00Z",
        }


def can_ever(policies: PolicySet, request: Request, contexts: Iterator[dict[str, ContextValue]]) -> bool:
    return any(evaluate(policies, request._replace(context=context)).allowed for context in contexts)


def covers(holder: RoleHolder, caller: str) -> bool:
    """Whether an entry of the answer speaks of the caller."""
    if holder.kind == "account":
        own = PARTNER if PARTNER in caller else ACCOUNT
        return own in holder.who and not caller.startswith(("oidc/", "service/"))
    if holder.kind == BorrowerKind.OIDC:
        pattern = ".*".join(map(re.escape, holder.who.split("*")))
        return re.fullmatch(pattern, caller) is not None
    return holder.who == caller or (holder.kind == BorrowerKind.SSO and caller.startswith(f"{holder.who}/"))


@PROPERTY
@given(seed=st.integers(0, 2**32))
def test_who_can_assume_a_role_is_who_succeeds_in_some_circumstances(folder: Path, seed: int) -> None:
    """Each caller is tried, with every combination of MFA, address and external id."""
    sample = who_sample(folder, seed)
    holders = Holders(sample.source, Places(sample.config, sample.source))
    for role in sample.roles:
        found = [each for each in holders.of(role) if not each.via]
        assert not any(each.reach.depends_on for each in found)
        for caller in CALLERS:
            expected = can_assume(sample, role, caller)
            listed = [each for each in found if covers(each, caller)]
            if expected:
                assert listed, (role.name, caller)
            elif listed:
                # An account is named with the conditions, which one caller may not meet.
                assert all(each.kind == "account" for each in listed), (role.name, caller)


def can_assume(sample: WhoSample, role: RoleState, caller: str) -> bool:
    source = sample.source
    principal = read_principal(caller, None, sample.config, source)
    holder = principal.holder
    identity = source.policies.of(holder, UnknownAs.ALLOW_NOTHING).identity if holder else (_ALL,)
    policies = PolicySet(identity=identity, resource=source.policies.trust_policy(role), resource_is_trust_policy=True)
    by_token = caller.startswith("oidc/")
    request = Request(
        principal=principal.arn,
        action="sts:AssumeRoleWithWebIdentity" if by_token else "sts:AssumeRole",
        resource=source.target.arn(f"role{role.path}{role.name}"),
        account=principal.account,
        resource_account=ACCOUNT,
        role_arn=principal.role_arn,
    )
    return can_ever(policies, request, circumstances(principal, mfa=(None, "true", "false")))


@PROPERTY
@given(seed=st.integers(0, 2**32), question=st.sampled_from(QUESTIONS))
def test_who_says_of_each_user_and_session_what_can_says(folder: Path, seed: int, question: tuple[str, str]) -> None:
    """An entry without conditions is what `can` allows; one with conditions is allowed in other circumstances."""
    sample = who_sample(folder, seed)
    config, source = sample.config, sample.source
    asked = read_question(*question, None, source)
    answer = ask_who(asked, {}, source, config)
    assert answer.exit_code == 0
    state = source.policies.state

    for name in (state.user.name, *state.users):
        principal = read_principal(f"user/{name}", None, config, source)
        check(
            sample, principal, asked, [way for way in answer.ways if way.holder.who == f"user/{name}" and not way.roles]
        )
    for id_, grant in [*config.grants.items(), *([("t-1", config.any_id)] if config.any_id else [])]:
        principal = read_principal(id_, None, config, source)
        own = config.own_role_grants.get(id_)
        role = principal.role_arn and source.role(principal.role_arn)
        assert isinstance(role, RoleState)
        ways = [way for way in answer.ways if id_ in (way.grant, way.id_)]
        assert grant is not None
        assert all(way.has_session_policy is (own is None) for way in ways)
        if Holders(source, Places(config, source)).of(role):
            if id_ == "t-1" and asked.resource == source.target.bucket_arn:
                # Of ids that aren't listed, one stands for all.
                continue
            check(sample, principal, asked, ways)
        else:
            assert not ways
    ways = [way for way in answer.ways if way.roles and way.grant is None]
    if Holders(source, Places(config, source)).of(state.role):
        check(sample, read_principal("role", None, config, source), asked, ways)
    else:
        assert not ways


@PROPERTY
@given(seed=st.integers(0, 2**32), question=st.sampled_from(QUESTIONS))
def test_whom_else_the_bucket_lets_in_succeeds_in_some_circumstances(
    folder: Path, seed: int, question: tuple[str, str]
) -> None:
    """Of the own account, by the bucket's policy alone; of another one, if its own policies allow everything."""
    sample = who_sample(folder, seed)
    config, source = sample.config, sample.source
    asked = read_question(*question, None, source)
    direct = [way.holder for way in ask_who(asked, {}, source, config).ways if not way.roles]
    bucket = source.policies.bucket_policy(source.policies.state.bucket)
    for caller in ("user/other", f"arn:aws:iam::{PARTNER}:user/eve"):
        principal = read_principal(caller, None, config, source)
        policies = PolicySet(identity=() if principal.account == ACCOUNT else (_ALL,), resource=bucket)
        request = Request(principal.arn, asked.action, asked.resource, principal.account, ACCOUNT)
        prefix = {} if asked.prefix is None else {"s3:prefix": asked.prefix}
        contexts = ({**context, **prefix} for context in circumstances(principal, mfa=(None, "true", "false")))
        expected = can_ever(policies, request, contexts)
        assert any(covers(holder, caller) for holder in direct) is expected, caller


def check(sample: WhoSample, principal: Principal, asked: Question, ways: list[Way]) -> None:
    alone = decide(principal, asked, {}, sample.source, sample.config)
    assert alone.verdict in ("allowed", "denied")
    reaches = {way.reach for way in ways}
    assert len(reaches) <= 1
    if alone.verdict == "allowed":
        assert reaches, principal.description
        assert not any(reach.conditions for reach in reaches)
        return
    mfa = (None, "true", "false") if isinstance(principal.holder, UserState) else ("true", "false")
    contexts = ({**context} for context in circumstances(principal, mfa=mfa))
    ever = any(ever_allowed(sample, principal, asked, context) for context in contexts)
    assert bool(reaches) is ever, principal.description
    assert all(reach.conditions for reach in reaches)


def ever_allowed(sample: WhoSample, principal: Principal, asked: Question, context: Mapping[str, ContextValue]) -> bool:
    return decide(principal, asked, context, sample.source, sample.config).verdict == "allowed"


def test_borrowers_of_the_sample_are_read(folder: Path) -> None:
    """The callers that are tried are those that access.toml can name."""
    sample = who_sample(folder, 0)

    token = read_borrower(CALLERS[9], sample.config, sample.source.target)
    assert token.context == {f"{HOST}:sub": CALLERS[9].split("/", 2)[2], f"{HOST}:aud": "sts.amazonaws.com"}
