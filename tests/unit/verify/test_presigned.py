"""The probes with presigned URLs."""

import os
import socket
import threading

import boto3
import pytest
from botocore.exceptions import BotoCoreError

from temp_access.aws.clients import ClientFactory
from temp_access.verify.live.service_calls import call_service
from temp_access.verify.probes import ServiceCall
from tests.unit.support.planning import TARGET


@pytest.mark.parametrize("operation", ["presigned-get", "presigned-put"])
def test_a_presigned_url_is_called_through_the_proxy(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like all other calls."""
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    clients = ClientFactory(boto3.Session("x" * 20, "y", region_name="eu-central-1")).base()
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")

        def refuse() -> None:
            connection, _ = proxy.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        with pytest.raises(BotoCoreError):
            call_service(ServiceCall(operation, "the-bucket", key="x"), clients, clients, TARGET)
    assert seen
    assert seen[0].startswith(b"CONNECT the-bucket.s3")
