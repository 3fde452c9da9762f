"""Many connections, slow clients and large bodies: the server answers, and serves the next request."""

import hashlib
import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from temp_access.local_aws.control import Instance
from temp_access.local_aws.session import session
from temp_access.local_aws.testing import running

pytestmark = pytest.mark.integration
MB = 1024 * 1024


@pytest.fixture(name="instance", scope="module")
def _instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server of its own, which these tests burden."""
    with running(tmp_path_factory.mktemp("load")) as instance:
        yield instance


def client(instance: Instance, service: str, **options: Any) -> Any:
    """Return a client of the deployer that doesn't retry."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=120, **options)
    return session(instance.environment).client(service, config=config)  # type: ignore[call-overload]


def test_two_hundred_parallel_connections_are_served(instance: Instance) -> None:
    """Each has its TLS handshake, its signature and its answer."""
    s3 = client(instance, "s3", max_pool_connections=200)
    s3.create_bucket(Bucket="parallel")
    with ThreadPoolExecutor(200) as pool:
        puts = list(pool.map(lambda n: s3.put_object(Bucket="parallel", Key=f"k{n}", Body=b"x" * 1000), range(400)))
    assert len(puts) == 400
    assert s3.list_objects_v2(Bucket="parallel")["KeyCount"] == 400


def test_idle_connections_are_bounded_and_end(instance: Instance) -> None:
    """Six hundred connections that send nothing: some are refused, all end, and the server serves others meanwhile."""
    context = ssl.create_default_context(cafile=instance.environment["AWS_CA_BUNDLE"])

    def connect(_: int) -> ssl.SSLSocket | None:
        try:
            raw = socket.create_connection(("127.0.0.1", instance.port), timeout=60)
            return context.wrap_socket(raw, server_hostname="127.0.0.1")
        except OSError:
            return None

    def is_closed(one: ssl.SSLSocket | None) -> bool:
        if one is None:
            return True
        try:
            return not one.recv(1)
        except OSError:
            return True

    s3 = client(instance, "s3")
    s3.list_buckets()
    with ThreadPoolExecutor(64) as pool:
        sockets = list(pool.map(connect, range(600)))
        s3.list_buckets()
        assert all(pool.map(is_closed, sockets))
    for one in sockets:
        if one is not None:
            one.close()
    client(instance, "s3").list_buckets()


def test_a_body_of_a_hundred_megabytes_arrives(instance: Instance) -> None:
    """It is kept whole, and comes back whole."""
    s3 = client(instance, "s3")
    s3.create_bucket(Bucket="large")
    body = b"0123456789abcdef" * (100 * MB // 16)
    s3.put_object(Bucket="large", Key="k", Body=body)
    returned = s3.get_object(Bucket="large", Key="k")["Body"].read()
    assert hashlib.sha256(returned).digest() == hashlib.sha256(body).digest()
    s3.delete_object(Bucket="large", Key="k")


def test_a_body_over_the_limit_is_refused(instance: Instance) -> None:
    """Its length is known before it comes."""
    s3 = client(instance, "s3")
    s3.create_bucket(Bucket="too-large")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "too-large", "Key": "k"})
    context = ssl.create_default_context(cafile=instance.environment["AWS_CA_BUNDLE"])
    connection = http.client.HTTPSConnection("127.0.0.1", instance.port, context=context, timeout=30)
    connection.putrequest("PUT", url.partition(str(instance.port))[2])
    connection.putheader("Content-Length", str(257 * MB))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, b"EntityTooLarge" in response.read()) == (400, True)
    connection.close()


def test_a_client_that_does_not_read_holds_nobody_up(instance: Instance, tmp_path: Path) -> None:
    """Others are served while its answer waits in the socket."""
    s3 = client(instance, "s3")
    s3.create_bucket(Bucket="unread")
    s3.put_object(Bucket="unread", Key="k", Body=bytes(20 * MB))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "unread", "Key": "k"})
    context = ssl.create_default_context(cafile=instance.environment["AWS_CA_BUNDLE"])
    connection = http.client.HTTPSConnection("127.0.0.1", instance.port, context=context, timeout=30)
    connection.request("GET", url.partition(str(instance.port))[2])
    began = time.monotonic()
    for _ in range(20):
        s3.list_buckets()
    assert time.monotonic() - began < 10
    connection.close()
