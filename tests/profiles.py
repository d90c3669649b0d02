"""ICC profiles made by code, and what their colours are in sRGB, computed in floating point."""

from __future__ import annotations

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)
D65 = (0.3127, 0.3290)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))


def to_xyz_d50(primaries):
    """The matrix from linear RGB with a D65 white to XYZ, adapted to D50 by Bradford's method."""
    columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]).T
    white = np.array([D65[0] / D65[1], 1.0, (1 - sum(D65)) / D65[1]])
    matrix = columns * np.linalg.solve(columns, white)
    gains = np.diag((_BRADFORD @ np.array(D50)) / (_BRADFORD @ white))
    return np.linalg.inv(_BRADFORD) @ gains @ _BRADFORD @ matrix


def srgb_curve(value):
    """SRGB's decoding curve (IEC 61966-2-1)."""
    value = np.asarray(value, float)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb_encode(linear):
    """The inverse of `srgb_curve`, clipped to 0 to 1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def in_srgb(pixels, primaries, curve):
    """8-bit pixels of the given colour space as 8-bit sRGB in floating point."""
    linear = curve(np.asarray(pixels, float) / 255)
    return 255 * srgb_encode(linear @ to_xyz_d50(primaries).T @ np.linalg.inv(to_xyz_d50(SRGB)).T)


def rgb_profile(name, primaries, gamma=None):
    """An ICC version 2 matrix profile; without a gamma the curve is sRGB's."""
    matrix = to_xyz_d50(primaries)
    tags = {b"desc": _desc(name), b"cprt": _text("none"), b"wtpt": _xyz(D50)}
    for column, key in enumerate((b"r", b"g", b"b")):
        tags[key + b"XYZ"] = _xyz(matrix[:, column])
        tags[key + b"TRC"] = _curve(gamma)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_profile(name, gamma):
    """An ICC version 2 profile of one grey channel."""
    tags = {b"desc": _desc(name), b"cprt": _text("none"), b"wtpt": _xyz(D50), b"kTRC": _curve(gamma)}
    return _profile(b"mntr", b"GRAY", b"XYZ ", tags)


def cmyk_profile(name, lab_of_ink):
    """An ICC version 2 profile of four inks from the L*a*b* colour of each of their 16 combinations.

    Args:
        name: its description.
        lab_of_ink: a function of the four inks, 0 or 1 each, to L (0 to 100), a and b (-128 to 127).
    """
    table = bytearray()
    for number in range(16):
        lightness, a, b = lab_of_ink(*(number >> 3 & 1, number >> 2 & 1, number >> 1 & 1, number & 1))
        table += bytes((round(lightness * 2.55), round(a + 128), round(b + 128)))
    identity = b"".join(
        struct.pack(">i", 65536 if row == column else 0) for row in range(3) for column in range(3)
    )
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + bytes(table) + ramp * 3
    tags = {b"desc": _desc(name), b"cprt": _text("none"), b"wtpt": _xyz(D50), b"A2B0": lut}
    return _profile(b"prtr", b"CMYK", b"Lab ", tags)


def lab_in_srgb(lightness, a, b):
    """An L*a*b* colour under D50 as 8-bit sRGB in floating point."""
    fy = (lightness + 16) / 116
    ratios = [
        f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29) for f in (fy + a / 500, fy, fy - b / 200)
    ]
    linear = np.linalg.inv(to_xyz_d50(SRGB)) @ (np.array(ratios) * D50)
    return 255 * srgb_encode(linear)


def _xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(text):
    return b"text\0\0\0\0" + text.encode() + b"\0"


def _desc(text):
    raw = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + bytes(8 + 3 + 67)


def _curve(gamma):
    if gamma is not None:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    points = np.round(srgb_curve(np.linspace(0, 1, 1024)) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(points)) + points.tobytes()


def _profile(kind, colours, connection, tags):
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for key, data in tags.items():
        table += key + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = bytearray(128)
    header[0:4] = struct.pack(">I", start + len(body))
    header[8:12] = b"\x02\x40\0\0"
    header[12:24] = kind + colours + connection
    header[36:40] = b"acsp"
    header[68:80] = b"".join(struct.pack(">i", round(value * 65536)) for value in D50)
    return bytes(header) + table + body
