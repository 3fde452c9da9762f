"""Names from outside in the review's Markdown, picture and JSON."""

import json

from temp_access.review.as_json import to_json
from temp_access.review.markdown import to_markdown
from temp_access.review.model import Cause, Change, Direction, Review, total
from temp_access.review.picture import label

HOSTILE = 'x"]|`</code>@all\n```\n<script>'


def review_of(name: str) -> Review:
    """Return a review in which every text has `name` in it."""
    said = Cause(f"now there: {name}", f"access.toml, line 1 (grants.{name})")
    return Review((Change(name, Direction.BROADENED, f"{name} can now read {name}", said, name),))


def test_a_hostile_name_ends_nothing() -> None:
    """A name with markup, quotes and line ends ends no code element, label or fence, and starts none."""
    text = to_markdown(review_of(HOSTILE))
    assert "<script>" not in text
    assert text.count("```") == 2
    assert text.count("<code>") == text.count("</code>")
    [node] = [line for line in text.splitlines() if line.startswith("  n0[")]
    assert node.count('"') == 2


def test_mentions_stand_in_code() -> None:
    """A name that GitHub would take for a mention is in a code element wherever it occurs."""
    text = to_markdown(review_of("@octocat"))
    before = text.partition("```mermaid")[0]
    assert before.count("@octocat") == before.count("<code>") == 5
    assert "@" not in text.partition("```mermaid")[2]


def test_labels_are_letters_digits_and_entities() -> None:
    """In the picture every mark that Mermaid could read is an entity, and no label begins a list."""
    assert label('a"b') == "a#34;b"
    assert label("1. x") == "1#46; x"
    assert label("- x") == "#45; x"


def test_the_headline_adds_up() -> None:
    """Broadened and narrowed together are both, and nothing is unchanged."""
    assert total([]) is Direction.UNCHANGED
    assert total([Direction.NARROWED, Direction.NARROWED]) is Direction.NARROWED
    assert total([Direction.NARROWED, Direction.BROADENED]) is Direction.BOTH


def test_json_says_the_same() -> None:
    """The JSON has the headline and each change with its cause."""
    said = json.loads(to_json(review_of("bob")))
    assert said["headline"] == "broadened"
    assert said["changes"][0]["cause"]["place"] == "access.toml, line 1 (grants.bob)"
