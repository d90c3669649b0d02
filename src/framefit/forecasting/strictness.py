"""What a strict check adds: everything that bears on a request and is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from framefit.catalog import Rule
from framefit.forecasting.findings import Finding
from framefit.planning import Target
from framefit.probing import PictureInfo


def strictly(findings: Iterable[Finding], info: PictureInfo, target: Target) -> list[Finding]:
    """Return the findings with every unknown made one that counts.

    Args:
        findings: what was found; those that only say that something is not known become grave.
        info: the facts of the picture.
        target: the rule, and the size and seconds of the request.
    """
    graver = [found if found.known else replace(found, level="unknown") for found in findings]
    return [*graver, *_unsaid(info, target)]


def _unsaid(info: PictureInfo, target: Target) -> Iterator[Finding]:
    rule = target.rule
    if rule is None:
        return
    questions = (
        ("status_unknown", rule.status == "unknown", f"whether {rule.key} still answers", "status"),
        ("formats_unknown", not rule.formats, f"whether {rule.key} takes {info.format} files", "formats"),
        (
            "byte_limit_unknown",
            rule.max_bytes is None and info.byte_count is not None,
            f"how large a file {rule.key} takes",
            "bytes",
        ),
        (
            "seconds_unknown",
            target.seconds is not None and not rule.seconds,
            f"whether {rule.key} renders {target.seconds} seconds",
            "seconds",
        ),
    )
    for code, open_, what, field in questions:
        if open_ and not (field == "formats" and info.format is None):
            yield _unknown(rule, code, what)


def _unknown(rule: Rule, code: str, what: str) -> Finding:
    return Finding(
        code=code, level="unknown", message=f"{what} is not known", source=rule.sources[0], known=False
    )
