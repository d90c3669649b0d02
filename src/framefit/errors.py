"""Everything framefit raises, in one tree.

    FramefitError
    ├── UsageError                  the call cannot be carried out as asked        (exit code 2)
    │   ├── InvalidSize             invalid_size           a size that cannot be read
    │   ├── InvalidOption           invalid_option         an option outside its range
    │   ├── InvalidCatalog          invalid_catalog        a catalogue file with an error
    │   ├── UnknownModel            unknown_model          no entry of that name
    │   ├── UnknownServer           unknown_server         the model is not known on that server
    │   ├── SizeNotOffered          size_not_offered       the model does not render that size
    │   ├── SecondsNotOffered       seconds_not_offered    the model does not render that length
    │   ├── OutputIsInput           output_is_input        the output would overwrite an input
    │   ├── OutputCollision         output_collision       two inputs would write one output
    │   ├── OverBudget              over_budget            the videos cost more than was allowed
    │   ├── PriceUnknown            price_unknown          a budget was set, and a price is not known
    │   ├── InvalidJobs             invalid_jobs           a file of jobs with an error
    │   ├── UnknownKey              unknown_key            no video of the ledger has that key
    │   └── MissingExtra            missing_extra          an optional part is not installed
    ├── PictureError                this picture cannot be used                    (exit code 1)
    │   ├── PictureNotFound         picture_not_found      nothing stands at that path
    │   ├── PictureIsFolder         picture_is_folder      the path is a folder
    │   ├── PictureUnreadable       picture_unreadable     no permission, or the device failed
    │   ├── PictureEmpty            picture_empty          zero bytes
    │   ├── NotAPicture             not_a_picture          no known picture format
    │   ├── PictureBroken           picture_broken         truncated or damaged
    │   ├── PictureTooLarge         picture_too_large      more pixels than the limit
    │   └── OverByteBudget          over_byte_budget       the result cannot be made small enough
    ├── OutputUnwritable            output_unwritable      the result cannot be saved there (exit code 1)
    ├── ClusterFailed               cluster_failed         the Ray cluster is out of reach, or gave up (exit code 1)
    ├── LedgerError                 the record of paid requests                    (exit code 1)
    │   ├── LedgerUnusable          ledger_unusable        it cannot be read or written
    │   └── LedgerConflict          ledger_conflict        somebody else works on that video, or decided it
    └── VideoError                  a request to a video server went wrong         (exit code 1)
        ├── ServerUnreachable       server_unreachable     no connection
        ├── RequestRejected         request_rejected       the server refused the request
        ├── OutcomeUnknown          outcome_unknown        a paid request may or may not have been accepted
        ├── GenerationFailed        generation_failed      the job ended as failed
        ├── GenerationTimeout       generation_timeout     the job did not end in time
        ├── DownloadFailed          download_failed        the video could not be fetched whole
        ├── NotAVideo               not_a_video            no video stream that can be decoded
        └── ReceiptMismatch         receipt_mismatch       the first frame is not the picture that was sent

Every error has a stable ``code``, one public sentence, what was ``seen``, what was ``wanted``
and the ``fix``: the flag or argument to change. HTTP status codes are not decided here.
"""

from __future__ import annotations

from typing import ClassVar


class FramefitError(Exception):
    """Base of every error framefit raises on purpose.

    Args:
        message: one public sentence, without a trailing full stop being required.
        seen: the value that was found, as text.
        wanted: the value that would have been accepted, as text.
        fix: the flag or argument to change, as text.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, seen: str | None = None, wanted: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.seen = seen
        self.wanted = wanted
        self.fix = fix

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the keyword-only parts when the error crosses a process border."""
        return _rebuild, (type(self), self.message, self.seen, self.wanted, self.fix)

    def as_dict(self) -> dict[str, str | None]:
        """Return code, message, seen, wanted and fix, as they appear in JSON output."""
        return {
            "code": self.code,
            "message": self.message,
            "seen": self.seen,
            "wanted": self.wanted,
            "fix": self.fix,
        }


def _rebuild(
    kind: type[FramefitError], message: str, seen: str | None, wanted: str | None, fix: str | None
) -> FramefitError:
    return kind(message, seen=seen, wanted=wanted, fix=fix)


class UsageError(FramefitError):
    """The call cannot be carried out as asked, whatever the picture."""

    code = "usage_error"
    exit_code = 2


class InvalidSize(UsageError):
    """A size that cannot be read."""

    code = "invalid_size"


class InvalidOption(UsageError):
    """An option outside its range, or two options that contradict each other."""

    code = "invalid_option"


class InvalidCatalog(UsageError):
    """A catalogue file with an error: the message names file, entry, field and reason."""

    code = "invalid_catalog"


class UnknownModel(UsageError):
    """No catalogue entry has that model name."""

    code = "unknown_model"


class UnknownServer(UsageError):
    """The model is not known on that server."""

    code = "unknown_server"


class SizeNotOffered(UsageError):
    """The model does not render that size."""

    code = "size_not_offered"


class SecondsNotOffered(UsageError):
    """The model does not render that length."""

    code = "seconds_not_offered"


class OutputIsInput(UsageError):
    """The output would overwrite an input."""

    code = "output_is_input"


class OutputCollision(UsageError):
    """Two inputs would write one output."""

    code = "output_collision"


class OverBudget(UsageError):
    """The videos cost more than was allowed; nothing was sent."""

    code = "over_budget"


class PriceUnknown(UsageError):
    """A budget was set and the price of a video is not known; nothing was sent."""

    code = "price_unknown"


class InvalidJobs(UsageError):
    """A file of jobs with an error: the message names the line and the reason."""

    code = "invalid_jobs"


class UnknownKey(UsageError):
    """No video of the ledger has that key."""

    code = "unknown_key"


class MissingExtra(UsageError):
    """An optional part is not installed; the fix is the exact install command."""

    code = "missing_extra"


class PictureError(FramefitError):
    """This picture cannot be used."""

    code = "picture_error"


class PictureNotFound(PictureError):
    """Nothing stands at that path."""

    code = "picture_not_found"


class PictureIsFolder(PictureError):
    """The path is a folder."""

    code = "picture_is_folder"


class PictureUnreadable(PictureError):
    """The file is there but cannot be read."""

    code = "picture_unreadable"


class PictureEmpty(PictureError):
    """The file has zero bytes."""

    code = "picture_empty"


class NotAPicture(PictureError):
    """The bytes are of no picture format framefit reads."""

    code = "not_a_picture"


class PictureBroken(PictureError):
    """The picture is truncated or damaged."""

    code = "picture_broken"


class PictureTooLarge(PictureError):
    """The picture has more pixels than the limit; said from its header."""

    code = "picture_too_large"


class OverByteBudget(PictureError):
    """The fitted picture cannot be made small enough in this format."""

    code = "over_byte_budget"


class OutputUnwritable(FramefitError):
    """The result cannot be saved there."""

    code = "output_unwritable"


class ClusterFailed(FramefitError):
    """The Ray cluster cannot be reached, or gave the work up."""

    code = "cluster_failed"


class LedgerError(FramefitError):
    """The record of paid requests does not allow it."""

    code = "ledger_error"


class LedgerUnusable(LedgerError):
    """The ledger cannot be read or written; nothing that costs money is sent without it."""

    code = "ledger_unusable"


class LedgerConflict(LedgerError):
    """Somebody else works on that video, or has decided what became of it."""

    code = "ledger_conflict"


class VideoError(FramefitError):
    """A request to a video server, or its answer, went wrong."""

    code = "video_error"


class ServerUnreachable(VideoError):
    """No connection to the server; nothing was submitted."""

    code = "server_unreachable"


class RequestRejected(VideoError):
    """The server refused the request; nothing was started."""

    code = "request_rejected"


class OutcomeUnknown(VideoError):
    """The connection was lost after a paid request left; it may or may not have been accepted."""

    code = "outcome_unknown"


class GenerationFailed(VideoError):
    """The job ended as failed."""

    code = "generation_failed"


class GenerationTimeout(VideoError):
    """The job did not end within the timeout."""

    code = "generation_timeout"


class DownloadFailed(VideoError):
    """The video could not be fetched whole."""

    code = "download_failed"


class NotAVideo(VideoError):
    """The file holds no video stream that can be decoded."""

    code = "not_a_video"


class ReceiptMismatch(VideoError):
    """The first frame of the video is not the picture that was sent."""

    code = "receipt_mismatch"
