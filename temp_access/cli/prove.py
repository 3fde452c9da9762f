"""`temp-access prove`: what holds for all ids, keys and requests, proved from the policies themselves."""

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.cli.options import add_config, load_config, seconds

if TYPE_CHECKING:
    from temp_access.config.model import Config
    from temp_access.policies.access_modes import AccessMode
    from temp_access.proofs.claim import Claim


EXAMPLES = """\
examples (after `make synth`):
  temp-access prove
  temp-access prove --base ../main/cdk.out          (is anything allowed that wasn't?)
  temp-access prove --session-policy policy.json    (its $id stands for the folder)
  temp-access prove --json

exit code: 0 all proved, 1 a claim is refuted, 2 bad configuration or usage, 3 something isn't known"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--template", type=Path, default=Path("cdk.out"), metavar="DIR", help="default: cdk.out")
    parser.add_argument("--base", type=Path, metavar="DIR", help="earlier templates: prove that nothing new is allowed")
    parser.add_argument(
        "--session-policy", type=Path, metavar="FILE", help="prove this session policy, with $id for the folder"
    )
    parser.add_argument(
        "--access", metavar="MODE", help="what --session-policy is to allow (default: the widest mode in use)"
    )
    parser.add_argument("--timeout", type=seconds, default=30, metavar="TIME", help="for each claim (default: 30s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Prove, print, and return the exit code."""
    from temp_access.deployment.stacks import read_stacks
    from temp_access.errors import UserError, require_extra
    from temp_access.proofs import prove_all, prove_session_policy
    from temp_access.proofs.claim import NOT_MODELLED, as_json, exit_code
    from temp_access.proofs.custom_policy import read_custom_policy

    if args.access and not args.session_policy:
        raise UserError("--access says what --session-policy is to allow; give that as well, or leave it out")
    if args.base and args.session_policy:
        raise UserError("--base compares templates, and --session-policy is about one policy; give one of them")
    require_extra("prove")
    config = load_config(args)
    assembly = read_stacks(args.template, digest=config.digest)
    progress = _show if sys.stderr.isatty() else _show_nothing
    claims: tuple[Claim, ...]
    with _ended_by_signals():
        if args.session_policy:
            policy, access = read_custom_policy(args.session_policy), _access(args.access, config)
            claims = prove_session_policy(config, assembly, policy, access, timeout=args.timeout, progress=progress)
        else:
            base = read_stacks(args.base) if args.base else None
            claims = prove_all(config, assembly, base=base, timeout=args.timeout, progress=progress)
    progress(len(claims), len(claims), "")
    if args.json:
        print(json.dumps(as_json(claims), indent=2))
    else:
        print("\n".join([*map(_text, claims), _summary(claims), NOT_MODELLED]))
    return exit_code(claims)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    # Python answers Ctrl-C only once the solver has come back; there is nothing here to clean up.
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _access(name: str | None, config: "Config") -> "AccessMode":
    from temp_access.errors import UserError
    from temp_access.policies.access_modes import ACCESS_MODES

    if name is None:
        return next(ACCESS_MODES[mode] for mode in reversed(ACCESS_MODES) if mode in config.modes)
    if name not in ACCESS_MODES:
        raise UserError(f"--access: {name!r} isn't a mode; use one of {', '.join(ACCESS_MODES)}")
    return ACCESS_MODES[name]


def _text(claim: "Claim") -> str:
    from temp_access.terminal_text import escape_control

    head = f"{claim.status:8}{claim.seconds:7.2f} s  {claim.name}"
    return "\n".join([head, *(f"{'':19}{escape_control(line)}" for line in _details(claim))])


def _details(claim: "Claim") -> Iterator[str]:
    witness = claim.witness
    if witness:
        yield witness.words
        if witness.context:
            yield f"with {', '.join(f'{key}={value}' for key, value in witness.context.items())}"
        if witness.why:
            yield f"evaluator: {witness.why}"
    if claim.note:
        yield claim.note


def _summary(claims: Iterable["Claim"]) -> str:
    from temp_access.proofs.claim import ClaimStatus

    counts = Counter(claim.status for claim in claims)
    return f"{counts.total()} claims: {', '.join(f'{counts[status]} {status}' for status in ClaimStatus)}"


def _show(done: int, total: int, name: str) -> None:
    text = f"[{done + 1}/{total}] {name}"[:78] if name else ""
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


def _show_nothing(done: int, total: int, name: str) -> None:
    pass
