"""Recreates tests/fixtures/jpeg: small JPEG files by libjpeg-turbo's cjpeg (CMYK by Pillow, which uses the
same library), and hashes of the pixels that its djpeg decodes.

Needs cjpeg and djpeg (Debian: libjpeg-turbo-progs) and Pillow. Run: python tools/jpeg_fixtures.py
"""

import hashlib
import itertools
import json
import math
import pathlib
import subprocess
import tempfile

from PIL import Image

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "fixtures" / "jpeg"
WIDTH, HEIGHT = 37, 29

SCANS = {
    "interleaved": None,
    "separate": "0;\n1;\n2;\n",
    "reversed": "2;\n1;\n0;\n",
    "pair": "0;\n1 2;\n",
    "progressive": (
        "0,1,2: 0-0, 0, 1;\n0: 1-5, 0, 2;\n2: 1-63, 0, 1;\n1: 1-63, 0, 1;\n0: 6-63, 0, 2;\n"
        "0: 1-63, 2, 1;\n0,1,2: 0-0, 1, 0;\n2: 1-63, 1, 0;\n1: 1-63, 1, 0;\n0: 1-63, 1, 0;\n"
    ),
    "progressive-separate": (
        "0: 0-0, 0, 0;\n1: 0-0, 0, 0;\n2: 0-0, 0, 0;\n0: 1-63, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n"
    ),
}
SAMPLINGS = ["1x1", "2x1", "1x2", "2x2", "4x1", "4x2", "2x2,1x2,2x1", "4x1,2x1,1x1"]


def pixel(x: int, y: int) -> tuple[int, int, int]:
    """Bright round nuclei on a colourful, uneven background."""
    nucleus = max(0.0, math.cos(x / 3.7) * math.cos(y / 4.3))
    return (
        round(30 + 190 * nucleus),
        round(60 + 3 * x + 60 * nucleus),
        round(200 - 5 * y + 20 * math.sin(x * y / 9)),
    )


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    expected = {}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        source = work / "source.ppm"
        pixels = bytes(value for y in range(HEIGHT) for x in range(WIDTH) for value in pixel(x, y))
        source.write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels)
        for name, script in SCANS.items():
            if script is not None:
                (work / name).write_text(script)

        def finish(name: str) -> None:
            file = FOLDER / f"{name}.jpg"
            decoded = work / "decoded.pnm"
            run("djpeg", "-dct", "int", "-pnm", "-outfile", decoded, file)
            kind, size, _, values = decoded.read_bytes().split(b"\n", 3)
            assert size == b"%d %d" % (WIDTH, HEIGHT)
            channels = 3 if kind == b"P6" else 1
            expected[file.name] = {"channels": channels, "sha256": hashlib.sha256(values).hexdigest()}

        def make(name: str, *options: object) -> None:
            run("cjpeg", "-quality", 75, *options, "-outfile", FOLDER / f"{name}.jpg", source)
            finish(name)

        for sampling, scans in itertools.product(SAMPLINGS, SCANS):
            script = [] if SCANS[scans] is None else ["-scans", work / scans]
            name = f"{sampling.replace(',', '-')}_{scans}"
            make(name, "-sample", sampling, *script)
            if sampling in ("1x1", "2x2", "2x2,1x2,2x1"):
                make(f"{name}_restart", "-sample", sampling, *script, "-restart", "3B")
        for scans in ("interleaved", "separate", "progressive"):
            script = [] if SCANS[scans] is None else ["-scans", work / scans]
            make(f"rgb_{scans}", "-rgb", *script)
        make("gray", "-grayscale")
        make("gray_2x2", "-grayscale", "-sample", "2x2")
        make("gray_progressive_restart", "-grayscale", "-progressive", "-restart", "3B")
        for name, options in {"cmyk": {}, "cmyk_progressive": {"progressive": True}}.items():
            with Image.open(source) as image:
                image.convert("CMYK").save(FOLDER / f"{name}.jpg", quality=75, **options)
            finish(name)
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
