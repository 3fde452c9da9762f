"""The source line of a construct's id is found, or none if it isn't certain."""

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


def test_follows_ids_from_class_to_class(root: Path) -> None:
    """Each id of the path is looked up in the class of the construct above it."""
    assert place(root, "Main/Users/One") == ("constructs/own/part.py", 4)
    assert find_construct_call(root, "Main/Buckets/Resource") == ConstructCall(
        "Buckets", "Bucket", "Main", "stacks/main.py", 4
    )


def test_doesnt_guess_between_two_lines(root: Path) -> None:
    """Where two lines have an id, the construct above it is the result."""
    assert place(root, "Main/Users/Two") == ("stacks/main.py", 3)


def test_ids_of_libraries_have_no_line(root: Path) -> None:
    """A construct of a library has no line, even where one of our classes has the same id."""
    assert place(root, "Main/Buckets/Policy") == ("stacks/main.py", 4)
    assert place(root, "Main/Users/Three") == ("stacks/main.py", 3)


def test_without_sources_there_is_no_line(tmp_path: Path, root: Path) -> None:
    """Neither a missing folder nor an unknown stack is an error."""
    assert place(tmp_path / "nowhere", "Main/Users") is None
    assert place(root, "Another/Users") is None
