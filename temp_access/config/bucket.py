"""Reading `[bucket]`."""

from typing import Literal

from temp_access.config.model import Bucket
from temp_access.config.names import bucket_name_problem
from temp_access.config.table import TableReader


def read_bucket(table: TableReader) -> Bucket:
    """Return the bucket that `[bucket]` describes."""
    table.allow_only("name", "versioning", "on_destroy")
    name = table.string("name")
    if name and (problem := bucket_name_problem(name)):
        table.add_finding("name", problem)
    on_destroy: Literal["retain", "destroy"] = "retain"
    if table.choice("on_destroy", ("retain", "destroy")) == "destroy":
        on_destroy = "destroy"
    return Bucket(name, table.boolean("versioning", True), on_destroy)
