"""The credentials of the borrowers that a live run can be: keys made for the run, and tokens that were handed in."""

from collections.abc import Mapping

from temp_access.aws.assume_role import Credentials
from temp_access.config.model import Config
from temp_access.verify.identity_tokens import IdentityToken
from temp_access.verify.live.borrower_keys import BorrowerKeys
from temp_access.verify.plan.borrowing import borrower_called
from temp_access.verify.plan.impersonation import Impersonation
from temp_access.verify.probes import AssumeCall, ProbeCaller


class Borrowers:
    """The keys and tokens of borrowers, and the call by which each becomes a session of a grant's role."""

    def __init__(self, config: Config, keys: BorrowerKeys, tokens: Mapping[str, IdentityToken]) -> None:
        self._keys = keys
        self._tokens = tokens
        self._impersonation = Impersonation(config, {label: token.claims for label, token in tokens.items()})

    def key(self, name: str) -> Credentials:
        """Return the access key of a user of `[users.<name>]`; raises SetupError if there is none."""
        return self._keys.of(name)

    def token(self, label: str) -> str:
        """Return a web identity token."""
        return self._tokens[label].text

    def call_for(self, session: ProbeCaller) -> tuple[ProbeCaller, AssumeCall]:
        """Return who borrows a session of a grant's own role, and by which call."""
        assert session.grant is not None  # noqa: S101 - a session of a grant's role always has one
        borrower = borrower_called(str(session.name))
        return borrower, self._impersonation.call(borrower, session.grant)
