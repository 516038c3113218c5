# SPDX-License-Identifier: GPL-2.0-or-later
"""What 'kswapck pins' says of pages that are pinned, only look so, or are not. Prints TAP.

Usage: pins.py KSWAPCK DUMPS

The lab's dumps are asked too, where it has made them; see tests/lab/README.md.
"""

import json
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import schema
from cli import CLEAN, USAGE, Skip

EVERYTHING = ("--pfn", "0-0xffffffffff")
KERNELS = ("5.10", "5.10.251", "6.1", "6.1bug", "6.12")
HEALTHY = ("idle-elf", "churn-elf", "irq-elf", "nmi-elf", "nmi-vmcore", "storm-elf", "big-elf")
FOLL_PIN = 1024     # GUP_PIN_COUNTING_BIAS


def by_frame(report):
    """The pins of a report by each of their page frames."""
    return {frame: pin for pin in report["pins"] if "pfn" in pin
            for frame in range(pin["pfn"], pin["pfn"] + pin["pages"])}


def extra_references(pin):
    """References besides those of mappings and caches, as the kernel counts them."""
    if pin is None or pin["verdict"] != "truly-pinned":
        return 0
    references = pin["references"]
    return references["unexplained"] + references["foll_pin"] * (
        FOLL_PIN if pin["pages"] == 1 else 1)


class Tests(cli.Tests):
    """The program, the dumps of the tree and those of the lab."""

    def report(self, dump, *arguments, status=CLEAN):
        """The JSON of pins, held against its schema."""
        done = self.run("pins", "--json", *arguments, dump)
        assert done.returncode == status, f"exit status {done.returncode}: {done.stderr}"
        report = json.loads(done.stdout)
        assert report["exit_status"] == status
        wrong = list(schema.complaints(report, "pins"))
        assert not wrong, wrong[:3]
        return report

    def lab(self, names):
        """Those of the lab's dumps that there are."""
        found = [path for path in (cli.lab_dumps() / name for name in names) if path.exists()]
        if not found:
            raise Skip("the lab has made none of these dumps")
        return found

    # the tests

    def nothing_is_pinned(self):
        """In a healthy dump no folio is truly pinned, and every reference is explained."""
        self.nothing(self.dumps / "healthy.kdump", ())

    def nothing_is_pinned_anywhere(self):
        """Nor is any that is not in the swap cache, of which a distilled dump does not know."""
        for dump in self.lab(("6.1-idle-elf", "6.12-idle-elf")):
            for arguments in (("--anon",), EVERYTHING, ("--node", "0"), ("--memory-block", "0")):
                self.nothing(dump, arguments)

    def what_was_not_kept(self):
        """Pages of which a distilled dump knows nothing are told as such, and none is pinned."""
        done = self.run("pins", "--json", *EVERYTHING, self.dumps / "healthy.kdump")
        verdicts = json.loads(done.stdout)["summary"]["verdicts"]
        assert done.returncode == 4 and verdicts["not-in-dump"]["pages"] > 10000, verdicts
        assert verdicts["truly-pinned"]["folios"] == 0 and verdicts["migratable"]["folios"] > 0, verdicts

    def nothing(self, dump, arguments):
        """No folio of the dump is pinned."""
        report = self.report(dump, *arguments)
        verdicts = report["summary"]["verdicts"]
        assert verdicts["truly-pinned"]["folios"] == 0, arguments
        # in a block of little use they may all wait in a per-CPU batch
        movable = verdicts["migratable"]["folios"] + verdicts["migratable-after-drain"]["folios"]
        assert movable > 0, arguments
        assert report["coverage"]["lru_batches_complete"], arguments
        assert report["coverage"]["stacks_complete"], arguments

    def healthy_dumps_of_the_lab(self):
        """The same where tasks were swapping on all CPUs."""
        for dump in self.lab(f"{kernel}-{name}" for kernel in KERNELS for name in HEALTHY):
            for arguments in ((), EVERYTHING):
                verdicts = self.report(dump, *arguments)["summary"]["verdicts"]
                assert verdicts["truly-pinned"]["folios"] == 0, (dump.name, arguments)

    def pinned_dumps_of_the_lab(self):
        """Each page that the guest has pinned, by as many references; and no other."""
        for dump in self.lab(f"{kernel}-pinned-elf" for kernel in KERNELS):
            facts = json.loads(dump.with_name(dump.name + ".json").read_text())["guest"]
            for arguments in (("--anon",), EVERYTHING):
                frames = by_frame(self.report(dump, *arguments))
                held = {pin["pfn"] for pin in frames.values() if pin["verdict"] == "truly-pinned"}
                for name, fact in facts.items():
                    if not name.startswith("pin."):
                        continue
                    frame = int(re.search(r"pfn (0x[0-9a-f]+)", fact)[1], 16)
                    extra = int(re.search(r"extra (\d+)", fact)[1])
                    pin = frames.get(frame)
                    assert extra_references(pin) == extra, (dump.name, name, fact, pin)
                    held.discard(pin and pin["pfn"])
                assert not held, (dump.name, arguments, held)

    def only_looks_pinned(self):
        """Huge pages whose PMD was split, on a kernel that compares with the head's count."""
        for dump in self.lab(f"{kernel}-pinned-elf" for kernel in KERNELS):
            report = self.report(dump, "--anon")
            old = dump.name.startswith("5.10")
            assert (report["compaction"]["fix"] in ("absent", "unknown")) == old, dump.name
            looks = [pin for pin in report["pins"] if pin["verdict"] == "looks-pinned"]
            assert bool(looks) == old, dump.name
            for pin in looks:
                references = pin["references"]
                assert references["refcount"] == references["mapped"] > pin["head_mapcount"], pin

    def text_of_pinned(self):
        """The last line is the answer, and --max-findings counts what it leaves out."""
        dump = self.lab(["6.1-pinned-elf", "6.12-pinned-elf", "5.10-pinned-elf"])[0]
        done = self.run("pins", "--max-findings=2", dump)
        assert re.search(r"^PINNED: \d+ folios are truly pinned", done.stdout, re.MULTILINE)
        assert re.search(r"^  and \d+ more \(--max-findings=0 shows all\)", done.stdout,
                         re.MULTILINE)
        done = self.run("pins", "--max-findings=0", dump)
        assert "more (--max-findings" not in done.stdout

    def text_of_healthy(self):
        """One screen, with the answer last."""
        done = self.run("pins", self.dumps / "healthy.kdump")
        assert done.returncode == CLEAN, done.stderr
        assert done.stdout.splitlines()[-1].startswith("NOT PINNED: "), done.stdout

    def text_of_a_block(self):
        """A block with memory of the kernel stays."""
        done = self.run("pins", "--memory-block", "0", self.lab(("6.1-idle-elf", "6.12-idle-elf"))[0])
        assert done.stdout.splitlines()[-1].startswith("WOULD NOT GO OFFLINE: "), done.stdout

    def slots_without_a_folio(self):
        """What a broken slot holds is left to scan."""
        report = self.report(self.dumps / "freed-folio.kdump")
        assert report["summary"]["verdicts"]["no-folio"]["folios"] == 4
        assert report["summary"]["verdicts"]["truly-pinned"]["folios"] == 0

    def parts_add_up(self):
        """All pages of a range are counted once."""
        report = self.report(self.dumps / "healthy.kdump", "--pfn", "0x100-0x2fff", status=4)
        pages = sum(tally["pages"] for tally in report["summary"]["verdicts"].values())
        missing = report["coverage"]["pages_that_do_not_exist"]
        # a folio at either end may reach beyond the range
        assert 0x2f00 <= pages + missing < 0x2f00 + 1024, (pages, missing)

    def wrong_places(self):
        """Places that there are not, or that are none."""
        good = self.dumps / "healthy.kdump"
        for arguments, say in ((("--pfn", "x"), "not a number"), (("--pfn", "5-"), "not A-B"),
                               (("--pfn", "5-4"), "ends before"), (("--pfn", "5x"), "not a number"),
                               (("--pfn", "0xffffffffffff"), "last page frame"),
                               (("--node", "99"), "no node 99"), (("--node", "-1"), "not a number"),
                               (("--memory-block", "99999"), "no block 99999"),
                               (("--node", "0", "--pfn", "1"), "second place"),
                               (("--max-findings", "many"), "not a number")):
            self.refused("pins", *arguments, good, status=USAGE, say=say)
        self.refused("pins", status=USAGE, say="which dump")
        self.refused("pins", "/no/such", say="No such file")


HELPERS = {"report", "lab", "nothing"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
