"""What a subject of a shared issuer has to say."""

import pytest

from temp_access.iam.token_issuers import TOKEN_ISSUERS, required_subject, required_subject_form, token_issuer

GITHUB = "token.actions.githubusercontent.com"
# By issuer: subjects that are narrow enough, that name only their owner, and that others can have as well.
SUBJECTS: dict[str, tuple[list[str], list[str], list[str]]] = {
    GITHUB: (
        [
            "repo:octo-org/octo-repo:ref:refs/heads/main",
            "repo:octo-org/octo-repo:ref:refs/heads/release-*",
            "repo:octo-org/octo-repo:environment:*",
            "repo:octo-org@123456/octo-repo@456789:pull_request",
            "repo:octo-org/octo-repo",
            "repository_owner:octo-org:environment:prod",
            "environment:prod:repository_owner:octo-org:ref:refs/heads/main",
            "job_workflow_ref:octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
            "repository_id:74:environment:prod",
        ],
        [
            "repo:octo-org/octo-repo:*",
            "repo:octo-org/octo-repo*",
            "repo:octo-org/*",
            "repository_owner:octo-org:*",
            "repo:octo-org@*/octo-repo@*:*",
        ],
        ["repo:octo-org*", "repo:*", "repo:?cto-org/octo-repo:pull_request", "*", "", "environment:prod", "octo-org/x"],
    ),
    "oidc-configuration.audit-log.githubusercontent.com": (
        ["https://github.com/octo"],
        [],
        ["https://github.com/*", "https://github.com/oct*"],
    ),
    "gitlab.com": (
        [
            "project_path:group/project:ref_type:branch:ref:main",
            "project_path:group/sub/project:ref_type:tag:ref:v*",
            "project_path:group/project",
        ],
        ["project_path:group/*:ref_type:branch:ref:main", "project_path:group/project:*", "project_path:group/p*"],
        ["project_path:group*", "project_path:*", "*:ref:main"],
    ),
    "app.terraform.io": (
        ["organization:o:project:p:workspace:w:run_phase:*", "organization:o:project:p:*"],
        ["organization:o:*", "organization:o:project:*:workspace:w:run_phase:apply", "organization:o:project:p*"],
        ["organization:o*", "organization:*:project:p:workspace:w:run_phase:apply"],
    ),
    "agent.buildkite.com": (
        ["organization:o:pipeline:p:ref:refs/heads/main:*", "organization:o:pipeline:p:*"],
        ["organization:o:pipeline:*", "organization:o:pipeline:p*", "organization:o:*"],
        ["organization:o*", "organization:*:pipeline:p:ref:refs/heads/main:*"],
    ),
    "oidc.codefresh.io": (["account:a:pipeline:p:*"], ["account:a:*"], ["account:*"]),
    "scalr.io": (["account:a:environment:e:workspace:w"], ["account:a:environment:*"], ["account:*"]),
    "oidc.vercel.com": (["owner:t:project:p:environment:*"], ["owner:t:project:*"], ["owner:*"]),
    "api.pulumi.com/oidc": (
        ["pulumi:deploy:org:o:project:p:stack:s:operation:*"],
        ["pulumi:deploy:org:o:*"],
        ["pulumi:deploy:org:o*", "pulumi:*"],
    ),
    "proidc.upbound.io": (["mcp:o/c:provider:provider-aws"], ["mcp:o/*"], ["mcp:o*"]),
    "studio.datachain.ai/api": (["credentials:t/aws"], ["credentials:t/*"], ["credentials:*"]),
}


@pytest.mark.parametrize(
    ("host", "subject"), [(host, each) for host, (good, _, _) in SUBJECTS.items() for each in good]
)
def test_a_narrow_subject_is_enough(host: str, subject: str) -> None:
    """It names the owner, and what of the owner's; a wildcard comes after that."""
    issuer, pattern = token_issuer(host), required_subject(host)
    assert issuer
    assert pattern
    assert pattern.match(subject)
    assert issuer.owner.match(subject)


@pytest.mark.parametrize(
    ("host", "subject"), [(host, each) for host, (_, wide, _) in SUBJECTS.items() for each in wide]
)
def test_an_owner_alone_is_too_wide(host: str, subject: str) -> None:
    """No other customer gets such a token, but everything of this one does."""
    issuer = token_issuer(host)
    assert issuer
    assert issuer.owner.match(subject)
    assert not issuer.subject.match(subject)


@pytest.mark.parametrize(
    ("host", "subject"), [(host, each) for host, (_, _, open_) in SUBJECTS.items() for each in open_]
)
def test_a_subject_that_others_can_have_names_no_owner(host: str, subject: str) -> None:
    """A name that isn't complete is the beginning of somebody else's."""
    issuer = token_issuer(host)
    assert issuer
    assert not issuer.owner.match(subject)
    assert not issuer.subject.match(subject)


def test_each_issuer_has_its_subjects_here() -> None:
    """Each also has a form for messages, and a page."""
    assert list(TOKEN_ISSUERS) == [token_issuer(host) for host in SUBJECTS]
    assert all(issuer.form and issuer.page.startswith("https://") for issuer in TOKEN_ISSUERS)


@pytest.mark.parametrize("host", [GITHUB.upper(), f"{GITHUB}/", f"{GITHUB}/octo-enterprise"])
def test_a_host_has_other_spellings(host: str) -> None:
    """Hosts have no case; an enterprise's own issuer has its name after the host."""
    assert token_issuer(host) is TOKEN_ISSUERS[0]
    assert required_subject(host) is TOKEN_ISSUERS[0].subject
    assert (required_subject_form(host) or "").startswith("repo:OWNER/REPO:")


@pytest.mark.parametrize("host", ["id.example.com", f"{GITHUB}.example.com", "gitlab.example.com", "x.gitlab.com", ""])
def test_an_issuer_of_ones_own_needs_only_a_literal(host: str) -> None:
    """Only its owner's tokens are signed there."""
    assert (token_issuer(host), required_subject(host), required_subject_form(host)) == (None, None, None)
