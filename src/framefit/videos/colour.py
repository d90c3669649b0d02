"""How far two pictures are apart in colour, in CIEDE2000, on NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Colors = NDArray[np.floating[Any]]

_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
"""Linear sRGB to XYZ, IEC 61966-2-1."""

_WHITE = (0.95047, 1.0, 1.08883)
"""D65."""


def mean_colour_error(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the mean CIEDE2000 difference of two pictures in sRGB, pixel by pixel.

    Args:
        a: shape (H, W, 3), uint8.
        b: the same shape.

    Returns:
        0 for equal pictures; about 1 is the least that an eye sees side by side, 100 black and white.
    """
    import numpy as np

    return float(np.mean(delta_e(lab(a), lab(b)), dtype=np.float64))


def lab(pixels: NDArray[np.uint8]) -> Colors:
    """Return CIE L*a*b* (D65, 2 degrees) of sRGB pixels.

    Args:
        pixels: shape (..., 3), uint8.
    """
    import numpy as np

    values = pixels.astype(np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    scaled = linear @ np.array(_TO_XYZ).T / np.array(_WHITE)
    edge = (6 / 29) ** 3
    f = np.where(scaled > edge, np.cbrt(scaled), scaled / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def delta_e(one: Colors, other: Colors) -> Colors:
    """Return the CIEDE2000 difference of each pair of colours, with weights 1.

    Args:
        one: L*, a*, b*, shape (..., 3).
        other: the same shape.

    Source:
        Sharma, Wu, Dalal: The CIEDE2000 color-difference formula: implementation notes, supplementary
        test data, and mathematical observations. Color Research and Application 30 (1), 2005.
    """
    import numpy as np

    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(colors, -1, 0) for colors in (one, other))
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    widened = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    a1, a2 = a1 * widened, a2 * widened
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    apart = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    # Of two hues exactly opposite, the formula goes up when the second is the higher one.
    apart = np.where(~grey & (h2 - h1 == 180), 180.0, apart)
    far = np.abs(h1 - h2) > 180
    mean_h = np.where(grey, h1 + h2, (h1 + h2 + np.where(far, np.where(h1 + h2 < 360, 360, -360), 0)) / 2)
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(apart) / 2)
    return _weighed(l2 - l1, c2 - c1, hue, (l1 + l2) / 2, (c1 + c2) / 2, mean_h)


def _weighed(
    light: Colors, chroma: Colors, hue: Colors, mean_l: Colors, mean_c: Colors, mean_h: Colors
) -> Colors:
    import numpy as np

    def cos(factor: float, offset: float) -> Colors:
        result: Colors = np.cos(np.radians(factor * mean_h + offset))
        return result

    t = 1 - 0.17 * cos(1, -30) + 0.24 * cos(2, 0) + 0.32 * cos(3, 6) - 0.20 * cos(4, -63)
    square = (mean_l - 50) ** 2
    by_light = light / (1 + 0.015 * square / np.sqrt(20 + square))
    by_chroma = chroma / (1 + 0.045 * mean_c)
    by_hue = hue / (1 + 0.015 * mean_c * t)
    mean_c7 = mean_c**7
    rotation = (
        -2
        * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
        * np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    )
    total = by_light**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue
    result: Colors = np.sqrt(np.maximum(total, 0))
    return result
