"""Copy the browser files we ship from their npm packages, with licences and hashes.

For maintainers, when a version changes; nothing of it runs at start-up or in tests:

    pip install "fonttools[woff]" && python tools/vendor.py

Each package is packed by npm, the named files are copied to
static/vendor/<name>-<version>/ (or tests/vendor/ for what only tests use), the icon sprite and
the font subsets are built, and VENDORED.toml is written with a sha384 of every file. A test
compares those hashes with what lies there.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "static" / "vendor"
FOR_TESTS = ROOT / "tests" / "vendor"


@dataclass(frozen=True)
class Package:
    """One npm package: what is taken from it, and under which licence."""

    npm: str
    version: str
    name: str
    licence: str
    licence_file: str = "LICENSE"
    files: dict[str, str] = field(default_factory=dict)
    bundled: Package | None = None
    """Another package inside these files, whose licence goes along."""
    into: Path = SHIPPED

    @property
    def folder(self) -> Path:
        return self.into / f"{self.name}-{self.version}"


PACKAGES = (
    Package(
        npm="htm",
        version="3.1.1",
        name="htm-preact",
        licence="Apache-2.0 AND MIT",
        files={"preact/standalone.module.js": "standalone.module.js"},
        bundled=Package(npm="preact", version="11.2.0", name="preact", licence="MIT"),
    ),
    Package(
        npm="uplot",
        version="1.6.32",
        name="uplot",
        licence="MIT",
        files={
            "dist/uPlot.iife.min.js": "uPlot.iife.min.js",
            "dist/uPlot.min.css": "uPlot.min.css",
        },
    ),
    Package(
        npm="htmx.org",
        version="4.0.1",
        name="htmx",
        licence="0BSD",
        files={"dist/htmx.min.js": "htmx.min.js"},
    ),
    Package(npm="lucide-static", version="1.62.0", name="lucide", licence="ISC AND MIT"),
    Package(
        npm="inter-ui",
        version="4.1.1",
        name="inter",
        licence="OFL-1.1",
        licence_file="LICENSE.txt",
    ),
    Package(
        npm="axe-core",
        version="4.14.1",
        name="axe-core",
        licence="MPL-2.0",
        files={"axe.min.js": "axe.min.js"},
        into=FOR_TESTS,
    ),
)

# Only what a page shows: the sprite is one request, cached for a year.
ICONS = """
activity archive archive-restore arrow-down arrow-left arrow-right arrow-right-left arrow-up
arrow-up-down arrow-up-right at-sign award badge-check badge-percent ban banknote bell book-open
bookmark box boxes braces building-2 cake calendar calendar-clock calendar-days calendar-range
chart-column chart-line chart-pie check check-check chevron-down chevron-left chevron-right
chevron-up chevrons-up-down circle circle-alert circle-check circle-dot circle-minus circle-pause
circle-play circle-plus circle-question-mark circle-stop circle-x clipboard-list clock cloud-upload
code coins columns-3 command copy corner-down-left credit-card crosshair crown database download
ellipsis ellipsis-vertical equal external-link eye eye-off file file-down file-spreadsheet
file-text file-up filter fingerprint-pattern flag folder folder-plus funnel gift git-branch
git-merge globe grip-vertical group hand-coins hash heart history hourglass house image inbox info
key-round keyboard languages layers layers-2 life-buoy link link-2 list list-checks list-filter
list-ordered loader-circle lock log-in log-out mail mail-check mail-open mail-x map-pin maximize-2
medal megaphone menu merge message-square minimize-2 minus monitor moon mouse-pointer-click package
package-check package-x panel-left pause pencil percent phone pin pin-off play plug plus power
power-off qr-code quote radio receipt redo-2 refresh-cw repeat rotate-ccw route route-off rows-3
rss ruler save scale scan-search search send server settings shapes shield shield-check
shopping-cart shuffle sigma sliders-horizontal smartphone sparkles split square square-pen star
store sun table-2 tag tags target text-cursor-input thumbs-up ticket timer toggle-left trash-2
trending-down trending-up triangle-alert trophy type undo undo-2 ungroup unlink upload user
user-check user-minus user-plus user-x users wand-sparkles webhook workflow x zap
""".split()

LATIN = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *(0x131, 0x152, 0x153, 0x2C6, 0x2DA, 0x2DC),
    *(0x2009, 0x200A, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C),
    *(0x201D, 0x201E, 0x2020, 0x2022, 0x2026, 0x202F, 0x2030, 0x2039, 0x203A, 0x2044, 0x20AC),
    *(0x2116, 0x2122, *range(0x2190, 0x2194), *range(0x2196, 0x219A), 0x21B5, 0x21E7, 0x2212),
    *(0x2215, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265, 0x2303, 0x2318, 0x2325, 0x232B, 0x23CE),
    *(0x25CF, 0x2713, 0x2717),
]
LATIN_EXTENDED = [
    *range(0x100, 0x131),
    *range(0x132, 0x152),
    *range(0x154, 0x180),
    *range(0x218, 0x21C),
    *(0x1E9E, 0x20A9, 0x20AA, 0x20B4, 0x20B9, 0x20BA, 0x20BD),
]
FONT_FEATURES = ["kern", "mark", "ccmp", "locl", "tnum", "case", "cv05", "ss03"]
FONT_AXES = {"wght": (400, 700), "opsz": (14, 32)}


def unpack(package: Package, into: Path) -> Path:
    """Let npm fetch and verify the package; return its unpacked folder."""
    command = ["npm", "pack", f"{package.npm}@{package.version}", "--silent"]
    packed = subprocess.run(command, cwd=into, check=True, capture_output=True, text=True)
    target = into / package.name
    with tarfile.open(into / packed.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def build_sprite(source: Path, target: Path) -> None:
    """One SVG with a <symbol> per icon; stroke and size come from our CSS."""
    symbols = []
    for name in ICONS:
        svg = (source / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        shapes = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        if shapes is None:
            raise ValueError(f"{name}.svg is not an icon")
        body = re.sub(r">\s+<", "><", shapes.group(1).strip()).replace(" />", "/>")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    sprite = "\n".join(symbols)
    target.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{sprite}\n</svg>\n', encoding="utf-8"
    )


def build_font(source: Path, target: Path, characters: list[int]) -> None:
    """A variable subset with tabular figures, small enough for the first load."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(layout_features=FONT_FEATURES, hinting=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, FONT_AXES)
    font.flavor = "woff2"
    font.save(target)


def copy(package: Package, source: Path) -> None:
    """Fill the package's folder afresh, so that nothing of an older run stays."""
    for old in package.into.glob(f"{package.name}-*"):
        shutil.rmtree(old)
    package.folder.mkdir(parents=True)
    for path, name in package.files.items():
        shutil.copyfile(source / path, package.folder / name)
    shutil.copyfile(source / package.licence_file, package.folder / "LICENSE")
    if package.name == "lucide":
        build_sprite(source, package.folder / "sprite.svg")
    if package.name == "inter":
        variable = source / "variable" / "InterVariable.woff2"
        build_font(variable, package.folder / "inter-latin.woff2", LATIN)
        build_font(variable, package.folder / "inter-latin-ext.woff2", LATIN_EXTENDED)


def sha384(path: Path) -> str:
    """The file's hash in the form of a subresource-integrity attribute."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def write_list(into: Path) -> None:
    """Record name, version, licence and hashes of everything under one vendor folder."""
    lines = ["# Written by tools/vendor.py. Hashes are checked by a test."]
    for package in PACKAGES:
        if package.into != into:
            continue
        lines += ["", "[[package]]", f'name = "{package.name}"', f'npm = "{package.npm}"']
        lines += [f'version = "{package.version}"', f'licence = "{package.licence}"', ""]
        lines += ["[package.files]"]
        for path in sorted(package.folder.iterdir()):
            lines.append(f'"{path.relative_to(into).as_posix()}" = "{sha384(path)}"')
    (into / "VENDORED.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            print(f"{package.name} {package.version}")
            copy(package, unpack(package, Path(folder)))
            if package.bundled is not None:
                source = unpack(package.bundled, Path(folder))
                target = package.folder / f"LICENSE-{package.bundled.name}"
                shutil.copyfile(source / package.bundled.licence_file, target)
    write_list(SHIPPED)
    write_list(FOR_TESTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
