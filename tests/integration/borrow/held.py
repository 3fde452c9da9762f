"""An access.toml whose grants have borrowers: five people with a user each, a pipeline, and grants of the one role."""

USERS = ("ann", "ben", "cleo", "dan", "eve")
# By grant, the users who can borrow it.
BORROWERS = {
    "reports": ("ann",),
    "reports2": ("ben", "ann"),
    "Größe (m²) :-)": ("cleo",),
    "inbox": ("dan",),
    "archive": ("eve", "cleo"),
}
SUBJECT = "repo:example/app:ref:refs/heads/main"
ISSUER = "https://openid.example.com"
_GRANTS = "".join(
    f'[grants."{id_}"]\naccess = "read-write"\nborrowers = {[f"user/{name}" for name in names]}\n'
    for id_, names in BORROWERS.items()
)
TOML = f"""
[role]
path = "/temp-access/"
[bucket]
on_destroy = "destroy"
{"".join(f"[users.{name}]{chr(10)}" for name in USERS)}
[identity_providers.own]
issuer = "{ISSUER}"
audience = "sts.amazonaws.com"
create = true
[grants.bob]
access = "read-write"
{_GRANTS}
[grants.people]
access = "read-write"
borrowers = ["sso/Data/zoe@example.com", "sso/Team"]
[grants.build]
access = "read-write"
duration = "2h"
borrowers = ["oidc/own/{SUBJECT}", "oidc/own/repo:example/app:environment:*"]
"""
