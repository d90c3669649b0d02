"""What a strict check adds: what is not known and may decide about this request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from framefit.catalog import Catalog, Rule
from framefit.forecasting.findings import Finding, Level
from framefit.planning import Target
from framefit.probing import PictureInfo


def strictly(
    findings: Iterable[Finding], info: PictureInfo, target: Target, catalog: Catalog
) -> list[Finding]:
    """Return the findings with every unknown that may decide about the request made one that counts.

    A limit that is not known counts where a limit of its kind that is known, of any server, would be
    passed: a JPEG of 300 kB is refused by nobody, one of 30 MB may be.

    Args:
        findings: what was found; those that only say that something is not known become grave.
        info: the facts of the picture.
        target: the rule, and the size and seconds of the request.
        catalog: whose known limits tell what may matter.
    """
    graver = [found if found.known else replace(found, level="unknown") for found in findings]
    return [*graver, *_unsaid(info, target, catalog)]


def _unsaid(info: PictureInfo, target: Target, catalog: Catalog) -> Iterator[Finding]:
    rule = target.rule
    if rule is None:
        return
    if rule.status == "unknown":
        yield _unknown(rule, "status_unknown", f"whether {rule.key} still answers is not known")
    if not rule.formats and info.format is not None:
        refused = any(other.formats and info.format not in other.formats for other in catalog)
        others = "" if refused else "; no server refuses them whose formats are known"
        yield _unknown(
            rule,
            "formats_unknown",
            f"whether {rule.key} takes {info.format} files is not known{others}",
            level="unknown" if refused else "note",
        )
    if rule.max_bytes is None and info.byte_count is not None:
        known = [other.max_bytes for other in catalog if other.max_bytes is not None]
        passed = info.byte_count > min(known, default=0)
        others = "" if passed else f"; no limit that is known lies below {min(known):,} bytes"
        yield _unknown(
            rule,
            "byte_limit_unknown",
            f"how large a file {rule.key} takes is not known{others}",
            level="unknown" if passed else "note",
        )
    if target.seconds is not None and not rule.seconds:
        yield _unknown(
            rule, "seconds_unknown", f"whether {rule.key} renders {target.seconds} seconds is not known"
        )


def _unknown(rule: Rule, code: str, message: str, *, level: Level = "unknown") -> Finding:
    return Finding(code=code, level=level, message=message, source=rule.sources[0], known=False)
