"""The AWS CLI commands that undo a difference."""

import json
import shlex

PUT_BACK = "put the template's back"


def aws_cli(service: str, operation: str, **options: object) -> str:
    """Return a command for a shell; options are named as the CLI's with `_` for `-`.

    A value that isn't a string is written as JSON; True is an option without a value.
    """
    words = ["aws", service, operation]
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}")
        if value is not True:
            words.append(value if isinstance(value, str) else compact(value))
    return " ".join(shlex.quote(word) for word in words)


def compact(value: object) -> str:
    """Return the smallest JSON of a value."""
    return json.dumps(value, separators=(",", ":"))
