"""A network file with the inputs and outputs of YuNet, whose faces are the white squares of a picture.

Written by hand in the wire format of ONNX (protocol buffers), since no tool for it is needed otherwise.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

CELL = 32
"""Side of the squares that are seen, which stand at multiples of it."""

FACE = 64
"""Side of the box each is reported with."""


def write_white_square_finder(path: Path, side: int) -> Path:
    """Save the network for pictures of ``side`` by ``side`` pixels and return its path."""
    nodes, tensors, outputs = b"", b"", b""
    for stride in (8, 16, CELL):
        weight = 1 / (3 * 255 * stride**2) if stride == CELL else 0.0
        size = math.log(FACE / stride)
        for kind, values in (
            ("cls", [0.0]),
            ("obj", [0.0]),
            ("bbox", [0.5, 0.5, size, size]),
            ("kps", [0.0] * 10),
        ):
            name = f"{kind}_{stride}"
            share = weight if kind in ("cls", "obj") else 0.0
            tensors += _tensor(
                f"{name}.w", (len(values), 3, stride, stride), [share] * (len(values) * 3 * stride**2)
            )
            tensors += _tensor(f"{name}.b", (len(values),), values)
            steps = _ints("kernel_shape", [stride, stride]) + _ints("strides", [stride, stride])
            nodes += _node("Conv", ["input", f"{name}.w", f"{name}.b"], f"{name}.grid", steps)
            nodes += _node("Transpose", [f"{name}.grid"], name, _ints("perm", [0, 2, 3, 1]))
            rows = side // stride
            outputs += _field(12, _value(name, (1, rows, rows, len(values))))
    graph = (
        nodes + _field(2, b"squares") + tensors + _field(11, _value("input", (1, 3, side, side))) + outputs
    )
    model = _number(1, 8) + _field(7, graph) + _field(8, _number(2, 11))
    path.write_bytes(model)
    return path


def _node(kind: str, inputs: Sequence[str], output: str, attributes: bytes) -> bytes:
    body = b"".join(_field(1, name.encode()) for name in inputs)
    body += _field(2, output.encode()) + _field(3, f"{kind}.{output}".encode()) + _field(4, kind.encode())
    return _field(1, body + attributes)


def _ints(name: str, values: Sequence[int]) -> bytes:
    return _field(
        5, _field(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)
    )


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    body = b"".join(_number(1, side) for side in shape) + _number(2, 1) + _field(8, name.encode())
    return _field(5, body + _field(9, struct.pack(f"<{len(values)}f", *values)))


def _value(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_field(1, _number(1, side)) for side in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, 1) + _field(2, sides)))


def _field(tag: int, body: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(body)) + body


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
