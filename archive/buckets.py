"""Making the buckets and asking whether they are what the archive needs."""

from __future__ import annotations

from django.conf import settings
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.versioningconfig import VersioningConfig

from archive import objects, vault

CORS = """<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
<MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>"""


def ensure() -> None:
    """Create what is missing: object lock can only be given at creation. Safe to repeat."""
    client = objects.client()
    for bucket in (objects.records(), objects.ledger(), objects.incoming(), objects.derivatives()):
        locked = bucket.lock_days > 0
        if not client.bucket_exists(bucket.name):
            client.make_bucket(bucket.name, location=settings.S3_REGION, object_lock=locked)
        if locked:
            client.set_bucket_versioning(bucket.name, VersioningConfig(ENABLED))
    _allow_browser_uploads()
    vault.prepare_root()


def _allow_browser_uploads() -> None:
    """Let pages send parts straight into `incoming`; the presigned address is what permits, not the origin."""
    bucket = objects.incoming()
    try:
        headers: dict[str, str | list[str] | tuple[str]] = {"Content-Type": "application/xml"}
        bucket.client._execute("PUT", bucket.name, body=CORS.encode(), headers=headers, query_params={"cors": ""})
    except S3Error as exc:
        if exc.code != "NotImplemented":  # MinIO answers every origin by itself and has no such call
            raise


def faults() -> list[str]:
    """Machine codes of what is wrong with the buckets that are locked: missing, no-lock, no-versions."""
    found = []
    for bucket in (objects.records(), objects.ledger()):
        if not bucket.client.bucket_exists(bucket.name):
            found.append(f"missing:{bucket.name}")
            continue
        try:
            bucket.client.get_object_lock_config(bucket.name)
        except S3Error:
            found.append(f"no-lock:{bucket.name}")
        if bucket.client.get_bucket_versioning(bucket.name).status != ENABLED:
            found.append(f"no-versions:{bucket.name}")
    return found
