"""The local AWS's process: `python -m temp_access.local_aws.server.main --state DIR --fd N`, started by control."""

import argparse
import asyncio
import os
import secrets
import signal
import socket
import sys
from asyncio import constants
from pathlib import Path

from temp_access.files import try_lock
from temp_access.local_aws.state_dir import ACCOUNT_ID, REGION, StateDir


def main() -> int:
    """Serve on the socket that was handed over, until told to end."""
    parser = argparse.ArgumentParser(prog="python -m temp_access.local_aws.server.main")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    arguments = parser.parse_args()
    os.umask(0o077)
    layout = StateDir.of(arguments.state)
    lock = try_lock(layout.server_lock)
    if lock is None:
        sys.stderr.write(f"another local AWS already runs in {layout.root}\n")
        return 2
    port = socket.socket(fileno=os.dup(arguments.fd)).getsockname()[1]
    _set_environment(layout, port)
    asyncio.run(_serve(layout, arguments.fd, port))
    return 0


def _set_environment(layout: StateDir, port: int) -> None:
    """Configure ministack, which reads its environment when it is imported; nothing of the user's AWS gets in."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MINISTACK_", "LOCALSTACK_", "S3_")):
            del os.environ[name]
    os.environ.update(
        {
            "AUTH": "true",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "GATEWAY_PORT": str(port),
            "USE_SSL": "1",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(layout.services),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(layout.objects),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            # At its start and end ministack removes containers, also those of another emulator on this machine.
            "DOCKER_HOST": "unix:///nonexistent",
            # ministack's root: nobody may use it (see ministack_internals), and nobody knows it either.
            "AWS_ACCESS_KEY_ID": secrets.token_hex(10).upper(),
            "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
        }
    )


async def _serve(layout: StateDir, descriptor: int, port: int) -> None:
    # Imported here because the environment has to be set before.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from temp_access.local_aws.server.app import AccessLog, FrontApp, LocalAwsApp
    from temp_access.local_aws.server.ministack import internals as ministack
    from temp_access.local_aws.server.signin import SignInServer
    from temp_access.local_aws.server.state_writer import StateWriter

    ministack.install()
    saver = StateWriter(layout.services, ministack.snapshot)
    about = {"pid": os.getpid(), "port": port}
    gate = FrontApp(ministack.app.app, AccessLog(layout.access_log), saver, SignInServer(ministack.live_session), about)
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.certfile, config.keyfile = str(layout.certificate), str(layout.private_key)
    config.alpn_protocols = ["http/1.1"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    # hypercorn doesn't pass this on: idle clients don't answer the end of TLS, and would hold us for 30 s.
    constants.SSL_SHUTDOWN_TIMEOUT = 0.2
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    # The shortest session lasts 15 minutes: a test of what comes after can't wait for it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, ministack.expire_sessions)

    async def until_ended() -> None:
        await ended.wait()

    lifespan = LocalAwsApp(ministack.app.app, gate, saver, layout, port)
    # Lifespan is an ASGI application as ministack's: scopes and messages are plain dicts.
    await serve(lifespan, config, shutdown_trigger=until_ended)  # type: ignore[arg-type]
    layout.server.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
