"""An enterprise with a telephone of its own, and the links it opened on it."""

from __future__ import annotations

from typing import Any

import httpx

from shared.http.service import Service

DEVICE = {"Cookie": "guiren-device=a-telephone-of-the-enterprise"}
OTHER = {"Cookie": "guiren-device=another-telephone"}


def as_enterprise(client: httpx.AsyncClient, device: dict[str, str] = DEVICE) -> httpx.AsyncClient:
    """The same client without an account, on this device."""
    del client.headers["Authorization"]
    client.headers.update(device)
    return client


async def opened(district: Any, visits: Service, path: str, device: dict[str, str] = DEVICE) -> str:
    """The token of a link that the enterprise has opened."""
    token = path.removeprefix("/s/")
    async with as_enterprise(district.client(visits), device) as client:
        answer = await client.post(f"/public/{token}/open")
    assert answer.status_code == 200, answer.text
    return token
