"""The issuers that sign tokens for everybody who has an account there, and what a trusted subject has to say.

A role that trusts such an issuer trusts all of its customers, so that the subject (`sub`) of a token decides alone.
AWS lists most of them, with the claim that it requires in a trust policy:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """A shared issuer; the patterns are matched with the beginning of a subject as a trust policy has it.

    `owner` says that the subject names its owner in full, so that no other customer gets a token for it. `subject`
    says that it names the owner's repository, project or pipeline as well. A `*` or `?` is no part of a name.
    `form` is how such a subject begins, for messages; `page` describes the issuer's subjects. `audience_names_owner`
    says that a customer's tokens have the customer's own audience.
    """

    hosts: tuple[str, ...]
    owner: re.Pattern[str]
    subject: re.Pattern[str]
    form: str
    page: str
    audience_names_owner: bool = False


def token_issuer(host: str) -> TokenIssuer | None:
    """Return the shared issuer with this host (without `https://`); None for an issuer of one's own.

    The issuer of a GitHub enterprise or of a Vercel team has its name after the host, and the same subjects.
    """
    host = host.lower().removesuffix("/")
    for issuer in TOKEN_ISSUERS:
        if any(host == each or host.startswith(f"{each}/") for each in issuer.hosts):
            return issuer
    return None


def required_subject(host: str) -> re.Pattern[str] | None:
    """Return what a subject of this issuer has to begin with (by `match`), before any `*`; None: any literal."""
    issuer = token_issuer(host)
    return issuer.subject if issuer else None


def required_subject_form(host: str) -> str | None:
    """Return how a subject of this issuer has to begin, for a message; None: any literal."""
    issuer = token_issuer(host)
    return issuer.form if issuer else None


def _issuer(hosts: str, owner: str, subject: str, form: str, page: str, *, audience: bool = False) -> TokenIssuer:
    return TokenIssuer(tuple(hosts.split()), _pattern(owner), _pattern(subject), form, page, audience)


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern in which `NAME` is a name without colons, and `PART` one without slashes as well."""
    return re.compile(text.replace("NAME", "[^:*?]+").replace("PART", "[^/:*?]+"))


# A repository's owner can choose the claims in its subjects, so that they can begin with others. The ids of owners and
# repositories follow their names after `@`, which no name has.
_GITHUB_REPOSITORY = r"(?:repo|repository):PART/PART"
_GITHUB_OWNER = (
    r"(?:[^*?]*:)?(?:(?:repo|repository|job_workflow_ref):PART[/@]"
    r"|(?:repository_owner|repository_owner_id|repository_id):NAME(?::|\Z))"
)
_GITHUB_SUBJECT = (
    rf"(?:[^*?]*:)?(?:{_GITHUB_REPOSITORY}(?::[^*?]|\Z)|job_workflow_ref:PART/PART/[^*?]"
    r"|(?:repository_owner|repository_owner_id):NAME:[^*?]|repository_id:NAME(?::[^*?]|\Z))"
)
_END = r"(?::|\Z)"

TOKEN_ISSUERS: Final = (
    _issuer(
        "token.actions.githubusercontent.com vstoken.actions.githubusercontent.com",
        _GITHUB_OWNER,
        _GITHUB_SUBJECT,
        "repo:OWNER/REPO: and more, such as ref:refs/heads/main or environment:NAME",
        "https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims",
    ),
    _issuer(
        "oidc-configuration.audit-log.githubusercontent.com",
        r"https://github\.com/PART\Z",
        r"https://github\.com/PART\Z",
        "https://github.com/ENTERPRISE",
        "https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise/"
        "reviewing-audit-logs-for-your-enterprise/streaming-the-audit-log-for-your-enterprise",
    ),
    _issuer(
        "gitlab.com",
        "project_path:PART/",
        r"project_path:PART/NAME(?::[^*?]|\Z)",
        "project_path:GROUP/PROJECT: and more, such as ref_type:branch:ref:main",
        "https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload",
    ),
    _issuer(
        "app.terraform.io app.eu.terraform.io",
        "organization:NAME:",
        f"organization:NAME:project:NAME{_END}",
        "organization:ORGANIZATION:project:PROJECT:",
        "https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/"
        "workload-identity-tokens",
    ),
    _issuer(
        "agent.buildkite.com",
        "organization:NAME:",
        f"organization:NAME:pipeline:NAME{_END}",
        "organization:ORGANIZATION:pipeline:PIPELINE:",
        "https://buildkite.com/docs/pipelines/security/oidc",
    ),
    _issuer(
        "oidc.codefresh.io",
        "account:NAME:",
        f"account:NAME:pipeline:NAME{_END}",
        "account:ACCOUNT:pipeline:PIPELINE:",
        "https://codefresh.io/docs/docs/integrations/oidc-pipelines/",
    ),
    _issuer(
        "scalr.io",
        "account:NAME:",
        f"account:NAME:environment:NAME{_END}",
        "account:ACCOUNT:environment:ENVIRONMENT:",
        "https://docs.scalr.io/docs/aws",
    ),
    _issuer(
        "oidc.vercel.com",
        "owner:NAME:",
        f"owner:NAME:project:NAME{_END}",
        "owner:TEAM:project:PROJECT:",
        "https://vercel.com/docs/oidc/reference",
        audience=True,
    ),
    _issuer(
        "api.pulumi.com/oidc",
        "pulumi:(?:deploy|environments):org:NAME:",
        "pulumi:(?:deploy|environments):org:NAME:[^*?]",
        "pulumi:deploy:org:ORGANIZATION: and more, such as project:PROJECT",
        "https://www.pulumi.com/docs/administration/access-identity/oidc-client/",
        audience=True,
    ),
    _issuer(
        "proidc.upbound.io",
        "mcp:PART/",
        f"mcp:PART/NAME{_END}",
        "mcp:ORGANIZATION/CONTROL-PLANE:",
        "https://docs.upbound.io/manuals/console/oidc/",
    ),
    _issuer(
        "studio.datachain.ai/api studio.iterative.ai/api",
        "credentials:PART/",
        "credentials:PART/[^*?]",
        "credentials:TEAM/NAME",
        "https://dvc.org/doc/studio/user-guide/account-and-billing",
    ),
)
