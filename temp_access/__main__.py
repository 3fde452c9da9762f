"""`python -m temp_access`: the command `temp-access`, where its script isn't installed."""

from temp_access.cli.main import run

run()
