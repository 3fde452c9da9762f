"""Finding the source line of a construct's id, and none where it isn't certain."""

from pathlib import Path

import pytest

from temp_access.cfn.source_location import ConstructCall, find_construct_call

APP = 'def main():\n    Main(app, "Main")\n'
STACK = """\
class Main:
    def __init__(self):
        self.users = Users(self, "Users", name="Buckets")
        Bucket(self, "Buckets")
"""
PART = """\
class Users:
    '''Makes "One" and "Two".'''
    def __init__(self):
        Leaf(self, "One")
        Leaf(self, "Two")
        # Leaf(self, "Three")
        Leaf(self, "Two")
class Other:
    def __init__(self):
        Leaf(self, "Policy")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with an app, a stack and a construct."""
    for name, text in (("app.py", APP), ("stacks/main.py", STACK), ("constructs/own/part.py", PART)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def place(root: Path, path: str) -> tuple[str, int] | None:
    """Return the file and line of the lowest construct of `path` that is found."""
    found = find_construct_call(root, path)
    return (found.file, found.line) if found else None


def test_an_id_is_followed_from_class_to_class(root: Path) -> None:
    """Each id of the path is looked for in the class that the one above it is made of."""
    assert place(root, "Main/Users/One") == ("constructs/own/part.py", 4)
    assert find_construct_call(root, "Main/Buckets/Resource") == ConstructCall(
        "Buckets", "Bucket", "Main", "stacks/main.py", 4
    )


def test_an_id_in_two_lines_is_not_guessed(root: Path) -> None:
    """Of an id that two lines have neither is named, but the construct above it is."""
    assert place(root, "Main/Users/Two") == ("stacks/main.py", 3)


def test_ids_of_libraries_are_not_taken_for_our_own(root: Path) -> None:
    """What a library made has no line, even where one of our classes has an id like it."""
    assert place(root, "Main/Buckets/Policy") == ("stacks/main.py", 4)
    assert place(root, "Main/Users/Three") == ("stacks/main.py", 3)


def test_nothing_is_known_without_sources(tmp_path: Path, root: Path) -> None:
    """Neither a missing folder nor an unknown stack is an error."""
    assert place(tmp_path / "nowhere", "Main/Users") is None
    assert place(root, "Another/Users") is None
