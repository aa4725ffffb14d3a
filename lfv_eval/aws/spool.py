"""Temporary files for objects too large to keep in memory."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path


class Spool:
    """A temporary directory that is made with its first file and removed with all of them by ``close``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    def new_file(self) -> Path:
        """Make an empty file.

        Raises:
            OSError: The directory for temporary files cannot be written.
        """
        with self._lock:
            if self._directory is None:
                self._directory = tempfile.TemporaryDirectory(prefix="lfv-eval-")
            handle, name = tempfile.mkstemp(dir=self._directory.name)
        os.close(handle)
        return Path(name)

    def close(self) -> None:
        """Remove the directory and its files. A later ``new_file`` makes another."""
        with self._lock:
            directory, self._directory = self._directory, None
        if directory is not None:
            directory.cleanup()
