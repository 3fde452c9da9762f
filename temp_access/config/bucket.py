"""Reading `[bucket]`."""

from typing import Literal

from temp_access.config.model import Bucket
from temp_access.config.names import bucket_name_problem
from temp_access.config.table import Table


def read_bucket(table: Table) -> Bucket:
    """Return the bucket that `[bucket]` describes."""
    table.only("name", "versioning", "on_destroy")
    name = table.text("name")
    if name and (problem := bucket_name_problem(name)):
        table.finding("name", problem)
    on_destroy: Literal["retain", "destroy"] = "retain"
    if table.choice("on_destroy", ("retain", "destroy")) == "destroy":
        on_destroy = "destroy"
    return Bucket(name, table.boolean("versioning", True), on_destroy)
