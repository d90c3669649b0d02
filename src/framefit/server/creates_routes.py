"""What the engine has on record of the creates it took, for tests that count them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from framefit.server.store import JobStore


def creates_router(store: JobStore) -> APIRouter:
    """Return the route ``/framefit/creates``, which only reads.

    Args:
        store: the record of jobs.
    """
    router = APIRouter(prefix="/framefit")

    @router.get("/creates")
    def creates() -> dict[str, Any]:
        data = [
            {
                "id": video_id,
                "received_at": sent.received_at,
                "digest": sent.digest,
                "bytes": sent.length,
                "fields": sent.fields,
            }
            for video_id, sent in store.all_sent()
        ]
        return {"object": "list", "data": data}

    return router
