"""Draws the pictures that Home Assistant shows of integration and app, from the dashboard's icon.

    draw-brand.py FONT

The font is any bold sans serif; it is not part of the repository.
"""

from pathlib import Path
import sys

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parent.parent
BRAND = ROOT / "custom_components/hoymiles_smiles/brand"
APP = ROOT / "packaging/home-assistant"
ICON = ROOT / "web/public/icon-512.png"


def icon(size: int) -> Image.Image:
    """Return the icon, with the round corners of the dashboard's."""
    with Image.open(ICON) as picture:
        corners = Image.new("L", (picture.width * 4, picture.height * 4))
        box = [0, 0, corners.width - 1, corners.height - 1]
        ImageDraw.Draw(corners).rounded_rectangle(box, radius=corners.width * 112 // 512, fill=255)
        whole = picture.convert("RGBA")
        whole.putalpha(corners.resize(picture.size, Image.Resampling.LANCZOS))
        return whole.resize((size, size), Image.Resampling.LANCZOS)


def logo(height: int, color: tuple[int, int, int], font: str) -> Image.Image:
    """Return the icon with the name beside it."""
    letters = ImageFont.truetype(font, round(height * 0.5))
    words = "Hoymiles S-Miles"
    width = round(letters.getlength(words))
    picture = Image.new("RGBA", (height + height // 5 + width, height))
    picture.paste(icon(height), (0, 0))
    place = (height + height // 5, height // 2)
    ImageDraw.Draw(picture).text(place, words, fill=color, font=letters, anchor="lm")
    return picture


def main() -> None:
    """Draw them all."""
    font = sys.argv[1]
    BRAND.mkdir(exist_ok=True)
    for suffix, factor in (("", 1), ("@2x", 2)):
        icon(256 * factor).save(BRAND / f"icon{suffix}.png", optimize=True)
        logo(128 * factor, (33, 37, 41), font).save(BRAND / f"logo{suffix}.png", optimize=True)
        logo(128 * factor, (241, 243, 245), font).save(
            BRAND / f"dark_logo{suffix}.png", optimize=True
        )
    icon(128).save(APP / "icon.png", optimize=True)
    with Image.open(BRAND / "logo@2x.png") as picture:
        picture.thumbnail((250, 100), Image.Resampling.LANCZOS)
        picture.save(APP / "logo.png", optimize=True)


main()
