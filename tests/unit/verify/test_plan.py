"""The probes that follow from a configuration."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from temp_access.access_file import load
from temp_access.config.folders import neighbours
from temp_access.config.model import Config, Grant
from temp_access.errors import UserError
from temp_access.iam.decision import Layer
from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.verify.plan.assume_role import is_untrusted
from temp_access.verify.plan.selection import admitted_examples, choose_grants
from temp_access.verify.probes import AssumeCall, Identity, ServiceCall, TrustCheck
from tests.unit.support.config_file import BOB, ROOT, config_of
from tests.unit.support.planning import MARK, RUN, TARGET, plan_of, probe, service_probes

SEGMENTS = ("empty-segment", "dotted-segments")
ANY_ID = "[any_id]\npattern = '[a-c]{1,2}'\naccess = 'read'\n"


@pytest.fixture(scope="module")
def config() -> Config:
    """Return what the project's own access.toml says."""
    return load(ROOT / "access.toml")


def with_grants(config: Config, *grants: Grant) -> Config:
    """Return the configuration with other grants."""
    return replace(config, grants={grant.id: grant for grant in grants})


def test_has_at_least_sixty_probes_with_unique_ids(config: Config) -> None:
    """Each says what to do if it fails."""
    plan = plan_of(config)
    assert len(plan.probes) >= 60
    assert max(Counter(probe.id for probe in plan.probes).values()) == 1
    assert all(probe.cause and probe.title and probe.group for probe in plan.probes)


def test_the_number_of_probes_is_linear_in_the_grants(config: Config) -> None:
    """Each further grant adds the same number."""
    counts = [
        len(plan_of(with_grants(config, *(Grant(f"g{n}", "read", f"g{n}") for n in range(number)))).probes)
        for number in (100, 200, 300)
    ]
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0


@pytest.mark.parametrize("modes", [("list",), ("write",), ("read", "write"), ("read-write", "list"), ("full",)])
def test_every_refusal_has_a_control(config: Config, modes: tuple[str, ...]) -> None:
    """The role if it has the action, otherwise the deployer."""
    grants = [Grant(mode, mode, mode) for mode in modes]
    ceiling = {action for mode in modes for action in ACCESS_MODES[mode].object_actions}
    lists = any(ACCESS_MODES[mode].allows_listing for mode in modes)
    whole = "s3:*" in ceiling
    action = {"delete": "DeleteObject", "list-parts": "ListMultipartUploadParts", "abort": "AbortMultipartUpload"}
    of_role = {
        "list-v1": lists,
        "list-v2": lists,
        "get-bucket-location": lists,
        "copy": whole or {"s3:GetObject", "s3:PutObject"} <= ceiling,
        "get-tagging": whole,
        **dict.fromkeys(("head-marker", "get-missing"), lists and (whole or "s3:GetObject" in ceiling)),
        **dict.fromkeys(("get", "head", "presigned-get"), whole or "s3:GetObject" in ceiling),
        **dict.fromkeys(("put", "presigned-put", "multipart"), whole or "s3:PutObject" in ceiling),
        **{name: whole or f"s3:{short}" in ceiling for name, short in action.items()},
    }
    for one, call in service_probes(plan_of(with_grants(config, *grants))):
        if one.allowed:
            assert one.control is None
        elif one.caller.identity is Identity.GRANT:
            within = of_role.get(call.operation, False)
            assert one.control is not None
            assert one.control.identity is (Identity.ROLE if within else Identity.DEPLOYER), one.id
            assert one.layer is (Layer.SESSION if within else None), one.id
        else:
            assert one.control is not None
            assert one.control.identity is Identity.DEPLOYER
            assert one.layer is Layer.IDENTITY


def test_every_refusal_of_assume_role_has_the_baseline_call_as_control(config: Config) -> None:
    """Otherwise all would pass for a role that nobody can assume."""
    refusals = [one for one in plan_of(config).probes if isinstance(one.call, AssumeCall) and not one.allowed]
    assert len(refusals) >= 6
    assert all(one.control for one in refusals)
    assert {one.control.identity for one in refusals if one.control and one.group == "assume"} == {Identity.USER}
    # Elsewhere it is the same call by whoever can make it: the user, or one of the borrowers.
    controls = {one.control.identity for one in refusals if one.control}
    assert controls == {Identity.USER, Identity.PERSON}


@pytest.mark.parametrize(
    ("mode", "works"),
    [
        ("list", {"list-v1", "list-v2"}),
        ("read", {"list-v1", "list-v2", "get", "head", "presigned-get"}),
        ("write", {"put", "presigned-put", "multipart", "list-parts", "abort"}),
        (
            "read-write",
            {"list-v1", "list-v2", "get", "head", "presigned-get", "put", "presigned-put", "multipart", "list-parts"}
            | {"abort", "copy", "delete"},
        ),
        (
            "full",
            {"list-v1", "list-v2", "get", "head", "presigned-get", "put", "presigned-put", "multipart", "list-parts"}
            | {"abort", "copy", "delete", "get-tagging"},
        ),
    ],
)
def test_inside_the_folder_only_the_modes_operations_are_allowed(config: Config, mode: str, works: set[str]) -> None:
    """All thirteen operations are tried for every mode, and reads and writes of seven unusual keys."""
    plan = plan_of(with_grants(config, Grant("bob", mode, "bob")))
    inside = {one.id.rpartition("/")[2]: one.allowed for one in plan.probes if one.id.startswith("grants.bob/inside/")}
    assert len(inside) == 20
    works = works | ({"marker", "missing", "get-special"} if "get" in works else set())
    works = works | ({f"put-{key}" for key in ("marker", *SEGMENTS, "special")} if "put" in works else set())
    assert {name for name, allowed in inside.items() if allowed} == works
    assert probe(plan, "grants.bob/listing/folder").allowed == ACCESS_MODES[mode].allows_listing
    assert probe(plan, "grants.bob/listing/location").allowed == (mode != "write")


def test_everything_outside_the_folder_is_denied(config: Config) -> None:
    """A sibling, a neighbour, the root, other prefixes, bucket-level and IAM reads."""
    outside = [
        one
        for one in plan_of(config).probes
        if one.id.startswith("grants.bob/") and one.caller.identity is Identity.GRANT
    ]
    places = {one.id.split("/")[1] for one in outside if not one.allowed}
    assert places == {"inside", "sibling", "neighbour", "root", "listing", "beyond", *SEGMENTS}
    allowed = {one.id.split("/")[1] for one in outside if one.allowed}
    assert allowed == {"inside", "listing"}
    refused_listings = {one.id for one in outside if "/listing/" in one.id and not one.allowed}
    assert refused_listings == {f"grants.bob/listing/{name}" for name in ("no-prefix", "empty-prefix", "bare-prefix")}


def test_bob_and_bobby_are_each_others_neighbours(config: Config) -> None:
    """An unsafe prefix leaks between them, so both directions are probed."""
    folders = ("bob", "bobby", "inbox/alice", "a", "bo")
    nearest = neighbours([Grant(folder, "read", folder) for folder in folders])
    assert (nearest["bob"].id, nearest["bobby"].id) == ("bobby", "bob")
    plan = plan_of(config)
    for id_, other in (("bob", "bobby"), ("bobby", "bob")):
        call = probe(plan, f"grants.{id_}/neighbour/get").call
        assert isinstance(call, ServiceCall)
        assert call.key == f"{other}/{MARK}seed"


def test_a_neighbour_doesnt_lie_inside_the_folder() -> None:
    """The outer grant has access to a shared folder."""
    nearest = neighbours([Grant("a", "read", "x"), Grant("b", "read", "x/y", shared=True), Grant("c", "read", "z")])
    assert {id_: other.id for id_, other in nearest.items()} == {"a": "c", "b": "c", "c": "a"}
    assert neighbours([Grant("a", "read", "x"), Grant("b", "read", "x/y", shared=True)]) == {}
    assert neighbours([Grant("a", "read", "x")]) == {}


def test_keys_are_probed_as_they_are_written(config: Config) -> None:
    """Dropped or resolved segments, and keys decoded twice, would lead into the folder or out of it."""
    plan = plan_of(with_grants(config, Grant("bob", "read-write", "x/bob"), Grant("eve", "read", "eve")))

    def key(id_: str) -> str:
        call = probe(plan, f"grants.bob/{id_}").call
        assert isinstance(call, ServiceCall)
        return call.key

    assert key("inside/marker") == "x/bob/"
    assert key("inside/put-marker") == f"x/bob/{MARK}"
    assert key("inside/missing") == f"x/bob/{MARK}missing"
    assert key("inside/put-empty-segment").startswith(f"x/bob/{MARK}/put-")
    assert key("inside/put-dotted-segments").startswith(f"x/bob/{MARK}./../put-")
    for id_ in ("put-special", "get-special"):
        assert all(part in key(f"inside/{id_}") for part in (" ", "+", "%2F", "% ", "\u00e9", "?", "#"))
    assert key("empty-segment/get") == f"/x/bob/{MARK}seed"
    assert key("dotted-segments/get") == f"{MARK}../x/bob/{MARK}seed"
    assert key("sibling/get-missing").startswith(f"x/bob{MARK}get-missing-")


@pytest.mark.parametrize("mode", list(ACCESS_MODES))
def test_a_missing_key_is_missing_only_where_the_mode_lists_and_reads(config: Config, mode: str) -> None:
    """Otherwise, and outside the folder, it is denied."""
    plan = plan_of(with_grants(config, Grant("bob", mode, "bob")))
    allowed = mode in ("read", "read-write", "full")
    assert probe(plan, "grants.bob/inside/missing").allowed == allowed
    assert probe(plan, "grants.bob/inside/marker").allowed == allowed
    assert not probe(plan, "grants.bob/sibling/get-missing").allowed


def test_a_folder_with_wildcards_has_a_lookalike(config: Config) -> None:
    """An unescaped id would match it."""
    plan = plan_of(with_grants(config, Grant("f*o?", "full", "f*o?"), Grant("bob", "full", "bob")))
    call = probe(plan, 'grants."f*o?"/look-alike/get').call
    assert isinstance(call, ServiceCall)
    assert call.key == f"fxoy/{MARK}seed"
    assert not [one.id for one in plan.probes if one.id.startswith("grants.bob/look-alike/")]


def test_the_user_alone_has_no_access_to_the_bucket_by_default(config: Config) -> None:
    """It may only read the role."""
    plan = plan_of(config)
    assert {one.id: one.allowed for one in plan.probes if one.group == "user" and one.allowed} == {
        "user/get-role": True
    }
    assert len([one for one in plan.probes if one.group == "user"]) == 9
    assert plan.warnings == ()


def test_expects_what_the_users_policies_allow_and_warns_of_it(tmp_path: Path) -> None:
    """With AmazonS3FullAccess the role doesn't limit this user."""
    attached = "[[user.aws_managed]]\nname = 'AmazonS3FullAccess'\nreason = 'exports'\n"
    plan = plan_of(config_of(tmp_path, attached + BOB))
    allowed = {one.id.removeprefix("user/") for one in plan.probes if one.group == "user" and one.allowed}
    on_s3 = {"list-v2", "get", "put", "delete", "get-bucket-policy", "list-versions", "list-buckets"}
    assert allowed == on_s3 | {"get-role"}
    assert plan.warnings == (
        "the role doesn't limit temp-user: its policies in [user] allow it to list, get, put, delete objects of the "
        "bucket without the role",
    )


def test_inline_and_customer_managed_policies_count(tmp_path: Path) -> None:
    """Also if both have the same name; an explicit Deny wins."""
    text = """
        [[user.inline]]
        name = "own"
        document = '{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
        [[user.customer_managed]]
        name = "own"
        document = '{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}'
        [[user.customer_managed]]
        name = "never"
        document = '{"Statement": {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}}'
    """
    plan = plan_of(config_of(tmp_path, text + BOB))
    assert {one.id for one in plan.probes if one.group == "user" and one.allowed} == {"user/get", "user/get-role"}
    assert plan.warnings[0].startswith(
        "the role doesn't limit temp-user: its policies in [user] allow it to get objects"
    )


def test_a_permissions_boundary_limits_the_user_and_no_layer_is_expected(tmp_path: Path) -> None:
    """With ReadOnlyAccess as a boundary, AmazonS3FullAccess allows reading only."""
    text = (
        "[user]\npermissions_boundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess'\n"
        "[[user.aws_managed]]\nname = 'AmazonS3FullAccess'\nreason = 'exports'\n"
    )
    plan = plan_of(config_of(tmp_path, text + BOB))
    assert probe(plan, "user/get").allowed
    put = probe(plan, "user/put")
    assert (put.allowed, put.layer) == (False, None)


def test_a_sample_depends_on_its_seed_and_keeps_the_order(config: Config) -> None:
    """The same seed probes the same grants again."""
    many = with_grants(config, *(Grant(f"g{n}", "read", f"g{n}") for n in range(200)))
    one, again, other = (choose_grants(many, (), 5, seed) for seed in (7, 7, 8))
    assert one == again != other
    assert len(one) == 5
    order = list(many.grants)
    assert [order.index(grant.id) for grant in one] == sorted(order.index(grant.id) for grant in one)
    assert choose_grants(many, (), 200, 7) == choose_grants(many, (), None, 7) == list(many.grants.values())


def test_chooses_named_grants_and_ids_that_any_id_admits(tmp_path: Path) -> None:
    """`--grant` takes both."""
    config = config_of(tmp_path, ANY_ID + "folder = 't/{id}'\n[grants.ab]\naccess = 'full'\n" + BOB)
    assert choose_grants(config, ["bob", "ab", "ca"], None, 0) == [
        config.grants["bob"],
        Grant("ab", "full", "ab"),
        Grant("ca", "read", "t/ca"),
    ]
    with pytest.raises(
        UserError, match=r"^no grant has the id 'bo' \(did you mean 'bob'\?\); the listed ones are in .*access"
    ):
        choose_grants(config, ["bo"], None, 0)


def test_probes_two_example_ids_of_any_id(tmp_path: Path) -> None:
    """One of them extends the other if the pattern allows it, and neither is listed."""
    text = ANY_ID + "folder = 't/{id}'\n[grants.a]\naccess = 'read'\n[grants.b]\naccess = 'read'\n"
    config = config_of(tmp_path, text)
    assert admitted_examples(config) == [Grant("c", "read", "t/c"), Grant("ca", "read", "t/ca")]
    groups = {one.group for one in plan_of(config).probes}
    assert {"grants.a", "grants.b", "grants.c", "grants.ca"} <= groups
    assert admitted_examples(config_of(tmp_path, BOB)) == []


CONDITIONS = """
[role.conditions]
mfa = true
source_ip = ["192.0.2.0/24"]
source_identity = "*@example.com"
session_name = "s-*"
[[role.trusted]]
principal = "222233334444"
external_id = "the-partner"
[[role.trusted]]
principal = "user/ann"
"""


def test_each_condition_of_the_trust_policy_has_a_probe_without_it(tmp_path: Path) -> None:
    """All other probes meet the condition."""
    plan = plan_of(config_of(tmp_path, CONDITIONS + BOB))
    without = {"no-source-identity", "session-name", "no-mfa", "other-network", "no-external-id-0"}
    assert without <= {one.id.removeprefix("assume/") for one in plan.probes if not one.allowed}
    plain = probe(plan, "assume/default").call
    assert plain == AssumeCall(None, None, "s-temp-access-verify", "verify@example.com")
    lacking = probe(plan, "assume/no-source-identity").call
    assert isinstance(lacking, AssumeCall)
    assert lacking.source_identity is None
    elsewhere = probe(plan, "assume/other-network").call
    assert isinstance(elsewhere, TrustCheck)
    assert dict(elsewhere.context)["aws:SourceIp"] == "198.51.100.1"
    partner, bare = (probe(plan, f"assume/{name}").call for name in ("trusted-0", "no-external-id-0"))
    assert isinstance(partner, TrustCheck)
    assert isinstance(bare, TrustCheck)
    assert set(partner.context) - set(bare.context) == {("sts:ExternalId", "the-partner")}


def test_without_conditions_there_are_no_condition_probes(config: Config) -> None:
    """Only a condition can be violated."""
    conditions = ("no-source-identity", "session-name", "no-mfa", "other-network", "no-external-id-0")
    ids = {one.id for one in plan_of(config).probes}
    assert not ids & {f"assume/{name}" for name in conditions}


def test_probes_durations_at_and_beyond_both_limits(tmp_path: Path) -> None:
    """15 minutes and the role's maximum work; one second less or more is refused, and so is over 1h chained."""
    plan = plan_of(config_of(tmp_path, "[role]\nmax_session_duration = '2h'\n" + BOB))
    tried = {
        (one.caller.identity, one.call.duration, one.allowed)
        for one in plan.probes
        if isinstance(one.call, AssumeCall) and one.id.startswith("assume/") and one.call.policy is None
    }
    assert tried >= {
        (Identity.USER, None, True),
        (Identity.USER, 900, True),
        (Identity.USER, 7200, True),
        (Identity.USER, 899, False),
        (Identity.USER, 7201, False),
        (Identity.USER_SESSION_TOKEN, 3600, True),
        (Identity.USER_SESSION_TOKEN, 3601, False),
    }


def test_the_deployer_is_probed_only_if_it_is_untrusted(config: Config) -> None:
    """A trusted principal may assume the role."""
    ids = [{one.id for one in plan_of(config, deployer_is_untrusted=untrusted).probes} for untrusted in (True, False)]
    assert ids[0] - ids[1] == {"assume/by-the-deployer"}


@pytest.mark.parametrize(
    ("principal", "arn", "untrusted"),
    [
        ("role/build", "arn:aws:sts::111122223333:assumed-role/build/ci-1", False),
        ("role/ci/build", "arn:aws:sts::111122223333:assumed-role/build/ci-1", False),
        ("role/build", "arn:aws:sts::111122223333:assumed-role/builder/ci-1", True),
        ("role/build", "arn:aws:iam::111122223333:user/build", True),
        ("user/ann", "arn:aws:iam::111122223333:user/ann", False),
        ("user/ann", "arn:aws:iam::111122223333:user/anna", True),
        ("222233334444", "arn:aws:iam::222233334444:user/ann", False),
        ("222233334444", "arn:aws:iam::111122223333:user/ann", True),
        ("arn:aws:iam::222233334444:user/ann", "arn:aws:iam::111122223333:user/ann", True),
    ],
)
def test_an_untrusted_caller_isnt_named_by_the_trust_policy(
    tmp_path: Path, principal: str, arn: str, untrusted: bool
) -> None:
    """Neither its ARN, nor the role of its session, nor its account."""
    trusted = f"[[role.trusted]]\nprincipal = '{principal}'\nexternal_id = 'xyz'\n"
    assert is_untrusted(config_of(tmp_path, trusted + BOB), arn) == untrusted
    assert is_untrusted(config_of(tmp_path, BOB), arn)


def test_the_role_and_a_widened_session_have_access_to_the_bucket_only(config: Config) -> None:
    """Both have the same probes: a session policy never adds permissions."""
    plan = plan_of(config)
    role, widened = (
        {one.id.partition("/")[2]: one.call for one in plan.probes if one.group == group}
        for group in ("role", "widened")
    )
    assert role == widened
    assert set(role) == {
        "get-bucket-policy",
        "get-bucket-location",
        "list-versions",
        "list-buckets",
        "list-users",
        "other-bucket",
    }
    allowed = {one.id for one in plan.probes if one.group in ("role", "widened") and one.allowed}
    assert allowed == {"role/get-bucket-location", "widened/get-bucket-location"}


def test_a_role_that_only_uploads_doesnt_tell_the_buckets_region(config: Config) -> None:
    """No access mode in use lists."""
    plan = plan_of(with_grants(config, Grant("bob", "write", "bob")))
    located = [one for one, call in service_probes(plan) if call.operation == "get-bucket-location"]
    assert [one.id for one in located] == [
        "role/get-bucket-location",
        "widened/get-bucket-location",
        "grants.bob/listing/location",
    ]
    assert not any(one.allowed for one in located)


def test_the_siblings_name_begins_with_the_folders(config: Config) -> None:
    """A pattern without its slash matches `bob.temp-access-probe-…`."""
    call = probe(plan_of(config), "grants.bob/sibling/get").call
    assert call == ServiceCall("get", TARGET.bucket, key=f"bob.temp-access-probe-{RUN}/seed")
