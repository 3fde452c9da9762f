"""Runs operations with one library: `python libraries.py LIBRARY BUCKET`, with the profile of AWS_PROFILE.

Each line of standard input is a JSON object with `operation`, `key` and `text`, and each line of standard output the
result: `{"ok": true, "result": …}` or `{"ok": false, "error": …}`. Without AWS_PROFILE, the environment has the keys.
A library without an operation isn't asked for it.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

PROFILE = os.environ.get("AWS_PROFILE")
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
CA = os.environ["AWS_CA_BUNDLE"]
Operations = dict[str, Callable[[str, str], Any]]


def boto3(bucket: str) -> Operations:
    import boto3

    s3 = boto3.Session(profile_name=PROFILE).client("s3")
    return {
        "list": lambda key, _: [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", ())],
        "put": lambda key, text: s3.put_object(Bucket=bucket, Key=key, Body=text.encode()) and None,
        "get": lambda key, _: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(),
        "delete": lambda key, _: s3.delete_object(Bucket=bucket, Key=key) and None,
    }


def s3fs(bucket: str) -> Operations:
    import s3fs

    # Without its cache of listings, every operation is a request.
    fs = s3fs.S3FileSystem(profile=PROFILE, use_listings_cache=False)
    return {
        "list": lambda key, _: [path.removeprefix(f"{bucket}/") for path in fs.ls(f"{bucket}/{key}")],
        "put": lambda key, text: fs.pipe_file(f"{bucket}/{key}", text.encode()) and None,
        "get": lambda key, _: fs.cat_file(f"{bucket}/{key}").decode(),
        "delete": lambda key, _: fs.rm_file(f"{bucket}/{key}"),
    }


def pyarrow(bucket: str) -> Operations:
    from pyarrow import fs as arrow

    s3 = arrow.S3FileSystem(endpoint_override=ENDPOINT, tls_ca_file_path=CA)

    def put(key: str, text: str) -> None:
        with s3.open_output_stream(f"{bucket}/{key}") as stream:
            stream.write(text.encode())

    def get(key: str, _: str) -> str:
        with s3.open_input_stream(f"{bucket}/{key}") as stream:
            return str(stream.read().decode())

    def list_(key: str, _: str) -> list[str]:
        found = s3.get_file_info(arrow.FileSelector(f"{bucket}/{key.rstrip('/')}"))
        return [info.path.removeprefix(f"{bucket}/") for info in found]

    return {"list": list_, "put": put, "get": get, "delete": lambda key, _: s3.delete_file(f"{bucket}/{key}")}


def polars(bucket: str) -> Operations:
    import polars as pl

    # It reads no profile by itself. With the environment's keys, it needs no provider.
    provider = pl.CredentialProviderAWS(profile_name=PROFILE) if PROFILE else None
    options: dict[str, Any] = {"storage_options": {"aws_endpoint_url": ENDPOINT}, "credential_provider": provider}
    return {
        "put": lambda key, text: pl.DataFrame({"text": [text]}).write_parquet(f"s3://{bucket}/{key}", **options),
        "get": lambda key, _: pl.read_parquet(f"s3://{bucket}/{key}", **options)["text"][0],
        "list": lambda key, _: [
            path.removeprefix(f"s3://{bucket}/")
            for path in pl.scan_parquet(f"s3://{bucket}/{key}*", include_file_paths="p", **options).collect()["p"]
        ],
    }


def duckdb(bucket: str) -> Operations:
    import duckdb

    database = duckdb.connect()
    for extension in ("httpfs", "aws"):
        # Packages of PyPI have what `INSTALL` would download.
        (package,) = importlib.import_module(f"duckdb_extension_{extension}").__path__
        database.execute(f"LOAD '{package}/extensions/v{duckdb.__version__}/{extension}.duckdb_extension'")
    database.execute(f"SET ca_cert_file = '{CA}'")
    chain = f"CHAIN 'process', PROFILE '{PROFILE}'" if PROFILE else "CHAIN 'env'"
    database.execute(
        f"CREATE SECRET (TYPE s3, PROVIDER credential_chain, {chain}, REFRESH auto, "
        f"ENDPOINT '{ENDPOINT.removeprefix('https://')}', URL_STYLE 'path')"
    )

    def rows(query: str, *values: str) -> list[str]:
        return [row[0] for row in database.execute(query, list(values)).fetchall()]

    return {
        "put": lambda key, text: (
            database.execute(f"COPY (SELECT ? AS text) TO 's3://{bucket}/{key}' (FORMAT csv, HEADER false)", [text])
            and None
        ),
        "get": lambda key, _: rows("SELECT content FROM read_text(?)", f"s3://{bucket}/{key}")[0].strip(),
        "list": lambda key, _: [
            path.removeprefix(f"s3://{bucket}/") for path in rows("SELECT file FROM glob(?)", f"s3://{bucket}/{key}*")
        ],
    }


def pyiceberg(bucket: str) -> Operations:
    import pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog

    settings = {
        "s3.endpoint": ENDPOINT,
        "s3.profile-name": PROFILE or "",
        "py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO",
    }
    catalog = SqlCatalog(
        "local", uri="sqlite:///:memory:", **{name: value for name, value in settings.items() if value}
    )
    catalog.create_namespace("db")

    def put(key: str, text: str) -> None:
        rows = pa.table({"text": [text]})
        name = f"db.t{key.replace('/', '_').replace('.', '_')}"
        catalog.create_table(name, rows.schema, location=f"s3://{bucket}/{key}").append(rows)

    def get(key: str, _: str) -> str:
        table = catalog.load_table(f"db.t{key.replace('/', '_').replace('.', '_')}")
        return str(table.scan().to_arrow()["text"][0].as_py())

    return {"put": put, "get": get}


def smart_open(bucket: str) -> Operations:
    import boto3
    from smart_open import open as open_

    options = {"client": boto3.Session(profile_name=PROFILE).client("s3")}

    def put(key: str, text: str) -> None:
        with open_(f"s3://{bucket}/{key}", "w", transport_params=options) as file:
            file.write(text)

    def get(key: str, _: str) -> str:
        with open_(f"s3://{bucket}/{key}", transport_params=options) as file:
            return str(file.read())

    return {"put": put, "get": get}


def minio(bucket: str) -> Operations:
    from io import BytesIO

    from minio import Minio
    from minio.credentials import EnvAWSProvider

    host = ENDPOINT.removeprefix("https://")
    client = Minio(host, credentials=EnvAWSProvider(), region=os.environ["AWS_REGION"])
    return {
        "put": lambda key, text: client.put_object(bucket, key, BytesIO(text.encode()), len(text.encode())) and None,
        "get": lambda key, _: client.get_object(bucket, key).read().decode(),
        "list": lambda key, _: [found.object_name for found in client.list_objects(bucket, prefix=key)],
        "delete": lambda key, _: client.remove_object(bucket, key),
    }


LIBRARIES = {f.__name__: f for f in (boto3, s3fs, pyarrow, polars, duckdb, pyiceberg, smart_open, minio)}


def main(library: str, bucket: str) -> None:
    """Answer every line of standard input."""
    operations = LIBRARIES[library](bucket)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            result = operations[request["operation"]](request["key"], request["text"])
            answer = {"ok": True, "result": result}
        except Exception as error:  # Each library has errors of its own.
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
