"""What the rules about tokens of identity providers report and accept, in the spellings of public templates."""

import json
from typing import Any

import pytest

from tests.unit.support.linting import document, lint, resource, trust

GITHUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
SENTINEL = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/"
COMPANY = "id.example.com"
TOKEN = "sts:AssumeRoleWithWebIdentity"
MAIN = "repo:octo-org/octo-repo:ref:refs/heads/main"
SUBJECT, AUDIENCE = "TokenSubject", "TokenAudience"


def arn(host: str) -> str:
    """Return the ARN of a provider."""
    return f"arn:aws:iam::111122223333:oidc-provider/{host}"


def keys(operator: str, host: str = GITHUB, **claims: object) -> dict[str, Any]:
    """Return the conditions of one operator on a provider's claims."""
    return {operator: {f"{host}:{claim}": value for claim, value in claims.items()}}


def federated(provider: object, *conditions: dict[str, Any], action: object = TOKEN) -> dict[str, Any]:
    """Return a statement that trusts a provider under these operators."""
    block: dict[str, Any] = {}
    for condition in conditions:
        for operator, values in condition.items():
            block[operator] = block.get(operator, {}) | values
    return {"Action": action, "Principal": {"Federated": provider}} | ({"Condition": block} if block else {})


def github(*conditions: dict[str, Any]) -> dict[str, Any]:
    """Return a statement that trusts GitHub with the usual audience."""
    return federated(arn(GITHUB), keys("StringEquals", aud="sts.amazonaws.com"), *conditions)


def found(template: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return rule, severity and detail of the findings of the two rules."""
    findings = [each for each in lint(template) if each.rule in (SUBJECT, AUDIENCE)]
    return [(each.rule, each.severity, each.id.partition("[")[2][:-1]) for each in findings]


@pytest.mark.parametrize(
    "statement",
    [
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html#idp_oidc_Create_GitHub
        github(keys("StringEquals", sub=MAIN)),
        github(keys("StringLike", sub=[MAIN, "repo:octo-org/octo-repo:environment:*"])),
        github(keys("stringLike", sub="repo:octo-org/octo-repo:ref:refs/heads/release-?")),
        github(keys("ForAnyValue:StringLike", sub=MAIN)),
        github(keys("StringEqualsIfExists", sub=MAIN), {"Null": {f"{GITHUB}:sub": "false"}}),
        github(keys("StringLike", sub="*"), keys("StringEquals", sub=MAIN)),
        github({"StringEquals": {f"{GITHUB.upper()}:SUB": MAIN}}),
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
        github(keys("StringEquals", repository="octo-org/octo-repo", ref="refs/heads/main")),
        github(keys("StringEquals", repository_id="74"), keys("StringLike", sub="*:environment:prod*")),
        github(keys("StringLike", job_workflow_ref="octo-org/octo-repo/.github/workflows/deploy.yml@*")),
        github(keys("StringEquals", environment="prod"), keys("StringLike", sub="repo:octo-org/octo-repo:*")),
        # Another statement of the role, for the session's tags.
        federated(arn(GITHUB), action="sts:TagSession"),
        federated(arn(GITHUB), action="sts:AssumeRole"),
        federated("arn:aws:iam::111122223333:saml-provider/P", action="sts:AssumeRoleWithSAML"),
        github() | {"Effect": "Deny"},
        # Only tokens of the other provider have that claim, and so nobody has both.
        federated(
            arn(GITHUB), keys("StringEquals", "gitlab.com", sub="project_path:g/p:ref_type:branch:ref:main", aud="a")
        ),
        federated([arn(GITHUB), arn("gitlab.com")], keys("StringEquals", sub=MAIN, aud="sts.amazonaws.com")),
        # https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
        federated(arn(EKS), keys("StringEquals", EKS, sub="system:serviceaccount:ns:sa", aud="sts.amazonaws.com")),
        # https://docs.gitlab.com/ci/cloud_services/aws/
        federated(
            arn("gitlab.com"),
            keys("StringEquals", "gitlab.com", aud="https://gitlab.com"),
            keys("StringLike", "gitlab.com", sub="project_path:g/p:ref_type:branch:ref:*"),
        ),
        # https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/aws-configuration
        federated(
            arn("app.terraform.io"),
            keys("StringEquals", "app.terraform.io", aud="aws.workload.identity"),
            keys("StringLike", "app.terraform.io", sub="organization:o:project:p:workspace:w:run_phase:*"),
        ),
        # https://buildkite.com/docs/pipelines/security/oidc/aws
        federated(
            arn("agent.buildkite.com"),
            keys("StringEquals", "agent.buildkite.com", aud="sts.amazonaws.com"),
            keys(
                "StringLike", "agent.buildkite.com", sub="organization:o:pipeline:p:ref:refs/heads/main:commit:*:step:*"
            ),
        ),
        # https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/
        federated(
            arn("api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc"),
            {
                "StringLike": {
                    "api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc:sub": "{REPOSITORY}*:{STEP}",
                    "api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc:aud": "ari:cloud:bitbucket::w",
                }
            },
        ),
        # https://learn.microsoft.com/azure/sentinel/connect-aws-configure-environment
        federated(
            arn(SENTINEL),
            keys("StringEquals", SENTINEL, aud="api://1462b192-27f7-4cb9-8523-0f4ecb54b47e"),
            {"StringEquals": {"sts:RoleSessionName": "MicrosoftSentinel_w"}},
        ),
        # An issuer with a slash at its end, as those of Auth0.
        federated(arn("t.auth0.com/"), keys("StringEquals", "t.auth0.com/", sub="auth0|1", aud="a")),
        # The users of an app.
        federated("accounts.google.com", keys("StringEquals", "accounts.google.com", aud="1.apps.example.com")),
        federated("www.amazon.com", keys("StringEquals", "www.amazon.com", app_id="amzn1.application-oa2-1")),
        federated("graph.facebook.com", keys("StringEquals", "graph.facebook.com", app_id="1")),
        federated(
            "cognito-identity.amazonaws.com",
            keys("StringEquals", "cognito-identity.amazonaws.com", aud="us-east-2:12345678-abcd-abcd-abcd-123456"),
        ),
    ],
)
def test_accepts_a_token_of_ones_own(statement: dict[str, Any]) -> None:
    """The subject begins with a literal that names what may call."""
    assert found(trust(statement)) == []


@pytest.mark.parametrize(
    "conditions",
    [
        [],
        [keys("StringNotLike", sub="repo:octo-org/*")],
        [keys("StringNotEquals", sub=MAIN), {"Null": {f"{GITHUB}:sub": "false"}}],
        [{"Null": {f"{GITHUB}:sub": "false"}}],
        [keys("ForAnyValue:StringNotEquals", sub=MAIN)],
        [keys("ForAllValues:StringLike", sub="*")],
        [keys("StringLikeIfExists", sub="repo:*")],
        [keys("StringEquals", actor="octocat", workflow="deploy", ref="refs/heads/main", environment="prod")],
        [{"StringEquals": {"aws:PrincipalTag/sub": MAIN, "sts:RoleSessionName": "x"}}],
        [{"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}],
    ],
)
def test_reports_a_token_with_any_subject(conditions: list[dict[str, Any]]) -> None:
    """No condition requires a value of the subject, or of a claim that says as much."""
    assert found(trust(github(*conditions))) == [(SUBJECT, "error", GITHUB)]


@pytest.mark.parametrize("operator", ["StringEqualsIfExists", "StringLikeIfExists", "ForAllValues:StringEquals"])
def test_warns_of_an_operator_that_holds_without_the_claim(operator: str) -> None:
    """Each token has a subject, but a misspelt key allows all of them.

    https://github.com/aws-actions/configure-aws-credentials#claims-and-scoping-permissions
    """
    assert found(trust(github(keys(operator, sub=MAIN)))) == [(SUBJECT, "warning", GITHUB)]


@pytest.mark.parametrize(
    ("host", "subject"),
    [
        (GITHUB, "*"),
        (GITHUB, "**"),
        (GITHUB, "?*"),
        (GITHUB, "*:ref:refs/heads/main"),
        (GITHUB, "?epo:octo-org/octo-repo:ref:refs/heads/main"),
        (GITHUB, "repo:*"),
        (GITHUB, "repo:octo-org*"),
        (GITHUB, "repo:*/octo-repo:ref:refs/heads/main"),
        (GITHUB, "${aws:username}"),
        (GITHUB, f"${{{GITHUB}:sub}}"),
        (GITHUB, "repo:${aws:PrincipalTag/owner}/octo-repo:ref:refs/heads/main"),
        (GITHUB, "environment:prod"),
        ("vstoken.actions.githubusercontent.com", "repo:octo-*"),
        (f"{GITHUB}/octo-enterprise", "repo:octo-*"),
        ("gitlab.com", "project_path:group*"),
        ("app.terraform.io", "organization:*:project:p:workspace:w:run_phase:apply"),
        ("agent.buildkite.com", "organization:o*"),
        (COMPANY, "*"),
        (COMPANY, "*@example.com"),
        (COMPANY, "?*"),
        (EKS, "*:ns:sa"),
        (EKS, "${aws:userid}"),
    ],
)
def test_reports_a_subject_that_others_have(host: str, subject: str) -> None:
    """A wildcard or a variable stands where the owner's name has to."""
    for values in (subject, [subject], [subject, subject]):
        statement = federated(arn(host), keys("StringLike", host, sub=values), keys("StringEquals", host, aud="a"))
        assert found(trust(statement)) == [(SUBJECT, "error", subject.replace(" ", "-"))]


@pytest.mark.parametrize(
    ("host", "subject"),
    [
        # https://github.com/awscommunitymx/account_iac/blob/main/iam.tf
        (GITHUB, "repo:octo-org/*"),
        (GITHUB, "repo:octo-org/octo-repo:*"),
        (GITHUB, "repo:octo-org/octo-repo*"),
        (GITHUB, "repo:octo-org@*/octo-repo@*:*"),
        ("gitlab.com", "project_path:group/*:ref_type:branch:ref:main"),
        # https://github.com/aws-ia/terraform-aws-control_tower_account_factory: aft_admin_role_trust_policy.tpl
        ("app.terraform.io", "organization:o:project:*:workspace:*aft*:run_phase:*"),
        ("agent.buildkite.com", "organization:o:pipeline:*"),
    ],
)
def test_warns_of_a_subject_that_names_its_owner_only(host: str, subject: str) -> None:
    """Others don't get such a token, but everything of this owner does, or every branch of a repository."""
    statement = federated(arn(host), keys("StringLike", host, sub=subject), keys("StringEquals", host, aud="a"))
    assert found(trust(statement)) == [(SUBJECT, "warning", subject)]


def test_warns_of_an_audience_that_names_the_owner_only() -> None:
    """AWS requires the audience in such a trust policy, not the subject.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
    """
    for host, audience in (("oidc.vercel.com", "https://vercel.com/t"), ("api.pulumi.com/oidc", "aws:o")):
        statement = federated(arn(host), keys("StringEquals", host, aud=audience))
        assert found(trust(statement)) == [(SUBJECT, "warning", host)]
        assert (SUBJECT, "error", host) in found(trust(federated(arn(host))))


def test_a_session_of_sentinel_needs_its_name() -> None:
    """The audience is that of all customers."""
    statement = federated(arn(SENTINEL), keys("StringEquals", SENTINEL, aud="a"))
    assert found(trust(statement)) == [(SUBJECT, "error", SENTINEL[:-1])]


def test_reports_the_one_wide_value_of_a_list() -> None:
    """One of the values is enough for a token."""
    statement = github(keys("StringLike", sub=[MAIN, "*:pull_request", "repo:octo-org/*"]))
    assert found(trust(statement)) == [
        (SUBJECT, "error", "*:pull_request"),
        (SUBJECT, "warning", "repo:octo-org/*"),
    ]


def test_a_subject_of_an_issuer_of_ones_own_needs_only_a_literal() -> None:
    """Only the company's own tokens have any."""
    for subject in ("a*", "system:serviceaccount:*", "repo:*"):
        statement = federated(
            arn(COMPANY), keys("StringLike", COMPANY, sub=subject), keys("StringEquals", COMPANY, aud="a")
        )
        assert found(trust(statement)) == []


def test_each_provider_of_a_statement_needs_its_subject() -> None:
    """A token has the claims of its own provider only, so that IfExists lets it pass for the other's."""
    both = [arn(GITHUB), arn(COMPANY)]
    loose = keys("StringEqualsIfExists", sub=MAIN, aud="a"), keys("StringEqualsIfExists", COMPANY, aud="a")
    assert {detail for rule, _, detail in found(trust(federated(both, *loose))) if rule == SUBJECT} == {GITHUB, COMPANY}


@pytest.mark.parametrize(
    "action", ["sts:assumerolewithwebidentity", "sts:*", "sts:AssumeRole*", "*", [TOKEN, "sts:TagSession"]]
)
def test_finds_the_action_in_a_pattern(action: object) -> None:
    """Actions have no case."""
    assert [rule for rule, _, _ in found(trust(federated(arn(GITHUB), action=action)))] == [AUDIENCE, SUBJECT]


def test_finds_not_action() -> None:
    """It allows the action as well."""
    statement = federated(arn(GITHUB)) | {"NotAction": "sts:TagSession"}
    del statement["Action"]
    assert [rule for rule, _, _ in found(trust(statement))] == [AUDIENCE, SUBJECT]


@pytest.mark.parametrize(
    ("principal", "detail"),
    [
        ({"Principal": "*"}, "*"),
        ({"Principal": {"AWS": "*"}}, "*"),
        ({"Principal": {"Federated": "*"}}, "*"),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}}, "NotPrincipal"),
    ],
)
def test_everybody_is_every_provider(principal: dict[str, Any], detail: str) -> None:
    """So are all others than those that NotPrincipal names."""
    statement = {"Action": TOKEN} | principal
    assert (SUBJECT, "error", detail) in found(trust(statement))
    bound = keys("StringEquals", sub=MAIN, aud="sts.amazonaws.com")
    assert found(trust(statement | {"Condition": bound})) == []


@pytest.mark.parametrize(
    "provider",
    [
        {"Ref": "Provider"},
        {"Fn::GetAtt": ["Provider", "Arn"]},
        {"Fn::ImportValue": "github"},
        {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{GITHUB}"},
        {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, f":oidc-provider/{GITHUB}"]]},
        {"Fn::If": ["C", {"Ref": "Provider"}, {"Ref": "ProviderArn"}]},
        {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:oidc-provider/${Host}"},
    ],
)
def test_a_provider_can_be_a_reference(provider: object) -> None:
    """The keys of the conditions say whose tokens they are."""
    audience = keys("StringEquals", aud="sts.amazonaws.com")
    assert found(trust(federated(provider, audience, keys("StringLike", sub=MAIN)))) == []
    for subject, severity in (("*", "error"), ("repo:octo-org/*", "warning")):
        statement = federated(provider, audience, keys("StringLike", sub=subject))
        assert found(trust(statement)) == [(SUBJECT, severity, subject)]
    assert {(rule, severity) for rule, severity, _ in found(trust(federated(provider, audience)))} == {
        (SUBJECT, "error")
    }


@pytest.mark.parametrize(
    ("written", "parameters", "severities"),
    [
        # https://github.com/aws-actions/configure-aws-credentials: its example of a template
        ("repo:${Org}/${Repo}:*", {"Org": {}, "Repo": {}}, {"warning"}),
        ("repo:${Org}/${Repo}:*", {"Org": {"Default": ""}, "Repo": {"Default": ""}}, {"warning"}),
        ("repo:${Org}/${Repo}:ref:refs/heads/${Branch}", {"Org": {}, "Repo": {}, "Branch": {}}, set()),
        # https://github.com/aidansteele/aws-federation-github-actions
        ("repo:${Repo}:*", {"Repo": {"Default": "aidansteele/aws-federation-github-actions"}}, {"warning"}),
        ("repo:${Repo}:environment:prod", {"Repo": {}}, set()),
        ("repo:${Org}/*", {"Org": {}}, {"warning"}),
        ("${Subject}", {"Subject": {}}, set()),
        ("${Subject}", {"Subject": {"Default": "repo:octo-org/octo-repo:pull_request"}}, set()),
        ("${Subject}", {"Subject": {"Default": "*"}}, {"error"}),
        ("${Subject}", {"Subject": {"AllowedValues": [MAIN, "*"]}}, {"error"}),
    ],
)
def test_a_subject_can_have_parameters(written: str, parameters: dict[str, Any], severities: set[str]) -> None:
    """What a parameter can be counts; one that isn't known is a name, or all of the subject."""
    template = trust(github(keys("StringLike", sub={"Fn::Sub": written})))
    template["Parameters"] = {name: {"Type": "String", **values} for name, values in parameters.items()}
    assert {severity for _, severity, _ in found(template)} == severities


HOST = {"Fn::Select": [1, {"Fn::Split": ["//", {"Fn::GetAtt": ["Cluster", "OpenIdConnectIssuerUrl"]}]}]}


def with_keys_of_a_custom_resource(**values: object) -> dict[str, Any]:
    """Return a template of the CDK: CfnJson puts the host of an EKS cluster's provider into the keys.

    https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-eks/lib/service-account.ts
    """
    parts: list[object] = ["{"]
    for index, (claim, value) in enumerate(values.items()):
        parts += ["," * bool(index) + '"', HOST, f'":{claim}":'.replace('":', ":", 1), json.dumps(value)]
    template = trust(
        federated({"Ref": "Provider"}) | {"Condition": {"StringLike": {"Fn::GetAtt": ["ConditionJson", "Value"]}}}
    )
    template["Resources"]["ConditionJson"] = {
        "Type": "Custom::AWSCDKCfnJson",
        "Properties": {"ServiceToken": "x", "Value": {"Fn::Join": ["", [*parts, "}"]]}},
    }
    return template


def test_reads_the_keys_that_the_cdk_puts_together_at_deployment() -> None:
    """They are in the template, as the text of a custom resource."""
    good = {"aud": "sts.amazonaws.com", "sub": "system:serviceaccount:ns:sa"}
    assert found(with_keys_of_a_custom_resource(**good)) == []
    assert lint(with_keys_of_a_custom_resource(**good)) == ()
    assert found(with_keys_of_a_custom_resource(**good | {"sub": "*:ns:sa"})) == [(SUBJECT, "error", "*:ns:sa")]
    assert found(with_keys_of_a_custom_resource(aud="sts.amazonaws.com")) == [(SUBJECT, "error", "<Provider>")]
    assert found(with_keys_of_a_custom_resource(sub="system:serviceaccount:ns:sa")) == [
        (AUDIENCE, "warning", "<Provider>")
    ]


def test_unknown_keys_leave_the_subject_undecided() -> None:
    """An attribute of any other resource can be any condition."""
    statement = federated({"Ref": "Provider"}) | {"Condition": {"StringEquals": {"Fn::GetAtt": ["Any", "Value"]}}}
    assert found(trust(statement)) == [(SUBJECT, "undecided", "<Provider>")]
    loose = federated({"Ref": "Provider"}) | {"Condition": {"StringEqualsIfExists": {"Fn::GetAtt": ["Any", "Value"]}}}
    assert (SUBJECT, "error", "<Provider>") in found(trust(loose))


def test_reads_a_document_that_is_a_text_with_references() -> None:
    """The AWS SAM CLI's own role accepts tokens without its claims.

    https://github.com/aws/aws-sam-cli/blob/develop/samcli/lib/pipeline/bootstrap/stage_resources.yaml
    """
    host = {"Fn::Select": [1, {"Fn::Split": ["//", {"Ref": "OidcProviderUrl"}]}]}
    claims = {"${Url}:aud": "${OidcClientId}", "${Url}:sub": "${SubjectClaim}"}
    for operator, expected in (
        ("ForAllValues:StringEquals", [(AUDIENCE, "warning"), (SUBJECT, "warning")]),
        ("StringEquals", []),
    ):
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::${AWS::AccountId}:oidc-provider/${Url}"},
            "Action": TOKEN,
            "Condition": {operator: claims},
        }
        text = {"Fn::Sub": [json.dumps(document(statement)), {"Url": host}]}
        template = resource("AWS::IAM::Role", AssumeRolePolicyDocument=text)
        template["Parameters"] = {
            name: {"Type": "String"} for name in ("OidcProviderUrl", "OidcClientId", "SubjectClaim")
        }
        assert [(rule, severity) for rule, severity, _ in found(template)] == expected


@pytest.mark.parametrize(
    ("provider", "severity", "conditions"),
    [
        (arn(GITHUB), "warning", [keys("StringEquals", sub=MAIN)]),
        (arn(GITHUB), "warning", [keys("StringEquals", sub=MAIN), keys("StringLike", aud="*")]),
        (arn(GITHUB), "warning", [keys("StringEquals", sub=MAIN), keys("StringEqualsIfExists", aud="a")]),
        (arn(GITHUB), "warning", [keys("StringEquals", sub=MAIN), keys("StringNotEquals", aud="a")]),
        ("accounts.google.com", "error", []),
        ("accounts.google.com", "error", [keys("StringLike", "accounts.google.com", aud="*")]),
        ("www.amazon.com", "error", [keys("StringEquals", "www.amazon.com", user_id="amzn1.account.A")]),
        ("cognito-identity.amazonaws.com", "error", []),
        (
            "cognito-identity.amazonaws.com",
            "error",
            [keys("ForAnyValue:StringLike", "cognito-identity.amazonaws.com", amr="authenticated")],
        ),
    ],
)
def test_reports_a_token_for_any_audience(provider: str, severity: str, conditions: list[dict[str, Any]]) -> None:
    """Of a provider in the account it is one of those registered; of the others, everybody's app or identity pool."""
    shown = provider.rpartition("oidc-provider/")[2]
    assert found(trust(federated(provider, *conditions))) == [(AUDIENCE, severity, shown)]


def test_a_message_says_what_to_write() -> None:
    """It names the key, or how a subject of the issuer begins."""
    [finding] = [each for each in lint(trust(github())) if each.rule == SUBJECT]
    assert finding.message == (
        f"every token of {GITHUB} can assume the role, whatever its subject; require a value of {GITHUB}:sub that "
        "begins with a literal"
    )
    [finding] = lint(trust(github(keys("StringLike", sub="repo:octo-org/*"))))
    assert finding.message == (
        "the subject repo:octo-org/* names its owner, but not what of the owner's; begin it with repo:OWNER/REPO: and "
        "more, such as ref:refs/heads/main or environment:NAME"
    )
