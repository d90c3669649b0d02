"""The tables of the ledger, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

VERSION = 1

metadata = MetaData()

videos = Table(
    "framefit_videos",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("alike", String(64), nullable=False, index=True),
    Column("server", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("size", Text),
    Column("seconds", Text),
    Column("picture", String(64)),
    Column("picture_name", Text),
    Column("take", Integer, nullable=False),
    Column("price_usd", Float(53)),
    Column("state", String(16), nullable=False, index=True),
    Column("job_id", Text, index=True),
    Column("adopted", Boolean, nullable=False, default=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("charges", Integer, nullable=False, default=0),
    Column("status", Text),
    Column("size_made", Text),
    Column("seconds_made", Text),
    Column("sent_at", Float(53)),
    Column("lost_at", Float(53)),
    Column("planned_at", Float(53), nullable=False),
    Column("changed_at", Float(53), nullable=False),
    Column("output", Text),
    Column("sha256", String(64)),
    Column("byte_count", Integer),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("receipt", Text),
    # Whether a create left of which nobody has found out yet what became of it.
    Column("unanswered", Boolean, nullable=False, default=False),
    # Who works on the row, and until when that one is trusted to be alive.
    Column("owner", Text),
    Column("lease_until", Float(53)),
)

# Of requests that look the same in a server's list only one is unanswered at a time, so that a job that
# appears there after an answer was lost can belong to one row only.
Index(
    "framefit_one_unanswered",
    videos.c.alike,
    unique=True,
    sqlite_where=videos.c.unanswered.is_(True),
    postgresql_where=videos.c.unanswered.is_(True),
)

# Two rows that look for their job at the same time cannot both take the same one.
Index(
    "framefit_one_adopts",
    videos.c.server,
    videos.c.job_id,
    unique=True,
    sqlite_where=videos.c.adopted.is_(True),
    postgresql_where=videos.c.adopted.is_(True),
)

events = Table(
    "framefit_events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, index=True),
    Column("at", Float(53), nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False),
)

about = Table("framefit_ledger", metadata, Column("version", Integer, primary_key=True))
