"""Huge pictures are fitted in little memory, or refused from their header."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import framefit
from pictures import encoded, scene

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")

CHILD = """
import json, resource, sys
from pathlib import Path
import framefit
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    fitted = framefit.fit(sys.argv[1], size="1280x720")
    outcome = str(fitted.size)
except framefit.FramefitError as error:
    outcome = error.code
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"outcome": outcome, "megabytes": int(peak.split()[1]) / 1000}))
"""


def in_a_child(path: Path) -> dict[str, object]:
    """Fit a picture in a process of its own, and return the outcome and the peak memory."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-500:]
    return json.loads(done.stdout)


def tall_jpeg(width: int, strips: int) -> bytes:
    """A baseline JPEG of any height out of one strip of 16 rows, repeated behind restart markers."""
    data = encoded(scene(width, 16), "JPEG", quality=90, restart_marker_rows=1)
    start = data.index(b"\xff\xda")
    start += 2 + struct.unpack_from(">H", data, start + 2)[0]
    frame = data.index(b"\xff\xc0") + 5
    head, strip = data[:frame] + struct.pack(">H", 16 * strips) + data[frame + 2 : start], data[start:-2]
    marked = (strip + bytes([0xFF, 0xD0 + number % 8]) for number in range(strips - 1))
    return head + b"".join(marked) + strip + b"\xff\xd9"


@pytest.mark.slow
def test_a_400_megapixel_jpeg_is_fitted_in_under_150_megabytes(tmp_path):
    """20000x20000 pixels take no more memory than what is left of them after shrinking."""
    path = tmp_path / "huge.jpg"
    path.write_bytes(tall_jpeg(20_000, 1250))
    assert framefit.probe(path).size == (20_000, 20_000)
    assert framefit.plan(path, size="1280x720").shrink == 8
    ended = in_a_child(path)
    assert ended["outcome"] == "1280x720" and ended["megabytes"] < 150


def test_a_long_file_is_not_held_in_memory(tmp_path):
    """A picture is read piece by piece: 100 MB behind its pixels take no memory."""
    path = tmp_path / "long.jpg"
    path.write_bytes(encoded(scene(2560, 1440)) + bytes(100_000_000))
    ended = in_a_child(path)
    assert ended["outcome"] == "1280x720" and ended["megabytes"] < 100


def test_a_progressive_jpeg_counts_whole(tmp_path):
    """400 megapixels in several scans are refused: all of their coefficients would be held at once."""
    path = tmp_path / "huge.jpg"
    data = encoded(scene(160, 120), "JPEG", progressive=True)
    path.write_bytes(data.replace(struct.pack(">HH", 120, 160), struct.pack(">HH", 20_000, 20_000), 1))
    ended = in_a_child(path)
    assert ended["outcome"] == "picture_too_large" and ended["megabytes"] < 100


def test_a_900_megapixel_png_is_refused_from_its_header(tmp_path):
    """A one-colour 30000x30000 PNG, a few megabytes of file, is refused without decoding a row."""
    path = tmp_path / "bomb.png"
    row = zlib.compressobj(9)
    rows = b"".join(row.compress(bytes(3751)) for _ in range(30_000)) + row.flush()
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)),
        (b"IDAT", rows),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    ended = in_a_child(path)
    assert ended["outcome"] == "picture_too_large" and ended["megabytes"] < 100


def test_the_limit_counts_what_is_decoded():
    """The pixel limit is on what is left after shrinking, and says so."""
    data = tall_jpeg(1600, 100)
    assert framefit.fit(data, size="160x160", max_pixels=160_000).size == (160, 160)
    with pytest.raises(framefit.FramefitError) as caught:
        framefit.fit(data, size="160x160", max_pixels=160_000, best=True)
    assert caught.value.code == "picture_too_large" and caught.value.fix == "--max-pixels 2560000"
