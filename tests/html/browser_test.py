# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of 'kswapck report' in headless Chromium: light, dark, on paper, on a phone, without scripts. Prints TAP.

Usage: browser_test.py KSWAPCK DUMPS [PICTURES]

Needs the programs chromium and chromedriver, and is skipped without them. Pictures are kept in the folder PICTURES, to
be looked at.
"""

import pathlib
import re
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "cli"))

import browser
import holes
import page

PHONE = 360
WORDS = {b"init".ljust(16, b"\0"): b"<script>x()//\0\0\0", b"RCU Stall": b"<b>\"'&x<b"}


def brightness(colour):
    """Of 'rgb(253, 253, 251)', up to 765."""
    return sum(map(int, re.findall(r"\d+", colour)[:3]))


class Tests:
    """Pages in a folder, and where pictures of them go."""

    def __init__(self, folder, pictures):
        self.folder = folder
        self.pictures = pictures

    def open(self, name="freed-folio", **options):
        """A browser that shows a page."""
        window = browser.Browser(**options)
        window.open(self.folder / f"{name}.html")
        return window

    def keep(self, window, name):
        """A picture for people; never an empty one."""
        picture = window.picture()
        assert picture[:8] == b"\x89PNG\r\n\x1a\n" and len(picture) > 20000
        if self.pictures:
            (self.pictures / f"{name}.png").write_bytes(picture)
        return struct.unpack(">II", picture[16:24])

    def quiet(self, window):
        """Nothing was refused or failed, and nothing but the page was asked for."""
        assert not window.messages(), window.messages()
        asked = [one for one in window.requests() if not one.startswith(("chrome:", "data:"))]
        assert all(one.startswith("file:") and one.endswith(".html") for one in asked), asked

    # the tests

    def light_and_dark(self):
        """On a screen, light and dark."""
        with self.open() as window:
            ask = "return getComputedStyle(document.body).backgroundColor"
            assert brightness(window.run(ask)) > 700
            self.keep(window, "light")
            window.media("screen", dark=True)
            assert brightness(window.run(ask)) < 120
            assert brightness(window.run("return getComputedStyle(document.body).color")) > 600
            self.keep(window, "dark")
            self.quiet(window)

    def zoom(self):
        """A click on a cell shows its cluster, one on a broken slot leads to its finding."""
        with self.open() as window:
            assert window.run("return document.querySelectorAll('.device.live').length") == 1
            caption = "return document.querySelector('.zoom figcaption').textContent"
            assert window.run(caption) == "cluster 32: slots 16384-16895"
            place = ("const box = document.querySelector('.{}').getBoundingClientRect(); "
                     "return [box.left + box.width * {}, box.top + box.height * {}]")
            window.run("document.querySelector('.map').scrollIntoView({block: 'center', behavior: 'instant'})")
            window.click(*window.run(place.format("map", 1.5 / 32, 0.5 / 16)))
            assert window.run(caption) == "cluster 1: slots 512-1023", window.run(caption)
            window.click(*window.run(place.format("map", 0.5 / 32, 2.5 / 16)))
            assert "slots 32768-33279" in window.run(caption)
            window.click(*window.run(place.format("slots", 5.5 / 32, 1.5 / 16)))
            assert window.run("return location.hash") in ("#f3", "#f4")
            window.run("[...document.querySelectorAll('.steer button')].at(-1).click()")
            assert "slots 49152-49663" in window.run(caption)
            window.run("const field = document.querySelector('.steer input'); field.value = 262143; "
                       "field.dispatchEvent(new Event('change'))")
            assert window.run(caption) == "cluster 511: slots 261632-262143"
            window.run("document.querySelector('#f7 .place a').click()")
            assert window.run(caption) == "cluster 128: slots 65536-66047", window.run(caption)
            assert window.run("return location.hash") == "#d0"
            self.quiet(window)

    def search(self):
        """What is typed leaves the rows that have it."""
        with self.open() as window:
            ask = ("const input = document.querySelector('.search input'); input.value = '{}'; "
                   "input.dispatchEvent(new Event('input')); return [...document.querySelectorAll("
                   "'.findings tbody tr')].filter((row) => row.offsetParent).length")
            assert window.run(ask.format("")) == 8
            assert window.run(ask.format("KS101")) == 4
            assert window.run(ask.format("ks101 32769")) == 1
            assert window.run(ask.format("no such thing")) == 0

    def index(self):
        """The index over many: nothing is refused, it can be searched, and fits a telephone."""
        with self.open("index") as window:
            ask = ("const input = document.querySelector('.search input'); input.value = '{}'; "
                   "input.dispatchEvent(new Event('input')); return [...document.querySelectorAll("
                   "'.findings tbody tr')].filter((row) => row.offsetParent).length")
            assert window.run(ask.format("")) == 4
            assert window.run(ask.format("spins for ever")) == 2
            self.keep(window, "index")
            self.quiet(window)
        with self.open("index", width=PHONE, height=740) as window:
            assert window.run("return document.documentElement.scrollWidth") <= PHONE

    def phone(self):
        """At 360 pixels nothing is wider than the window."""
        for name in ("freed-folio", "tail-private", "healthy", "planted"):
            with self.open(name, width=PHONE, height=740) as window:
                assert window.run("return document.documentElement.scrollWidth") <= PHONE, name
                wide = window.run("return [...document.querySelectorAll('body *')].filter((one) => "
                                  "one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('svg'))"
                                  ".map((one) => one.tagName + '.' + one.className).slice(0, 3)")
                assert not wide, f"{name}: {wide}"
                if name == "freed-folio":
                    self.keep(window, "phone")

    def paper(self):
        """On paper: several pages, light, with all that is folded on the screen."""
        with self.open(dark=True) as window:
            document = window.paper()
            assert document[:5] == b"%PDF-" and document.count(b"/Type /Page\n") >= 3
            window.media("print", dark=True)
            assert brightness(window.run("return getComputedStyle(document.body).backgroundColor")) > 700
            if self.pictures:
                (self.pictures / "paper.pdf").write_bytes(document)

    def without_scripts(self):
        """With scripts off the pictures are there, and nothing that does not work."""
        with self.open(scripts=False) as window:
            assert self.keep(window, "no-scripts")[1] > 1500
            root = window.cdp("DOM.getDocument")["root"]["nodeId"]

            def count(selector):
                return len(window.cdp("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"])
            assert count(".device") == 1 and not count(".device.live") and not count(".steer")
            assert count(".map path.ke") and count(".slots path.ke") and count(".map a") == 4
            assert count(".search[hidden]") == 1

    def planted(self):
        """Names that look like HTML are text: no element comes of them, no script runs."""
        with self.open("planted") as window:
            assert window.run("return document.scripts.length") == 1
            assert "<script>x()//" in window.run("return document.querySelector('#story').textContent")
            assert window.run("return document.querySelectorAll('#story b, #stacks b').length") == 0
            self.quiet(window)

    def policy(self):
        """The page's own policy stops scripts that somebody might put into it."""
        text = (self.folder / "freed-folio.html").read_text(encoding="utf-8")
        bad = text.replace("</main>", "<script>document.title = 'bad'</script><p id=t style=\"color: red\">x</p>"
                           "<img src=x onerror=\"document.title = 'bad'\"></main>")
        (self.folder / "bad.html").write_text(bad, encoding="utf-8")
        with self.open("bad") as window:
            assert window.run("return document.title") != "bad"
            assert len(window.messages()) >= 3, "nothing was refused"


HELPERS = {"open", "keep", "quiet"}


def write_pages(program, dumps, folder):
    """The pages that are looked at."""
    planted = folder / "planted.kdump"
    planted.write_bytes(holes.Dump((dumps / "freed-folio.kdump").read_bytes()).with_words(WORDS))
    for dump in [planted, *dumps.glob("*.kdump")]:
        subprocess.run([program, "report", "--no-search", "-o", folder / f"{dump.stem}.html", dump], check=False)
    subprocess.run([program, "batch", "-q", "-o", folder / "r.ndjson", "--html", folder / "index.html", planted,
                    *(dumps / f"{name}.kdump" for name in ("freed-folio", "tail-private", "healthy"))], check=False)
    for name in ("index", "planted"):
        made = page.Page((folder / f"{name}.html").read_text(encoding="utf-8"))
        assert not list(made.complaints())


def main(arguments):
    """Print TAP; return the exit status."""
    program, dumps, *more = (pathlib.Path(argument).absolute() for argument in arguments)
    if not browser.find():
        print("1..0 # SKIP no chromium or no chromedriver (apt install chromium-driver)")
        return 0
    names = [name for name, value in vars(Tests).items()
             if callable(value) and not name.startswith("_") and name not in HELPERS]
    failed = 0
    print(f"1..{len(names)}")
    with tempfile.TemporaryDirectory() as scratch:
        write_pages(program, dumps, pathlib.Path(scratch))
        tests = Tests(pathlib.Path(scratch), more[0] if more else None)
        for number, name in enumerate(names, 1):
            try:
                getattr(tests, name)()
                print(f"ok {number} - {name.replace('_', ' ')}", flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError) as why:
                failed += 1
                print(f"not ok {number} - {name.replace('_', ' ')}\n# {type(why).__name__} {why}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
