"""Text from outside inside GitHub Markdown: shown as it is, never interpreted."""

import re

from temp_access.verify.report.visible import escape_control

# Everything that starts or ends markup, HTML, a table cell, a formula or a link.
_SPECIAL = re.compile(r"[&<>|`*_~\[\]\\$#]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def escape(text: str) -> str:
    """Return `text` on one line, with an HTML entity for every character that could mean something.

    Entities, not backslashes: CommonMark never takes an entity for markup, wherever it stands.
    """
    return _SPECIAL.sub(lambda special: f"&#{ord(special[0])};", escape_control(text))


def code(text: str) -> str:
    """Return `text` in a code element, where GitHub makes no mention, reference or emoji of it either.

    A span in backticks couldn't hold every backtick, nor in a table every `|`.
    """
    return f"<code>{escape(text)}</code>"
