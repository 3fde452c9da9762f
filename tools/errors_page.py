"""The page docs/errors.md, made from the kept explanations: `python -m tools.errors_page > docs/errors.md`."""

from collections.abc import Iterator

from temp_access.error_guide.guide import Explanation, explain, known_codes, load_entries

_HEAD = """\
# Errors

What `temp-access explain CODE` says, in short. Paste a whole message (`temp-access explain -`), and the causes \
come in the order that the message suggests.

Made by `python -m tools.errors_page > docs/errors.md`.
"""


def page() -> str:
    """Return the page, in Markdown."""
    return "\n".join((_HEAD, *(line for code in load_entries() for line in _section(explain(code)))))


def _section(explanation: Explanation) -> Iterator[str]:
    others = [code for code, own in known_codes().items() if own == explanation.code and code != own]
    also = f" Also: {', '.join(others)}." if others else ""
    yield f"## {explanation.code}\n"
    yield f"{explanation.service}: {explanation.summary}.{also} [Source]({explanation.source})\n"
    yield "| likely cause | how to tell | fix |\n| --- | --- | --- |"
    yield from (f"| {_cell(c.what)} | {_cell(c.how_to_tell)} | {_cell(c.fix)} |" for c in explanation.causes)
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
