"""The policies that stand in for one that isn't at hand: it allows everything at most, and nothing at least."""

from collections.abc import Mapping
from typing import Any

ALLOW_ALL: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ALLOW_NOTHING: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "none:none", "Resource": "*"}],
}
