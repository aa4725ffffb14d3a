"""One self-contained HTML file: verdict, numbers, charts, a threshold slider, a gallery, evidence. No network."""

from .document import render

__all__ = ["render"]
