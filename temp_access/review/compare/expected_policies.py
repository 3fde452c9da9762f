"""What access.toml gives a user for a person and the role of a grant: a new one is compared with it."""

from dataclasses import replace

from temp_access.deployment.effective_policies import PolicyOwner, PrincipalPolicies, parse
from temp_access.iam.decision import Layer
from temp_access.iam.policy_json import VERSION, Document
from temp_access.policies.access_modes import grant_access
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.session_policy import folder_policy
from temp_access.policies.trust_policy import trust_policy
from temp_access.policies.user_policies import assume_policy, rotate_keys_policy
from temp_access.review.holders import ROLE_HOLDER, Holder
from temp_access.review.snapshot import Snapshot


def reference_policies(holder: Holder, there: Snapshot, missing: Snapshot) -> PrincipalPolicies:
    """Return the policies of a user or role that only the snapshot `there` has, as `missing` would have them.

    A permissions boundary is the same: it only limits.
    """
    documents = expected_documents(holder, there, missing)
    identity = tuple(parse(document, Layer.IDENTITY, "access.toml") for document in documents)
    return replace(there.policies_of(holder), identity=identity)


def expected_documents(holder: Holder, there: Snapshot, names: Snapshot) -> list[Document]:
    """Return what access.toml of `there` gives the holder, with the names of another snapshot."""
    config, target = there.config, names.target
    if holder.grant is not None and there.has_own_role(holder.grant):
        grant = config.grants[holder.grant]
        return [folder_policy(grant.folder, grant_access(grant), bucket_arn=target.bucket_arn)]
    if holder.owner is PolicyOwner.USER and holder.name is not None and holder.name in config.users:
        path, role = names.config.role.path, names.config.role.name
        grants = config.grants_by_user[holder.name]
        roles = [target.arn(f"role{path}{grant_role_name(role, grant.id)}") for grant in grants]
        return [rotate_keys_policy(names.arn_of(holder)), *([assume_policy(*roles)] if roles else [])]
    return []


def expected_trust(snapshot: Snapshot, role: Holder) -> Document:
    """Return the trust policy that access.toml gives a role; one without statements if no grant has the role."""
    config, target = snapshot.config, snapshot.target
    account, partition = target.account, target.partition
    if role == ROLE_HOLDER:
        return trust_policy(config.role, user_arn=target.user_arn, account=account, partition=partition)
    if role.grant is None or not snapshot.has_own_role(role.grant):
        return {"Version": VERSION, "Statement": []}
    return grant_trust_policy(config.grants[role.grant], config, account=account, partition=partition)
