"""Who has policies in both snapshots: the user, the role, a user for a person, a grant's own role, or an outsider."""

from dataclasses import dataclass

from temp_access.deployment.effective_policies import PolicyOwner


@dataclass(frozen=True, slots=True)
class Holder:
    """A user or role, by what it is in access.toml, so that it is the same in both snapshots.

    `grant` is the id of the grant whose own role it is, and `name` the name of a user for a person, or of a role that
    no grant has. Without both, it is the user of `[user]`, the role of `[role]`, or somebody outside.
    """

    owner: PolicyOwner
    grant: str | None = None
    name: str | None = None

    @property
    def is_further(self) -> bool:
        """Whether it isn't the one user or the one role, and an outsider neither."""
        return self.grant is not None or self.name is not None


USER_HOLDER, ROLE_HOLDER, OUTSIDER = Holder(PolicyOwner.USER), Holder(PolicyOwner.ROLE), Holder(PolicyOwner.OUTSIDER)
