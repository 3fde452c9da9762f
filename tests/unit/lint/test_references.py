"""Policies that depend on functions, parameters, mappings and loops; what can't be read is said."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples
from tests.unit.support.linting import attached, bucket, document, identity, lint, managed, resource, rules, trust

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
ROLE = {"AWS": "arn:aws:iam::111122223333:role/r"}
ASSUME = {"Action": "sts:AssumeRole", "Principal": {"AWS": "444455556666"}}
LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
PASS = {"Action": "iam:PassRole", "Resource": "*"}
NOTHING = {"Ref": "AWS::NoValue"}
UNKNOWN_KEYS = {"Condition": {"StringEquals": {"Fn::GetAtt": ["Keys", "Value"]}}}
MAPPINGS = {"Mappings": {"M": {"us-east-1": {"who": "*"}, "eu-west-1": {"who": ROLE["AWS"]}}}}
INCLUDE = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/x.json"}}}


def for_everyone(principal: object) -> dict[str, Any]:
    """Return a template of a bucket that this principal may read."""
    return bucket(READ | {"Principal": principal})


def parameter(**values: object) -> dict[str, Any]:
    """Return the section of a template with the parameter P."""
    return {"Parameters": {"P": {"Type": "String", **values}}}


@pytest.mark.parametrize(
    ("principal", "sections"),
    [
        ({"AWS": {"Fn::Sub": ["${A}", {"A": "*"}]}}, {}),
        ({"AWS": {"Fn::Join": ["", ["*"]]}}, {}),
        ({"AWS": [{"Fn::Select": ["1", ["x", "*"]]}]}, {}),
        ({"AWS": {"Fn::Select": [0, {"Fn::Split": [",", "*,x"]}]}}, {}),
        ({"AWS": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "who"]}}, MAPPINGS),
        ({"AWS": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "none", {"DefaultValue": "*"}]}}, MAPPINGS),
        ({"AWS": {"Ref": "P"}}, parameter(Default="*")),
        ({"AWS": {"Ref": "P"}}, parameter(AllowedValues=["444455556666", "*"])),
        ({"AWS": {"Fn::Sub": "${P}"}}, parameter(AllowedValues=["444455556666", "*"])),
        ({"AWS": {"Ref": "P"}}, parameter(Type="CommaDelimitedList", Default="444455556666,*")),
        (
            {"AWS": {"Ref": "P"}},
            parameter() | {"Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "*"]}}},
        ),
        ({"Fn::If": ["A", {"Fn::If": ["B", {"Fn::If": ["C", ROLE, "*"]}, ROLE]}, ROLE]}, {}),
        ({"Fn::If": ["A", ROLE, {"AWS": {"Fn::If": ["B", [ROLE["AWS"], {"Fn::If": ["C", "*", NOTHING]}], "x"]}}]}, {}),
    ],
)
def test_reads_a_principal_behind_a_function(principal: object, sections: dict[str, Any]) -> None:
    """Each value that it can have is read."""
    assert "Everyone" in rules(for_everyone(principal) | sections)


@pytest.mark.parametrize(
    ("principal", "sections"),
    [
        ({"AWS": {"Ref": "P"}}, parameter(AllowedValues=["444455556666"])),
        ({"AWS": {"Fn::FindInMap": ["M", "eu-west-1", "who"]}}, MAPPINGS),
        ({"Fn::If": ["C", "*", ROLE]}, {"Conditions": {"C": {"Fn::Equals": ["a", "b"]}}}),
        ({"Fn::If": ["A", {"Fn::If": ["A", ROLE, "*"]}, ROLE]}, {}),
        (
            {"Fn::If": ["A", {"Fn::If": ["B", "*", ROLE]}, ROLE]},
            parameter()
            | {
                "Conditions": {
                    "A": {"Fn::Equals": [{"Ref": "P"}, "x"]},
                    "B": {"Fn::And": [{"Fn::Not": [{"Condition": "A"}]}, {"Fn::Equals": [{"Ref": "P"}, "y"]}]},
                }
            },
        ),
    ],
)
def test_a_value_that_cant_be_deployed_isnt_reported(principal: object, sections: dict[str, Any]) -> None:
    """Conditions on the same parameter agree, and only allowed values are possible."""
    assert rules(for_everyone(principal) | sections) == []


def test_a_resource_is_read_with_its_condition() -> None:
    """What it is without the condition never exists."""
    template = for_everyone({"Fn::If": ["C", ROLE, "*"]})
    template["Resources"]["R"]["Condition"] = "C"
    assert rules(template) == []
    template["Resources"]["R"]["Condition"] = "D"
    assert rules(template) == ["Everyone"]
    assert rules(template | {"Conditions": {"D": {"Fn::Equals": ["a", "b"]}}}) == []


@pytest.mark.parametrize("effect", [{"Fn::If": ["C", "Allow", "Deny"]}, {"Fn::GetAtt": ["X", "Y"]}, {"Ref": "P"}])
def test_an_effect_that_isnt_known_is_both(effect: object) -> None:
    """A function can give Allow, and a Deny is read as well."""
    assert rules(identity(LIST | {"Effect": effect}) | parameter(Default="Deny")) == ["ListWithoutPrefix"]
    text = json.dumps(document(LIST | {"Effect": "${P}"}))
    assert rules(resource("AWS::IAM::ManagedPolicy", PolicyDocument={"Fn::Sub": text})) == ["ListWithoutPrefix"]


@pytest.mark.parametrize(
    ("effect", "sections"),
    [
        ({"Ref": "P"}, parameter(AllowedValues=["Deny"])),
        ({"Fn::FindInMap": ["E", {"Ref": "AWS::Region"}, "e"]}, {"Mappings": {"E": {"a": {"e": "Deny"}}}}),
    ],
)
def test_an_effect_that_can_only_be_deny_is_deny(effect: object, sections: dict[str, Any]) -> None:
    """All of its values are known."""
    assert rules(identity(LIST | {"Effect": effect}) | sections) == []


def test_unknown_keys_are_a_condition() -> None:
    """They limit who assumes a role. Whether they limit the rest as its rule requires, nobody can tell."""
    assert rules(trust(ASSUME)) == ["AccountTrust"]
    assert rules(trust(ASSUME | UNKNOWN_KEYS)) == []
    assert rules(trust(ASSUME | {"Condition": {"Fn::GetAtt": ["Keys", "Value"]}})) == []
    assert rules(trust(ASSUME | {"Condition": {"StringEqualsIfExists": {"Ref": "Keys"}}})) == ["AccountTrust"]
    for template in (
        bucket(READ | {"Principal": "*"} | UNKNOWN_KEYS),
        bucket(READ | {"Principal": "*", "Condition": {"Ref": "Conditions"}}),
        identity(LIST | UNKNOWN_KEYS),
        identity(PASS | UNKNOWN_KEYS),
    ):
        [finding] = lint(template)
        assert finding.severity == "undecided"
        assert "the keys of its condition aren't known" in finding.message
    assert [each.severity for each in lint(bucket(READ | {"Principal": "*"}))] == ["error"]


def test_a_finding_is_shown_with_the_reference_where_the_value_doesnt_matter() -> None:
    """So there is one finding for all values of a parameter, and its id stays the same."""
    prefix = READ | {"Resource": {"Fn::Sub": "arn:aws:s3:::${P}-logs/bob*"}}
    for values in ({"Default": "a"}, {"AllowedValues": ["a", "b"]}, {}):
        [finding] = lint(identity(prefix) | parameter(**values))
        assert finding.id == "AccessChecks::PrefixWithoutSlash[arn:aws:s3:::<P>-logs/bob*]"


def test_a_place_is_the_position_in_the_template() -> None:
    """Items that a condition removes count."""
    narrow = {"Fn::If": ["C", READ | {"Principal": ROLE}, NOTHING]}
    body = {"Version": "2012-10-17", "Statement": [narrow, narrow, READ | {"Principal": "*"}]}
    policies: list[Any] = [{"Fn::If": ["C", {"PolicyName": "x", "PolicyDocument": document(READ)}, NOTHING]}]
    policies += [{"PolicyName": "p", "PolicyDocument": document(PASS)}]
    found = lint(resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=body))
    assert [finding.place for finding in found] == ["Properties.PolicyDocument.Statement.2"]
    assert [finding.place for finding in lint(resource("AWS::IAM::Role", Policies=policies))] == [
        "Properties.Policies.1.PolicyDocument.Statement.0"
    ]


@pytest.mark.parametrize("text", [True, False])
def test_reads_a_document_that_is_written_as_a_string(text: bool) -> None:
    """The string is JSON, with or without references."""
    body = json.dumps(document(READ | {"Principal": "*", "Resource": "arn:${AWS::Partition}:s3:::b/*"}))
    written = body.replace("${AWS::Partition}", "aws") if text else {"Fn::Sub": body}
    assert rules(resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=written)) == ["Everyone"]


@pytest.mark.parametrize("count", [9, 40])
def test_each_statement_is_read_with_all_of_its_conditions(count: int) -> None:
    """A document can have more combinations than are read: then each of its statements is read without the others."""
    many = [
        READ | {"Principal": {"Fn::If": [f"A{i}", {"Fn::If": [f"B{i}", ROLE, "*"]}, ROLE]}, "Sid": f"S{i}"}
        for i in range(count)
    ]
    found = lint(bucket(*many))
    assert [(finding.rule, finding.place) for finding in found] == [
        ("Everyone", f"Properties.PolicyDocument.Statement.{i}") for i in range(count)
    ]


def test_a_statement_that_is_left_out_leaves_no_empty_document() -> None:
    """There is always another one."""
    statements = [{"Fn::If": [f"C{i}", READ | {"Sid": f"S{i}"}, NOTHING]} for i in range(12)]
    body = {"Version": "2012-10-17", "Statement": [*statements, READ]}
    assert rules(resource("AWS::IAM::ManagedPolicy", PolicyDocument=body)) == []


def test_says_what_it_couldnt_combine() -> None:
    """Every branch is read even then."""
    actions = [{"Fn::If": [f"C{i}", f"s3:GetObject{i}", NOTHING]} for i in range(20)]
    principal = {"Fn::If": ["A", {"Fn::If": ["B", ROLE, "*"]}, ROLE]}
    found = lint(bucket(READ | {"Action": actions, "Principal": principal}))
    assert {"Everyone", "Unread"} <= {finding.rule for finding in found}
    [unread] = [finding for finding in found if finding.rule == "Unread"]
    assert "each branch is read, but not each combination" in unread.message


@pytest.mark.parametrize(
    ("template", "place"),
    [
        (resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument={"Ref": "P"}), "Properties.PolicyDocument"),
        (resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=INCLUDE), "Properties.PolicyDocument"),
        (resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument="{"), "Properties.PolicyDocument"),
        (
            resource(
                "AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=document(READ | {"Principal": ROLE}) | INCLUDE
            ),
            "Properties.PolicyDocument",
        ),
        (resource("AWS::S3::BucketPolicy", Bucket="b", **INCLUDE), "Properties"),
        (resource("AWS::S3::BucketPolicy", **INCLUDE), "Properties"),
        (
            resource("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": {"Ref": "P"}}),
            "Properties.PolicyDocument.Statement",
        ),
        (
            resource("AWS::IAM::ManagedPolicy", PolicyDocument=document() | {"Statement": [READ, {"Ref": "P"}]}),
            "Properties.PolicyDocument.Statement.1",
        ),
        (managed(READ | INCLUDE), "Properties.PolicyDocument.Statement.0"),
        (resource("AWS::IAM::ManagedPolicy", PolicyDocument=[document(READ)]), "Properties.PolicyDocument"),
        (
            resource(
                "AWS::S3::BucketPolicy",
                Bucket="b",
                PolicyDocument=document(READ | {"Principal": {"Fn::GetAtt": ["CfnJson", "Value"]}}),
            ),
            "Properties.PolicyDocument.Statement.0.Principal",
        ),
        (resource("AWS::IAM::Role", Policies={"Ref": "P"}), "Properties.Policies"),
        (resource("AWS::IAM::Role", Policies=[{"Ref": "P"}]), "Properties.Policies.0"),
        (
            resource("AWS::IAM::Role", Policies=[{"PolicyName": "p", "PolicyDocument": {"Fn::ImportValue": "X"}}]),
            "Properties.Policies.0.PolicyDocument",
        ),
    ],
)
def test_says_which_part_of_a_policy_isnt_known(template: dict[str, Any], place: str) -> None:
    """The rest of it is read."""
    [finding] = lint(template)
    assert (finding.rule, finding.severity, finding.place) == ("Unread", "undecided", place)
    assert finding.id == f"AccessChecks::Unread[{place}]"


@pytest.mark.parametrize(
    ("template", "logical_id", "message"),
    [
        ({"Transform": "AWS::Serverless-2016-10-31"}, "Transform", "the transform AWS::Serverless-2016-10-31 changes"),
        ({"Transform": ["AWS::LanguageExtensions", {"Name": "Mine"}]}, "Transform", "the transform Mine changes"),
        (INCLUDE, "Transform", "Fn::Transform changes the template"),
        ({"Resources": INCLUDE}, "Transform", "Resources.Fn::Transform changes the template"),
        ({"Resources": {"X": {"Type": "AWS::S3::BucketPolicy", **INCLUDE}}}, "X", "the Fn::Transform of this resource"),
        ({"Resources": {"Fn::ForEach::L": ["X", ["a"]]}}, "Fn::ForEach::L", "Fn::ForEach::L in Resources can't be"),
        (
            {"Resources": {"Fn::ForEach::L": ["X", [["a"]], {"T${X}": {}}]}},
            "Fn::ForEach::L",
            "Fn::ForEach::L in Resources can't be",
        ),
        ({"Resources": {"X": {"Type": "Own::Own::Thing::MODULE"}}}, "X", "Own::Own::Thing::MODULE is a module"),
        (
            {"Resources": {"X": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x"}}}},
            "X",
            "the template of this nested stack",
        ),
        ({"Resources": {"X": ["no resource"]}}, "X", "this isn't a resource"),
        ({"Resources": {"X": {"Type": {"Ref": "P"}}}}, "X", "this isn't a resource"),
    ],
)
def test_says_what_a_template_leaves_open(template: dict[str, Any], logical_id: str, message: str) -> None:
    """Policies can be in it."""
    [finding] = lint(template)
    assert (finding.rule, finding.severity, finding.logical_id) == ("Unread", "undecided", logical_id)
    assert finding.message.startswith(message)


def test_what_can_be_read_isnt_called_unread() -> None:
    """The language extensions are read, and the CDK's nested stacks have templates of their own."""
    nested = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "N.nested.template.json"}}
    by_url = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://s3.x/cdk-hnb659fds-assets-1-eu-central-1/1.json"}},
    }
    assert lint({"Transform": ["AWS::LanguageExtensions"], "Resources": {"N": nested, "M": by_url}}) == ()


def loop(identifier: str, collection: object, **body: object) -> dict[str, Any]:
    """Return a loop over a collection."""
    return {f"Fn::ForEach::Over{identifier}": [identifier, collection, body]}


def policy(principal: object) -> dict[str, Any]:
    """Return a bucket policy for a principal."""
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": "b", "PolicyDocument": document(READ | {"Principal": principal})},
    }


@pytest.mark.parametrize(
    ("resources", "sections", "expected"),
    [
        (loop("X", ["a", "b"], **{"P${X}": policy("*")}), {}, ["Pa", "Pb"]),
        (loop("X", ["a", "*"], **{"P&{X}": policy({"AWS": {"Ref": "X"}})}), {}, ["P"]),
        (loop("X", ["*"], **{"P&{X}": policy({"AWS": "${X}"})}), {}, ["P"]),
        (loop("X", ["*"], **{"P&{X}": policy({"AWS": {"Fn::Sub": "${X}"}})}), {}, ["P"]),
        (loop("X", ["a"], **loop("Y", ["1", "2"], **{"P${X}${Y}": policy("*")})), {}, ["Pa1", "Pa2"]),
        (loop("X", {"Ref": "P"}, **{"P${X}": policy("*")}), parameter(Type="CommaDelimitedList"), ["P<P>"]),
        (
            loop("X", {"Ref": "P"}, **{"P${X}": policy("*")}),
            parameter(Type="CommaDelimitedList", Default="a"),
            ["P<P>", "Pa"],
        ),
        (
            loop("X", {"Fn::FindInMap": ["L", "k", "v"]}, **{"P${X}": policy("*")}),
            {"Mappings": {"L": {"k": {"v": ["m", "n"]}}}},
            ["Pm", "Pn"],
        ),
        (
            {"P": {"Type": "AWS::S3::BucketPolicy", "Properties": loop("X", ["a"], **policy("*")["Properties"])}},
            {},
            ["P"],
        ),
        (
            loop("X", ["a", "b"], **{"P${X}": policy({"Fn::If": ["C${X}", "*", ROLE]})}),
            {"Conditions": loop("Y", ["a", "b"], **{"C${Y}": {"Fn::Equals": ["${Y}", "a"]}})},
            ["Pa"],
        ),
    ],
)  # fmt: skip
def test_reads_what_a_loop_makes(resources: dict[str, Any], sections: dict[str, Any], expected: list[str]) -> None:
    """An item that isn't known before the deployment stands for itself."""
    found = [finding for finding in lint({"Resources": resources} | sections) if finding.rule == "Everyone"]
    assert [finding.logical_id for finding in found] == expected


def test_a_loop_over_too_much_is_unread() -> None:
    """A template can't have that many resources."""
    [finding] = lint({"Resources": loop("X", [str(i) for i in range(2000)], **{"P${X}": {"Type": "AWS::SNS::Topic"}})})
    assert finding.rule == "Unread"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        # A reference is none of the values that a rule looks for.
        (for_everyone({"AWS": {"Ref": "P"}}) | parameter(), []),
        # Patterns of parameters aren't read.
        (
            for_everyone({"Fn::If": ["C", {"AWS": {"Ref": "P"}}, ROLE]})
            | parameter(AllowedPattern="[0-9]{12}")
            | {"Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "*"]}}},
            ["Everyone"],
        ),
        # The Region and the partition don't depend on each other.
        (
            for_everyone({"Fn::If": ["A", {"Fn::If": ["B", "*", ROLE]}, ROLE]})
            | {
                "Conditions": {
                    "A": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-central-1"]},
                    "B": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]},
                }
            },
            ["Everyone"],
        ),
        # If P equals Q and Q equals R, then P equals R.
        (
            for_everyone({"Fn::If": ["A", {"Fn::If": ["B", {"Fn::If": ["C", ROLE, "*"]}, ROLE]}, ROLE]})
            | {
                "Parameters": {name: {"Type": "String"} for name in "PQR"},
                "Conditions": {
                    "A": {"Fn::Equals": [{"Ref": "P"}, {"Ref": "Q"}]},
                    "B": {"Fn::Equals": [{"Ref": "Q"}, {"Ref": "R"}]},
                    "C": {"Fn::Equals": [{"Ref": "P"}, {"Ref": "R"}]},
                },
            },
            ["Everyone"],
        ),
        # The defaults of two parameters are read together, and their grammar isn't checked.
        (
            for_everyone({"AWS": {"Fn::Sub": "${P}${Q}"}})
            | {"Parameters": {"P": {"Type": "String", "Default": "*"}, "Q": {"Type": "String", "Default": "x"}}},
            [],
        ),
        # https://github.com/aws-cloudformation/cfn-lint: test/fixtures/templates/quickstart/nist_application.yaml
        (identity(READ | {"Action": "sns:Publish", "Resource": {"Ref": "P"}}) | parameter(Default=""), []),
        # A document can be empty, if its only statement depends on a condition.
        (
            resource(
                "AWS::IAM::ManagedPolicy",
                PolicyDocument={"Version": "2012-10-17", "Statement": [{"Fn::If": ["C", READ, NOTHING]}]},
            ),
            ["Grammar"],
        ),
        # A nested stack's parameters, which its parent gives, are parameters.
        (for_everyone({"AWS": {"Ref": "P"}}) | parameter(Default="*"), ["Everyone"]),
        # A second statement with the same Sid is in one of 512 combinations.
        (
            resource(
                "AWS::IAM::ManagedPolicy",
                PolicyDocument={
                    "Version": "2012-10-17",
                    "Statement": [
                        *({"Fn::If": [f"C{i}", READ | {"Sid": f"S{i}"}, NOTHING]} for i in range(9)),
                        {"Fn::If": ["C2", NOTHING, READ | {"Sid": "S1"}]},
                    ],
                },
            ),
            [],
        ),
    ],
)
def test_what_isnt_modelled(template: dict[str, Any], expected: list[str]) -> None:
    """These are the limits in docs/lint.md."""
    assert rules(template) == expected


KEYS = [
    *("Ref", "Fn::If", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::ToJsonString"),
    *("Fn::Base64", "Fn::Length", "Fn::Cidr", "Fn::Equals", "Fn::And", "Fn::Not", "Fn::Transform", "Fn::ForEach::L"),
    *("Statement", "Effect", "Principal", "Condition", "Action", "Resource", "PolicyDocument", "Policies", "Type"),
    *("AWS", "P", "M", "Default", "AllowedValues", "DefaultValue"),
]
JUNK = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([*KEYS, "*", "", "${P}", "${X", "AWS::Region"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)),
    max_leaves=15,
)


@examples(400)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("Resources", "Parameters", "Mappings", "Conditions", "Transform"), JUNK)
        | {
            "Resources": st.dictionaries(
                st.sampled_from(KEYS),
                st.fixed_dictionaries(
                    {
                        "Type": st.one_of(st.sampled_from(["AWS::IAM::Role", "AWS::S3::BucketPolicy"]), JUNK),
                        "Properties": JUNK,
                    }
                ),
                max_size=2,
            )
        },
    )
)
def test_any_template_is_read_or_said_to_be_unread(template: dict[str, Any]) -> None:
    """Nothing in it ends in a traceback."""
    lint(template)


@pytest.mark.parametrize("by_arn", [True, False])
def test_finds_a_holder_by_either_of_its_names(by_arn: bool) -> None:
    """A policy names its role by a reference and grants access to it by its name, or the other way round."""
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "builder"}}
    arn = {"Fn::GetAtt": ["Role", "Arn"]} if by_arn else "arn:aws:iam::111122223333:role/path/builder"
    held = document({"Action": "iam:PutRolePolicy", "Resource": arn})
    policy_of = {"PolicyName": "p", "PolicyDocument": held, "Roles": ["builder" if by_arn else {"Ref": "Role"}]}
    template = {"Resources": {"Role": role, "P": {"Type": "AWS::IAM::Policy", "Properties": policy_of}}}
    assert rules(template) == ["SelfEscalation"]
    template["Resources"]["Role"] = role | {"Properties": {"RoleName": "other"}}
    assert rules(template) == []


def test_finds_a_holder_that_names_the_managed_policy() -> None:
    """The role has the policy among its ManagedPolicyArns."""
    held = document({"Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/builder"})
    template = {
        "Resources": {
            "P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": held}},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "builder", "ManagedPolicyArns": [{"Fn::If": ["C", {"Ref": "P"}, NOTHING]}]},
            },
        }
    }
    assert rules(template) == ["SelfEscalation"]


def test_reads_a_managed_policy_by_a_parameter() -> None:
    """Its default is a known ARN."""
    template = attached("ReadOnlyAccess")
    template["Resources"]["R"]["Properties"]["ManagedPolicyArns"] = [{"Ref": "P"}]
    assert rules(template | parameter(Default="arn:aws:iam::aws:policy/AdministratorAccess")) == ["EscalatingPolicy"]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("Resource", INCLUDE),
        ("Resource", ["arn:aws:iam::111122223333:role/x", INCLUDE]),
        ("Resource", {"Fn::Sub": ["arn:aws:iam::111122223333:role/${N}", {"N": INCLUDE}]}),
        ("Action", INCLUDE),
        ("Action", ["iam:GetRole", INCLUDE]),
        ("Condition", {"StringEquals": {"iam:PassedToService": INCLUDE}}),
    ],
)
def test_a_value_of_a_macro_is_unread(element: str, value: Any) -> None:
    """It can be anything, also a `*`, and nothing in the template tells."""
    statement = {"Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/x", element: value}
    found = lint(managed(statement))

    place = f"Properties.PolicyDocument.Statement.0.{element}"
    assert [(each.rule, each.severity, each.place) for each in found] == [("Unread", "undecided", place)]
    assert "has an Fn::Transform, whose result isn't in the template" in found[0].message
