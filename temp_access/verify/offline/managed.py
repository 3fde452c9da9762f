"""Managed policies' documents when nothing can be called."""

from collections.abc import Mapping
from typing import Any

from temp_access.errors import UserError
from temp_access.policy.aws_managed import bundled_document


def known_document(arn: str) -> Mapping[str, Any]:
    """Return the kept document of the AWS managed policy `arn`; raises UserError if it isn't kept."""
    document = bundled_document(arn)
    if document is None:
        raise UserError(
            f"the document of {arn} isn't kept here, so what it allows can't be told without the account; "
            "run verify without --offline"
        )
    return document
