"""The Ray engine: the same work in tasks of a cluster, which read and write the stores themselves."""

from __future__ import annotations

import logging
import math
import os
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from framefit.batch import stores
from framefit.batch.addresses import is_remote, join
from framefit.batch.local import Local
from framefit.batch.manifest import Manifest
from framefit.batch.rows import encode_row
from framefit.batch.wants import Wanted
from framefit.batch.wire import done_line, read_done, read_task, task_line
from framefit.batch.work import Done, Task
from framefit.errors import ClusterFailed, FramefitError
from framefit.extras import require

MEMORY_OF_A_TASK = 1 << 30
"""What a task reserves, in bytes: enough for pictures of 100 megapixels and more."""

_SECONDS_TO_ANSWER = 10.0

_PICTURES_IN_A_TASK = 64
"""A few seconds of work: little is done again when a worker is lost, and starting a task is cheap beside it."""


@dataclass(frozen=True, kw_only=True)
class OnRay:
    """The Ray engine.

    Args:
        manifest: the list of pictures and the rows are put into its parts; on a cluster that must be
            where every worker can reach it.
        address: the cluster, as ``ray.init`` takes it; None starts Ray on this machine, or joins
            the cluster that the environment names.
        memory: what a task reserves, in bytes. Pictures whose headers ask for more are put off and
            get tasks that reserve as much as they need.
        pictures: pictures in a task.
    """

    manifest: Manifest
    address: str | None = None
    memory: int = MEMORY_OF_A_TASK
    pictures: int = _PICTURES_IN_A_TASK

    @property
    def keeps_rows(self) -> bool:
        """The workers write their rows into the manifest's parts."""
        return True

    def run(self, tasks: Iterable[Task], wanted: Wanted, stop: Event) -> Iterator[Done]:
        """Work on pictures in tasks of a cluster.

        Args:
            tasks: the pictures.
            wanted: what is wanted of them.
            stop: when it is set nothing more is begun; tasks in flight are given up, and another run
                does them again.

        Yields:
            What became of each picture, task by task.

        Raises:
            MissingExtra: Ray is not installed.
            ClusterFailed: the cluster cannot be reached, or gave the work up.
        """
        ray, data = require("ray", "ray"), require("ray.data", "ray")
        if not ray.is_initialized():
            self._join(ray)
        for name in ("ray", "ray.data"):  # they tell of every plan, between the lines about the pictures
            logging.getLogger(name).setLevel(logging.ERROR)
        data.DataContext.get_current().enable_progress_bars = False
        put_off: list[Done] = []
        shards = self._shards(tasks, "list", self.pictures)
        for done in self._on_cluster(data, shards, wanted, self.memory, stop, put_off_larger=True):
            if done.put_off is None:
                yield done
            else:
                put_off.append(done)
        largest = max((int(node["Resources"].get("memory", 0)) for node in ray.nodes()), default=0)
        before = {task.item.number: task.before for task in self._read_again(put_off)}
        for power in sorted({_power(done) for done in put_off}):
            ones = [done.item for done in put_off if _power(done) == power]
            large = (Task(item=item, before=before[item.number]) for item in ones)
            shards = self._shards(large, f"large{power}", 1)
            # More than any machine has cannot be reserved; such a picture is worked on alone.
            memory = min(1 << power, largest)
            yield from self._on_cluster(data, shards, wanted, memory, stop, put_off_larger=False)

    def _join(self, ray: Any) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody unasked
        try:
            _knock(self.address or "")
            ray.init(address=self.address, log_to_driver=False, logging_level="error")
        except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
            raise ClusterFailed(
                "the Ray cluster cannot be reached"
                if self.address
                else "Ray cannot be started on this machine",
                seen=f"{self.address or 'no address'}: {_first_line(error)}",
                wanted="the address of a running cluster of the same versions of Ray and Python",
                fix="--ray-address HOST:PORT, or --engine local",
            ) from error

    def _shards(self, tasks: Iterable[Task], name: str, count: int) -> list[str]:
        """Write the tasks into the parts, and return the addresses of the files."""
        waiting = iter(tasks)
        addresses: list[str] = []
        while chunk := list(islice(waiting, count)):
            address = join(self.manifest.parts, f"{name}-{len(addresses):08d}.jsonl")
            stores.write(address, b"".join(map(task_line, chunk)), retries=5, mark=self.manifest.mark)
            addresses.append(address)
        return addresses

    def _read_again(self, put_off: list[Done]) -> Iterator[Task]:
        numbers = {done.item.number for done in put_off}
        for address in list(self.manifest.part_files()) if numbers else ():
            if "/list-" in address or f"{os.sep}list-" in address:
                with stores.opened(address) as file:
                    yield from (task for task in map(read_task, file) if task.item.number in numbers)

    def _on_cluster(
        self, data: Any, shards: list[str], wanted: Wanted, memory: int, stop: Event, *, put_off_larger: bool
    ) -> Iterator[Done]:
        if not shards or stop.is_set():
            return
        fit = _FitShard(
            wanted=wanted,
            manifest=self.manifest,
            memory=memory,
            put_off_larger=put_off_larger,
            folder=str(Path.cwd()),
        )
        listed = data.from_items([{"shard": shard} for shard in shards], override_num_blocks=len(shards))
        fitted = listed.map_batches(fit, batch_size=1, num_cpus=1, memory=memory)
        rows = iter(fitted.iter_rows())
        while True:
            try:
                row = next(rows, None)
            except Exception as error:  # Ray raises errors of its own, of its parts, and those of its tasks
                raise _failure(error) from error
            if row is None:
                return
            yield from map(read_done, bytes(row["done"]).splitlines())
            if stop.is_set():
                return


def _knock(address: str) -> None:
    """Open a connection to a cluster and close it: Ray itself tries for ten minutes before it says that none answers.

    Raises:
        OSError: nothing answers there.
    """
    match = re.fullmatch(r"(?:ray://)?\[?([^/\[\]]+)\]?:(\d+)", address)
    if match is not None:
        socket.create_connection((match[1], int(match[2])), timeout=_SECONDS_TO_ANSWER).close()


def _failure(error: Exception) -> FramefitError:
    """Return what a task raised on purpose, or else that the cluster failed."""
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, FramefitError):
            return reason
        reason = getattr(reason, "cause", None) or reason.__cause__
    return ClusterFailed(
        "the Ray cluster gave the work up; what was done is kept",
        seen=_first_line(error),
        wanted="a cluster whose workers have framefit and its extras, and reach the stores",
        fix="mend it and give the same command again, or --engine local",
    )


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1].strip()[:300]}" if lines else type(error).__name__


def _power(done: Done) -> int:
    return math.ceil(math.log2(done.put_off or 1))


@dataclass(frozen=True, kw_only=True)
class _FitShard:
    """What a worker does with one file of tasks; doing it twice leaves the same behind."""

    wanted: Wanted
    manifest: Manifest
    memory: int
    put_off_larger: bool
    folder: str

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """Work on the pictures of the shards, and write their rows into the parts."""
        return {"done": [self._one(str(shard)) for shard in batch["shard"]]}

    def _one(self, shard: str) -> bytes:
        if not is_remote(shard):
            os.chdir(self.folder)  # paths of the list are relative to where the run was started
        with stores.opened(shard) as file:
            tasks = list(map(read_task, file))
        engine = Local(
            workers=1,
            memory=self.memory,
            in_stores=any(is_remote(task.item.address) for task in tasks) or is_remote(shard),
            put_off_larger=self.put_off_larger,
        )
        ended = sorted(engine.run(tasks, self.wanted, Event()), key=lambda done: done.item.number)
        lines = b"".join(encode_row(row) for done in ended for row in done.to_keep)
        if lines:
            folder, _, name = shard.replace(os.sep, "/").rpartition("/")
            stores.write(join(folder, f"rows-{name}"), lines, retries=5, mark=self.manifest.mark)
        return b"".join(map(done_line, ended))
