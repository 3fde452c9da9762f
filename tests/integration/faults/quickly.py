"""Code that a test runs before a command, so that it doesn't wait two minutes for a service."""

# All times of `temp_access.aws.patience` in a tenth.
QUICKLY = """
from temp_access.aws import patience
for name in ("CONNECT_SECONDS", "READ_SECONDS", "SILENCE_SECONDS", "_CLEAN_UP_SECONDS", "_LAST_CALL_SECONDS"):
    setattr(patience, name, getattr(patience, name) / 10)
"""
