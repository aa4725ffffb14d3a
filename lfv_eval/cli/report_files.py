"""The reports that an audit was asked to write besides what it prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ReportError, UsageError
from ..registry import load
from .output import write

if TYPE_CHECKING:
    from ..records import Evaluation, Reader
    from ..reports.pictures import Pictures
    from ..results import ModelAudit


@dataclass(slots=True)
class ReportFiles:
    """Reports by kind, and the pictures that the HTML report shows; they are taken while the source is open.

    Attributes:
        files: Where each report goes: kind and path.
        printed: The kind that is printed or goes to ``--output``.
        max_images: Most pictures in the HTML report.
    """

    files: Sequence[tuple[str, Path]]
    printed: str
    max_images: int
    _pictures: Pictures | None = field(default=None, init=False)

    @classmethod
    def of(
        cls, texts: Sequence[str], html: Path | None, printed: str, max_images: int, output: Path | None = None
    ) -> ReportFiles:
        """Read the options, and refuse before the work what cannot be done after it.

        Raises:
            UsageError: A text is not ``KIND=FILE``, there is no such kind, or two reports would go to one file.
            ReportError: A file's folder does not exist.
        """
        files = [] if html is None else [("html", html)]
        for text in texts:
            kind, found, path = text.partition("=")
            if not found or not path:
                raise UsageError("expected KIND=FILE", where=f"--report {text}", hint="such as junit=report.xml")
            files.append((kind, Path(path)))
        for kind in (printed, *(kind for kind, _ in files)):
            load("reports", kind)
        paths = [path.resolve() for path in (output, *(path for _, path in files)) if path is not None]
        if len(set(paths)) < len(paths):
            raise UsageError("two reports would go to the same file", hint="name a file for each")
        for file in paths:
            if not file.parent.is_dir():
                raise ReportError("cannot be written: no such folder", where=str(file), hint="make the folder first")
        return cls(files=files, printed=printed, max_images=max_images)

    def while_open(self, audited: ModelAudit, evaluation: Evaluation, reader: Reader) -> None:
        """Take the pictures, where some report shows them."""
        if "html" not in (self.printed, *(kind for kind, _ in self.files)) or not self.max_images:
            return
        from ..reports.pictures import PictureLimits, choose_pictures

        self._pictures = choose_pictures(audited, evaluation, reader, PictureLimits(max_images=self.max_images))

    def render(self, audited: ModelAudit, kind: str) -> bytes:
        """One report.

        Raises:
            ReportError: What it needs is not installed.
        """
        render: Callable[..., bytes] = load("reports", kind)
        if kind == "html" and self._pictures is not None:
            return render([audited], pictures=[self._pictures])
        return render([audited])

    def write(self, audited: ModelAudit) -> None:
        """Write all files.

        Raises:
            ReportError: One cannot be made or written.
        """
        for kind, path in self.files:
            write(path, self.render(audited, kind))
