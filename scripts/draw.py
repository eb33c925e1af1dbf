# /// script
# requires-python = ">=3.11"
# dependencies = ["pillow>=11", "playwright>=1.60"]
# ///
"""Draws the animations that show how to copy the address: each SVG in views/login/pictures becomes a GIF.

For who changes a drawing: `uv run scripts/draw.py`. It needs Chromium. Each group of class "frame" is one picture.
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).parents[1] / "cogs" / "auth" / "views" / "login" / "pictures"
SHOW = "(frames, shown) => frames.forEach((each, n) => each.setAttribute('display', n === shown ? 'inline' : 'none'))"
SECONDS = 2.2  # that each picture stays


def main() -> None:
    """Draw them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 560, "height": 320})
        for drawing in sorted(PICTURES.glob("*.svg")):
            page.goto(drawing.resolve().as_uri())
            first, *others = pictures(page)
            animation = drawing.with_suffix(".gif")
            duration = round(1000 * SECONDS)
            first.save(animation, save_all=True, append_images=others, duration=duration, loop=0, optimize=True)
            print(animation.name, animation.stat().st_size, "bytes")
        browser.close()


def pictures(page: Page) -> list[Image.Image]:
    """Return each frame, reduced to the few colours that a drawing needs."""
    frames = page.locator(".frame")
    drawn = []
    for number in range(frames.count()):
        frames.evaluate_all(SHOW, number)
        shot = Image.open(io.BytesIO(page.screenshot(omit_background=False)))
        drawn.append(shot.convert("RGB").quantize(colors=48, dither=Image.Dither.NONE))
    return drawn


if __name__ == "__main__":
    main()
