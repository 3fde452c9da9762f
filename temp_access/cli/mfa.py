"""The MFA code, from the command line or from a terminal."""

import argparse
import re
import sys
from typing import TYPE_CHECKING

from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.sts.make import Mfa

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_CODE = re.compile(r"[0-9]{6}")


def mfa_of(args: argparse.Namespace, ask: bool) -> "Mfa | None":
    """Return what gives serial number and code when they are needed; None if no device was named."""
    serial = args.mfa_serial
    if serial is None:
        if args.mfa_code is not None:
            raise UserError("--mfa-code is of no use without --mfa-serial; name the device as well")
        return None

    def answer() -> tuple[str, str]:
        code = args.mfa_code or _asked(serial, ask)
        if not _CODE.fullmatch(code):
            raise UserError(f"the MFA code has {len(code)} characters that aren't six digits; type it again")
        return serial, code

    return answer


def _asked(serial: str, ask: bool) -> str:
    from temp_access.sts.errors import MfaNeeded

    if not ask or not sys.stdin.isatty():
        raise MfaNeeded(
            f"a code of the MFA device {serial} is needed, and there is no terminal to ask for it",
            "pass --mfa-code, or run `temp-access credentials` with the same options in a terminal: what it gets is "
            "kept",
        )
    print(f"code of the MFA device {serial}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
