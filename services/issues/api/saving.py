"""A sheet to be saved: how it is sent."""

from __future__ import annotations

from fastapi.responses import Response

from shared.paper.sheets import XLSX


def workbook(content: bytes, name: str) -> Response:
    """A sheet to be saved."""
    return Response(content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'})
