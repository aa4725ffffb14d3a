"""Makes docs/images/*.png from the demo's HTML report, with Playwright and a Chromium that is installed.

python scripts/screenshots.py [CHROMIUM]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def _shoot(page: Page, name: str, heading: str | None, above_px: int = 0) -> None:
    if heading is None:
        page.evaluate("window.scrollTo(0, 0)")
    else:
        page.get_by_role("heading", name=heading, exact=True).first.scroll_into_view_if_needed()
        page.evaluate("(top) => window.scrollBy(0, top)", above_px)
    page.wait_for_timeout(800)
    page.screenshot(path=IMAGES / name)


def main() -> None:
    """Write the pictures."""
    chromium = sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium"
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder, "report.html")
        subprocess.run(
            [sys.executable, "-m", "lfv_eval", "demo", "--html", str(report)], check=True, stdout=subprocess.DEVNULL
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1100, "height": 760})
        page.goto(report.as_uri())
        page.wait_for_timeout(1000)
        _shoot(page, "report.png", None)
        _shoot(page, "threshold.png", "Confusion matrix and threshold", 560)
        _shoot(page, "gallery.png", "Test images", 440)
        browser.close()


if __name__ == "__main__":
    main()
