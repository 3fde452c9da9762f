"""The review as JSON for programs."""

import dataclasses
import json

from temp_access.review.model import Review


def to_json(review: Review) -> str:
    """Return the headline and every change, with its cause and place."""
    changes = [dataclasses.asdict(change) for change in review.changes]
    return json.dumps({"headline": review.headline, "changes": changes}, indent=2) + "\n"
