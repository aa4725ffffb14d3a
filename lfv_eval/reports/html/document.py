"""The page itself: template, style, script and charts put together into one file.

Every script on the page is named by its hash in the page's content security policy, and nothing may be loaded. So even
a name that got past the escaping could not run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ...errors import ReportError
from ...results import ModelAudit
from ..printable import printable
from ..tone import SIGNS
from .charts import draw
from .gallery import gallery_data
from .thresholds import Thresholds
from .view import view

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

    from ..pictures import Pictures

_MISSING = "pip install 'lfv-eval[report]'"


def render(audits: Sequence[ModelAudit], *, pictures: Sequence[Pictures | None] | None = None) -> bytes:
    """One HTML page that works from disk, in UTF-8.

    Args:
        audits: The audits, one section each.
        pictures: What to show of each audit's images, in the audits' order; ``None`` shows no pictures.

    Raises:
        ReportError: The extra ``report`` is not installed, or there is not one entry of ``pictures`` for each audit.
    """
    shown = [None] * len(audits) if pictures is None else list(pictures)
    if len(shown) != len(audits):
        raise ReportError(f"expected pictures for {len(audits)} audits, got {len(shown)}")
    environment = _environment()
    thresholds = [Thresholds.of(audit) for audit in audits]
    charts = [draw(audit, found) for audit, found in zip(audits, thresholds, strict=True)]
    scripts = [_script("report.js")]
    if any(charts):
        scripts.insert(0, _chart_library())
    views = [
        view(audit, found, number, sorted(specs))
        for number, (audit, found, specs) in enumerate(zip(audits, thresholds, charts, strict=True), start=1)
    ]
    data = [
        {"charts": specs, **found.data(audit), **gallery_data(audit, chosen)}
        for audit, found, specs, chosen in zip(audits, thresholds, charts, shown, strict=True)
    ]
    page = environment.get_template("document.html.j2").render(
        audits=list(zip(views, data, strict=True)),
        title=_title(audits),
        policy=_content_security_policy(scripts),
        style=_markup(_script("report.css")),
        scripts=[_markup(script) for script in scripts],
        signs=SIGNS,
    )
    return page.encode("utf-8", "replace")


def _title(audits: Sequence[ModelAudit]) -> str:
    return printable(str(audits[0].model), 120) if len(audits) == 1 else f"{len(audits)} models"


def _content_security_policy(scripts: Sequence[str]) -> str:
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    sources = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> jinja2.Environment:
    try:
        import jinja2
    except ImportError:
        raise ReportError("Jinja2 is not installed", hint=_MISSING) from None
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_script),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    arguments: dict[str, Any] = {"separators": (",", ":"), "allow_nan": False}
    environment.policies["json.dumps_kwargs"] = arguments
    return environment


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)  # this package's own files, never text of a document


@cache
def _script(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text("utf-8")


@cache
def _chart_library() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, in the version that Altair writes for."""
    try:
        import altair
        import vl_convert
    except ImportError:
        raise ReportError("Altair and vl-convert are not installed", hint=_MISSING) from None
    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version))
