"""The colour map beside each mask reference: label name by colour. Equal maps of a manifest are one object.

Maps come in several spellings: Ground Truth writes ``class-name`` and ``hex-color``, the DefectDetectionApplication of
AWS Labs ``name``, other tools ``Color`` or ``hex_color``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Raw

from ...records import Severity
from ..problem_log import ProblemLog, quoted

_NAMES = ("class-name", "name")
_COLORS = ("hex-color", "Color", "hex_color")
_LONG = re.compile(r"#?([0-9a-f]{6})", re.ASCII)
_SHORT = re.compile(r"#?([0-9a-f])([0-9a-f])([0-9a-f])", re.ASCII)
_MAX_ENTRIES = 1000
_MAX_CACHED = 1024

_Defects = tuple[tuple[str, str, Severity], ...]


class MaskMaps:
    """Reads colour maps, each distinct one once.

    Args:
        log: Where ``note_defects`` notes them, for each row that has them.
    """

    def __init__(self, log: ProblemLog) -> None:
        self._log = log
        self._read: dict[bytes, tuple[Mapping[str, str], _Defects]] = {}
        self._pending: list[tuple[int, _Defects]] = []
        self._shared: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def read(self, raw: Raw, line: int) -> Mapping[str, str]:
        """Label name by colour (``#rrggbb``, lower case) of one row.

        Raises:
            DocumentError: The map has more than 1000 entries.
        """
        key = bytes(raw)
        found = self._read.get(key)
        if found is None:
            found = self._parse(key, line)
            if len(self._read) >= _MAX_CACHED:  # maps that carry areas differ in every row: keep memory bounded
                self._read.clear()
            self._read[key] = found
        labels, defects = found
        if defects:
            self._pending.append((line, defects))
        return labels

    def note_defects(self) -> None:
        """Note the defects of the maps read since the last call, in the order of their lines."""
        for line, defects in sorted(self._pending, key=itemgetter(0)):
            for code, message, severity in defects:
                self._log.add(code, message, line=line, severity=severity)
        self._pending.clear()

    def _parse(self, raw: bytes, line: int) -> tuple[Mapping[str, str], _Defects]:
        defects: list[tuple[str, str, Severity]] = []
        labels: dict[str, str] = {}
        for key, entry in self._entries(raw, line, defects).items():
            _add(key, entry, labels, defects)
        shared = self._shared.setdefault(tuple(labels.items()), labels)
        return shared, tuple(defects)

    def _entries(self, raw: bytes, line: int, defects: list[tuple[str, str, Severity]]) -> dict[str, Any]:
        try:
            entries = msgspec.json.decode(raw, type=dict[str, Any]) if raw not in (b"", b"null") else {}
        except (ValueError, RecursionError):
            entries = {}
        if len(entries) > _MAX_ENTRIES:
            raise self._log.refusal(
                f'"internal-color-map" must have at most {_MAX_ENTRIES} entries, got {len(entries)}', line=line
            )
        if not entries:
            message = '"internal-color-map" is missing, empty or no object; the mask has no readable label'
            defects.append(("MASK_WITHOUT_COLOR_MAP", message, Severity.ERROR))
        return entries


def _add(key: str, entry: Any, labels: dict[str, str], defects: list[tuple[str, str, Severity]]) -> None:
    """Take one entry of a map into ``labels``, or say why not."""
    members = entry if isinstance(entry, dict) else {}
    name = next((members[n] for n in _NAMES if isinstance(members.get(n), str)), None)
    printed = next((members[c] for c in _COLORS if isinstance(members.get(c), str)), None)
    if name is None:
        message = f"entry {quoted(key)} of a colour map has no class-name; left out"
        defects.append(("COLOR_WITHOUT_CLASS_NAME", message, Severity.ERROR))
        return
    if printed is None:
        message = f"class {quoted(name)} has no hex-color; its pixels cannot be found"
        defects.append(("CLASS_WITHOUT_COLOR", message, Severity.ERROR))
        return
    color, usual = normal_color(printed)
    if color is None:
        message = f'class {quoted(name)}: "hex-color" must look like "#23a436", got {quoted(printed)}; left out'
        defects.append(("COLOR_UNREADABLE", message, Severity.ERROR))
        return
    if not usual:
        message = f'class {quoted(name)}: "hex-color" {quoted(printed)} is read as {color}'
        defects.append(("COLOR_SPELLING", message, Severity.NOTE))
    first = labels.setdefault(color, name)
    if first.strip().casefold() != name.strip().casefold():
        message = f"classes {quoted(first)} and {quoted(name)} share the colour {color}; its pixels count for the first"
        defects.append(("COLOR_SHARED", message, Severity.ERROR))


def normal_color(printed: str) -> tuple[str | None, bool]:
    """A colour as ``#rrggbb`` in lower case (``None`` if it is none), and whether it is spelled ``#rrggbb``.

    >>> normal_color("#23A436"), normal_color("fff"), normal_color("red")
    (('#23a436', True), ('#ffffff', False), (None, False))
    """
    text = printed.strip().lower()
    if long := _LONG.fullmatch(text):
        return f"#{long[1]}", text.startswith("#")
    if short := _SHORT.fullmatch(text):
        return "#" + "".join(digit * 2 for digit in short.groups()), False
    return None, False
