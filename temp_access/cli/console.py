"""`temp-access console`: a URL that signs in to the AWS console, at a grant's folder."""

import argparse
import time
from urllib.parse import urlsplit

from temp_access.borrow.cached_session import CachedSession
from temp_access.borrow.console import LOOPBACK, folder_page, session_duration, sign_in, sign_in_url
from temp_access.cli.borrow_options import add_borrow_options, borrow, print_note
from temp_access.cli.options import write_stdout
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.arn import Arn

EXAMPLES = """\
examples (after `make demo`):
  temp-access console bob --local
  temp-access console bob --profile temp-user --open
  temp-access console bob --profile temp-user --destination https://console.aws.amazon.com/cloudshell/home

The URL works for 15 minutes and is a secret: anyone who has it can sign in. The console session ends no later than
the borrowed credentials.

exit code: 0 success, 1 refused, 2 bad input, 3 no answer"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_borrow_options(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--print", action="store_true", help="print the URL (default)")
    form.add_argument("--open", action="store_true", help="open the URL in the browser instead of printing it")
    parser.add_argument(
        "--destination", default="s3", metavar="PAGE", help="s3 for the grant's folder (default), or the URL of a page"
    )


def run(args: argparse.Namespace) -> int:
    """Borrow, get a sign-in token, and print or open the URL."""
    session = borrow(args)
    endpoint, ca_bundle = _endpoint(args, session)
    partition = Arn.parse(session["role"]).partition
    page = args.destination
    if page == "s3":
        if not session["bucket"]:
            raise UserError("these credentials can't look the bucket up; pass --bucket, or a page with --destination")
        page = folder_page(
            partition,
            bucket=session["bucket"],
            folder=session["folder"],
            region=session["region"],
            endpoint_url=endpoint,
        )
        _note_missing_list(session)
    sign_in_endpoint = sign_in(partition, page, endpoint_url=endpoint)
    duration = session_duration(session["expires_at"] - time.time(), chained=session["chained"])
    url = sign_in_url(sign_in_endpoint, session["credentials"], duration=duration, ca_bundle=ca_bundle)
    print_note("the URL works for 15 minutes and is a secret: anyone who has it can sign in")
    if args.open:
        _open(url)
    else:
        write_stdout(f"{url}\n")
    return 0


def _endpoint(args: argparse.Namespace, session: CachedSession) -> tuple[str | None, str | None]:
    """Return the endpoint, if it is on this machine, and the CA bundle, as the AWS SDKs find them."""
    if args.local:
        from temp_access.local_aws.control import environment
        from temp_access.local_aws.state_dir import DEFAULT_STATE

        local = environment(args.state or DEFAULT_STATE)
        return local["AWS_ENDPOINT_URL"], local["AWS_CA_BUNDLE"]
    import botocore.session

    core = botocore.session.Session(profile=args.profile)
    credentials = session["credentials"]
    # The client only resolves the endpoint from the environment and the profile; it makes no call.
    client = core.create_client(
        "sts",
        region_name=session["region"],
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    url = str(client.meta.endpoint_url)
    return (url if urlsplit(url).hostname in LOOPBACK else None), core.get_config_variable("ca_bundle") or None


def _note_missing_list(session: CachedSession) -> None:
    from temp_access.policies.access_modes import ACCESS_MODES

    if not ACCESS_MODES[session["access"]].allows_listing:
        print_note(
            f"the access mode {session['access']!r} can't list, so the console shows an error instead of the folder; "
            "uploads work"
        )


def _open(url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        raise TempAccessError(
            "no browser could be opened; use --print, and open the URL in a browser yourself", exit_code=1
        )
