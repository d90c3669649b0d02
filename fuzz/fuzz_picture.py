"""Fuzzes `probe` and `fit` with atheris: anything but a typed error or the exact size is a finding.

pip install atheris
python fuzz/fuzz_picture.py -max_total_time=60 -timeout=10 -rss_limit_mb=1024 FOLDER_OF_PICTURES
"""

import sys
import warnings

import atheris

with atheris.instrument_imports(include=["framefit", "PIL"]):
    import framefit.fitting
    from framefit.probing import DECODERS

    for module, _ in DECODERS.values():
        __import__(module)

warnings.simplefilter("ignore")


def test_one_input(data: bytes) -> None:
    """Probe and fit one file; how is told by its length, so that a finding can be repeated."""
    if not data:
        return
    size = "160x120" if len(data) % 2 else "96x64"
    try:
        framefit.probe(data)
        fitted = framefit.fit(
            data,
            size=size,
            # Small pictures, for the sake of many: a 20-megapixel header costs as much as fifty of these.
            max_pixels=4_000_000,
            allow_truncated=len(data) % 3 == 0,
            best=len(data) % 5 == 0,
        )
    except framefit.FramefitError:
        return
    if str(fitted.size) != size or fitted.to_pil().size != fitted.size:
        raise AssertionError(f"asked for {size}, got {fitted.to_pil().size}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
