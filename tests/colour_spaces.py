"""RGB colour spaces of any white, their ICC profiles, and CIEDE2000, in floating point."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

D65, D50 = (0.3127, 0.3290), (0.3457, 0.3585)
D50_XYZ = np.array([0.9642, 1.0, 0.8249])


def srgb_to_linear(values: np.ndarray) -> np.ndarray:
    """The sRGB transfer curve (IEC 61966-2-1), 0 to 1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(values: np.ndarray) -> np.ndarray:
    """The inverse of the sRGB transfer curve, values outside 0 to 1 clipped."""
    values = values.clip(0, 1)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


@dataclass(frozen=True, kw_only=True)
class Space:
    """An RGB colour space by its primaries, white and gamma (None is the sRGB curve)."""

    name: str
    primaries: tuple[tuple[float, float], ...]
    white: tuple[float, float]
    gamma: float | None

    def linear(self, values: np.ndarray) -> np.ndarray:
        return srgb_to_linear(values) if self.gamma is None else values**self.gamma

    def to_xyz(self) -> np.ndarray:
        """The matrix from linear RGB to XYZ under D50, adapted the way ICC profiles are (Bradford)."""
        columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in self.primaries]).T
        white = np.array([self.white[0] / self.white[1], 1, (1 - sum(self.white)) / self.white[1]])
        matrix = columns * np.linalg.solve(columns, white)
        bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
        gains = (bradford @ D50_XYZ) / (bradford @ white)
        return np.linalg.inv(bradford) @ np.diag(gains) @ bradford @ matrix


SRGB = Space(name="sRGB", primaries=((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), white=D65, gamma=None)
DISPLAY_P3 = Space(
    name="Display P3", primaries=((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), white=D65, gamma=None
)
ADOBE_RGB = Space(
    name="Adobe RGB (1998)", primaries=((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), white=D65, gamma=563 / 256
)
PROPHOTO = Space(
    name="ProPhoto RGB",
    primaries=((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
    white=D50,
    gamma=1.8,
)


def to_srgb(values: np.ndarray, space: Space) -> np.ndarray:
    """Colours of a space, 0 to 1, as sRGB 0 to 1, relative colorimetric, clipped at the gamut's edge."""
    xyz = space.linear(values) @ space.to_xyz().T
    return linear_to_srgb(xyz @ np.linalg.inv(SRGB.to_xyz()).T)


def matrix_profile(space: Space) -> bytes:
    """An ICC version 2 display profile of a space."""
    if space.gamma is None:
        steps = srgb_to_linear(np.linspace(0, 1, 1024))
        curve = b"curv\0\0\0\0" + struct.pack(">I", 1024) + (steps * 65535).round().astype(">u2").tobytes()
    else:
        curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(space.gamma * 256)) + b"\0\0"
    matrix = space.to_xyz()
    tags = {b"wtpt": _xyz(D50_XYZ), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    tags |= {name: _xyz(matrix[:, band]) for band, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return _profile(space.name, tags)


def lab(srgb: np.ndarray) -> np.ndarray:
    """CIE Lab under D50 of sRGB colours, 0 to 1."""
    ratios = srgb_to_linear(srgb) @ SRGB.to_xyz().T / D50_XYZ
    f = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def delta_e2000(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Colour difference CIEDE2000 of Lab colours (Sharma, Wu and Dalal, 2005)."""
    mean_chroma = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(other[..., 1], other[..., 2])) / 2
    g = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)))
    a1, a2 = one[..., 1] * (1 + g), other[..., 1] * (1 + g)
    c1, c2 = np.hypot(a1, one[..., 2]), np.hypot(a2, other[..., 2])
    h1, h2 = np.arctan2(one[..., 2], a1) % (2 * np.pi), np.arctan2(other[..., 2], a2) % (2 * np.pi)
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    hue = np.where(grey, h1 + h2, h1 + turn / 2)
    light, chroma = (one[..., 0] + other[..., 0]) / 2, (c1 + c2) / 2
    dl, dc, dh = other[..., 0] - one[..., 0], c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    degrees = np.degrees(hue) % 360
    t = 1 - 0.17 * np.cos(hue - np.pi / 6) + 0.24 * np.cos(2 * hue) + 0.32 * np.cos(3 * hue + np.pi / 30)
    t -= 0.20 * np.cos(4 * hue - np.radians(63))
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    bend = 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    rt = -bend * np.sin(np.radians(60) * np.exp(-(((degrees - 275) / 25) ** 2)))
    squares = (dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh)
    return np.sqrt(squares.clip(0))


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(name: str) -> bytes:
    ascii_text = name.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(ascii_text)) + ascii_text + bytes(78)


def _profile(name: str, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text(name), b"cprt": b"text\0\0\0\0none\0", **tags}
    place = 128 + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        index += tag + struct.pack(">II", place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = place + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += b"".join(struct.pack(">i", round(value * 65536)) for value in D50_XYZ)
    return header.ljust(128, b"\0") + index + body
