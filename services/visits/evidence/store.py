"""Where evidence lies: a local folder or S3 behind one API, each file under the digest of its bytes.

What ``put`` has answered is durable. S3 is by itself; a local file is written aside and renamed by obstore, which does not
wait for the disk, so that we do: file, then folders (measured with strace, obstore 0.12).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.language.problems import Unavailable, Unknown
from shared.log.outages import unavailable

log = structlog.get_logger()
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Store:
    """Files by digest. Its methods block: call them outside the event loop."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._store: ObjectStore = (
            LocalStore(self._folder, mkdir=True)
            if self._folder
            else from_url(url, retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)})
        )

    def put(self, content: bytes) -> str:
        """Keep these bytes; the same bytes again change nothing. Answers their digest."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            obstore.put(self._store, _path(digest), content)
            if self._folder is not None:
                _settle(self._folder, _path(digest))
        except (BaseError, OSError) as error:
            log.warning("evidence not stored", error=repr(error))
            raise unavailable(error, "evidence") from error
        return digest

    def older(self, than: datetime) -> Iterator[str]:
        """The digests of files that have lain here since before then."""
        for page in obstore.list(self._store):
            for item in page:
                digest = item["path"].rsplit("/", 1)[-1]
                if _DIGEST.fullmatch(digest) and item["path"] == _path(digest) and item["last_modified"] < than:
                    yield digest

    def forget(self, digest: str) -> None:
        """Throw a file away that no fact names."""
        try:
            obstore.delete(self._store, _path(digest))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise unavailable(error, "evidence") from error

    def get(self, digest: str) -> bytes:
        """The bytes of this digest. Bytes that have changed are not handed out."""
        try:
            content = bytes(obstore.get(self._store, _path(digest)).bytes())
        except FileNotFoundError as error:
            raise Unknown(what="evidence", id=digest) from error
        except (BaseError, OSError) as error:
            log.warning("evidence not read", error=repr(error))
            raise unavailable(error, "evidence") from error
        if hashlib.sha256(content).hexdigest() != digest:
            log.error("evidence damaged", digest=digest)
            raise Unavailable(reason="evidence damaged")
        return content


@lru_cache(maxsize=4)
def store_at(url: str) -> Store:
    """The store of this address, opened once."""
    return Store(url)


def _path(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def _settle(folder: Path, path: str) -> None:
    """Wait until file, its folder and the folder above are on the disk."""
    for place in (folder / path, (folder / path).parent, folder):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
