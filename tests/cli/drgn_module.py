#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The module kswapck in drgn: it finds what the program finds, by memory that drgn reads.

    tests/cli/drgn_module.py KSWAPCK DUMPS LIBRARY PYTHON

Needs drgn (or the command in KSWAPCK_TEST_DRGN, "PYTHON -m drgn"); skipped without. Objects of drgn are looked at where
the vmlinux of the lab's kernel 6.1bug is at hand. Prints TAP. Each case runs in a drgn of its own, in this file too.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

LAB = pathlib.Path(os.environ.get("KSWAPCK_LAB") or
                   pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kswapck-lab")
VMLINUX = LAB / "kernels/6.1bug/vmlinux"

# ---- in drgn: prog is the dump


def same_as_the_program(prog, expected):
    """the document is that of kswapck scan --json"""
    import kswapck
    found = kswapck.scan(prog)
    for key in ("kernel", "findings", "devices", "coverage", "exit_status"):
        assert found.document[key] == expected[key], key
    for key, value in expected["summary"].items():
        assert key == "pages_read" or found.summary[key] == value, key
    assert found.verdict == ("BROKEN" if expected["summary"]["errors"] else "CLEAN")
    assert found.complete and found.release == expected["kernel"]["release"]
    assert [one.id for one in found.findings] == [one["id"] for one in expected["findings"]]


def findings_are_objects(prog, expected):
    """findings have numbers, names, addresses, and what proves them by drgn itself"""
    import kswapck
    found = kswapck.scan(prog, sweep=False)
    freed = next(one for one in found.findings if one.id == "KS101")
    assert (freed.name, freed.severity, freed.kind, freed.count) == ("freed-folio", "error", "mismatch", 511)
    assert (freed.slots[0], freed.slots[-1], freed.device.name) == (16385, 16895, "vda")
    assert freed.page == 0xffffdc0980038000 and freed.pfn == 0xe00 and freed.number == 2
    assert str(freed).startswith("KS101 freed-folio: slots 16385-16895 of vda (511) still hold page")
    for one in freed.evidence:
        assert eval(one.drgn, {"prog": prog}) == one.value, one
    assert freed.page_object is None and freed.device.object is None, "there are no types here"
    assert not found.summary["swept"]


def objects_of_drgn(prog, expected):
    """with a vmlinux, page, folio and device are objects of drgn"""
    import kswapck
    found = kswapck.scan(prog)
    freed = next(one for one in found.findings if one.id == "KS101")
    assert freed.page_object.type_.type.tag == "page" and freed.page_object._refcount.counter == 0
    assert freed.folio_object.type_.type.tag == "folio" and freed.folio_object.value_() == freed.page
    assert freed.device.object.max == freed.device.slots and freed.device.object.flags & 1


def story_and_report(prog, expected):
    """the story, with the registers that are in the dump, and the report for people"""
    import kswapck
    story = kswapck.explain(prog)
    assert story.verdict == "STALL" and "slot 16389 of vda" in story.text, story
    assert kswapck.scan(prog, explain=True).story.text == story.text
    text = kswapck.report(prog, max_findings=1)
    assert text.startswith("STALL: pid 39") and "\nBROKEN: 8 errors, 0 warnings" in text, text
    assert all(len(line) <= 60 for line in kswapck.report(prog, columns=60, story=False).splitlines()
               if "  0x" not in line and "KS1" not in line)


def faults_are_not_zeros(prog, expected):
    """what drgn cannot read is not seen, and never a finding"""
    import drgn
    import kswapck

    def read(address, count, offset, physical):
        raise drgn.FaultError("not there", address)

    # the struct pages of the lost folio, by the physical address of the page table's entry for them
    freed = next(one for one in expected["findings"] if one["id"] == "KS101")
    page = int(freed["page"], 16)
    text = pathlib.Path(expected["dump"]["files"][0]).read_bytes()
    prog.add_memory_segment(physical_of(prog, text, page & ~0xfff), 4096, read, True)
    prog.add_memory_segment(page & ~0xfff, 4096, read, False)
    found = kswapck.scan(prog)
    assert not found.complete and found.coverage["pages_failed"]["excluded"] > 0, found.coverage
    assert not any(one.page == page for one in found.findings), found.findings
    assert found.coverage["not_seen"]


def physical_of(prog, text, address):
    """Walks the kernel's page tables; text is what has its VMCOREINFO somewhere."""
    table = int(re.search(rb"SYMBOL\(swapper_pg_dir\)=([0-9a-f]+)", text).group(1), 16) - 0xffffffff80000000
    table += int(re.search(rb"NUMBER\(phys_base\)=(-?[0-9]+)", text).group(1))
    for shift in (39, 30, 21, 12):
        entry = int.from_bytes(prog.read((table & ~0xfff) + 8 * (address >> shift & 511), 8, True), "little")
        table = entry & 0x000ffffffffff000
        if shift < 39 and entry & 0x80 or shift == 12:
            return table + (address & (1 << shift) - 1)


def zeros_without_the_file(prog, expected):
    """where it is not known which file drgn reads, its zeros are not believed"""
    import kswapck
    from kswapck import _program
    text = pathlib.Path(expected["dump"]["files"][0]).read_bytes()
    start = text.index(b"OSRELEASE=")
    _program.vmcoreinfo = lambda prog: text[start:text.index(b"\0", start)]
    _program.core_files = lambda prog: []
    _program.zeros_are_doubtful = lambda prog: True
    found = kswapck.scan(prog)
    assert not found.complete and found.coverage["pages_failed"]["excluded"] > 0, found.coverage
    assert len(found.findings) <= len(expected["findings"]), found.findings
    _program.zeros_are_doubtful = lambda prog: False
    found = kswapck.scan(prog)
    assert found.complete and len(found.findings) == len(expected["findings"]), found.findings


def two_programs(prog, expected):
    """two Programs at once, in two threads, each with its own findings"""
    import drgn
    import kswapck
    other = drgn.Program()
    other.set_core_dump(os.path.join(os.path.dirname(expected["dump"]["files"][0]), "tail-private.kdump"))
    results = {}

    def work(name, program):
        results[name] = [kswapck.scan(program) for _ in range(5)]

    threads = [threading.Thread(target=work, args=item) for item in (("one", prog), ("other", other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = {name: {tuple(sorted({one.id for one in scan.findings})) for scan in scans}
           for name, scans in results.items()}
    assert ids["one"] == {("KS101", "KS105")} and len(ids["other"]) == 1 and ids["other"] != ids["one"], ids
    # each by its own file, although both are open
    assert {scan.document["dump"]["file_pages"] for scan in results["one"]} == {expected["dump"]["file_pages"]}


def interrupts(prog, expected):
    """Ctrl-C in a scan ends it with KeyboardInterrupt, and the next one works"""
    import kswapck
    from kswapck import _program
    plain, count = _program.Reader.read, 0

    def read(self, *arguments):
        nonlocal count
        count += 1
        if count == 100:
            signal.raise_signal(signal.SIGINT)
        return plain(self, *arguments)

    _program.Reader.read = read
    before = signal.getsignal(signal.SIGINT)
    try:
        kswapck.scan(prog)
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("no KeyboardInterrupt")
    assert count < 110, count
    assert signal.getsignal(signal.SIGINT) is before
    assert len(kswapck.scan(prog).findings) == len(expected["findings"])


class Broken(Exception):
    pass


def failures(prog, expected):
    """what goes wrong in drgn comes out as it is; what cannot be analysed is an Error of one line"""
    import drgn
    import kswapck
    for wrong, kind in ((drgn.Program(), kswapck.Error), (5, TypeError)):
        try:
            kswapck.scan(wrong)
        except kind as error:
            assert "\n" not in str(error)
        else:
            raise AssertionError(wrong)
    try:
        kswapck.scan(prog, vmlinux="/etc/passwd")
    except kswapck.Error as error:
        assert "/etc/passwd" in str(error) and "\n" not in str(error), error
    else:
        raise AssertionError("/etc/passwd is no vmlinux")

    def read(address, count, offset, physical):
        raise Broken("of ours")

    prog.add_memory_segment(0xffffffff80000000, 1 << 30, read, False)
    try:
        kswapck.scan(prog)
    except Broken as error:
        assert str(error) == "of ours"
    else:
        raise AssertionError("nothing was raised")


def plugin(prog, expected):
    """drgn 0.0.31 and later load it as a plugin: the name is there, and the command %kswapck from 0.1.0 on"""
    assert kswapck.scan(prog).verdict == "BROKEN"  # noqa: F821, without an import
    try:
        from drgn.commands import CommandError, run_command
    except ImportError:
        return
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        run_command(prog, "kswapck --scan --max-findings 1")
    text = output.getvalue()
    assert text == kswapck.report(prog, story=False, max_findings=1), text  # noqa: F821
    from kswapck import plugin as loaded

    def fail(*ignored, **options):
        raise loaded.kswapck.Error("of ours")

    loaded.kswapck.report = fail
    try:
        run_command(prog, "kswapck")
    except CommandError as error:
        assert str(error) == "of ours"
    else:
        raise AssertionError("no CommandError")


def memory_is_freed(prog, expected):
    """a hundred scans do not grow"""
    import gc
    import kswapck

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    for _ in range(10):
        kswapck.report(prog)
    gc.collect()
    before = resident()
    for _ in range(100):
        kswapck.report(prog)
    gc.collect()
    assert resident() - before < 4 << 20, resident() - before


IN_DRGN = [same_as_the_program, findings_are_objects, objects_of_drgn, story_and_report, faults_are_not_zeros,
           zeros_without_the_file, two_programs, interrupts, failures, plugin, memory_is_freed]

# ---- outside


def command():
    given = os.environ.get("KSWAPCK_TEST_DRGN")
    return given.split() if given else ["drgn"] if shutil.which("drgn") else None


def has_plugins(drgn):
    """Since 0.0.31."""
    code = "import _drgn_util.plugins as plugins; plugins.call_plugins"
    command_line = [sys.executable, "-c", code] if drgn == ["drgn"] else [*drgn[:-2], "-c", code]
    if drgn == ["drgn"]:
        command_line[0] = open(shutil.which("drgn")).readline()[2:].split()[0]
    return subprocess.run(command_line, stderr=subprocess.DEVNULL, check=False).returncode == 0


def make_entry_point(python, folder):
    """As it is installed: drgn finds plugins by what lies beside the modules."""
    about = folder / "kswapck-0.dist-info"
    about.mkdir()
    shutil.copy(pathlib.Path(python) / "entry_points.txt", about)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: kswapck\nVersion: 0\n")


def run(case, drgn, dump, document, vmlinux):
    words = [*drgn, "-q", "-c", dump, *(["-s", VMLINUX] if vmlinux else []), __file__, case.__name__, document]
    done = subprocess.run(list(map(str, words)), text=True, capture_output=True, timeout=300)
    return done.returncode == 0 and done.stdout == "good\n", done


def dumps_of(case, dumps):
    return sorted(dumps.glob("*.kdump")) if case is same_as_the_program else [dumps / "freed-folio.kdump"]


def why_not(case, drgn):
    """The reason to skip it; None."""
    if case is objects_of_drgn and not VMLINUX.exists():
        return "no vmlinux of the lab's kernel 6.1bug"
    if case is plugin and not has_plugins(drgn):
        return "this drgn has no plugins"
    return None


def run_all(kswapck, dumps, drgn):
    todo = [(case, dump) for case in IN_DRGN for dump in dumps_of(case, pathlib.Path(dumps))]
    print(f"1..{len(todo)}", flush=True)
    failed = 0
    for number, (case, dump) in enumerate(todo, 1):
        title, skipped = f"{case.__doc__} ({dump.name})", why_not(case, drgn)
        if skipped:
            print(f"ok {number} - {title} # SKIP {skipped}", flush=True)
            continue
        document = subprocess.run([kswapck, "scan", "--json", dump], text=True, stdout=subprocess.PIPE,
                                  check=False).stdout
        good, done = run(case, drgn, dump, document, case is objects_of_drgn)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {title}", flush=True)
        if not good:
            print("\n".join(f"# {line}" for line in (done.stdout + done.stderr).splitlines()[-12:]))
    return failed


def main():
    kswapck, dumps, library, python = map(os.path.abspath, sys.argv[1:5])
    drgn = command()
    if not drgn:
        print("1..0 # SKIP no drgn")
        return 0
    # drgn 0.0.22 uses memory after it was freed, when it ends: meson's setting makes it crash there
    os.environ.pop("MALLOC_PERTURB_", None)
    os.environ["KSWAPCK_LIBRARY"] = library
    with tempfile.TemporaryDirectory() as folder:
        make_entry_point(python, pathlib.Path(folder))
        paths = [python, folder]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), *paths)))
        # the lab's command has an env of its own
        drgn = [os.pathsep.join([word, *paths]) if word.startswith("PYTHONPATH=") else word for word in drgn]
        return 1 if run_all(kswapck, dumps, drgn) else 0


if __name__ == "__main__":
    if "prog" in globals():
        next(case for case in IN_DRGN if case.__name__ == sys.argv[1])(globals()["prog"], json.loads(sys.argv[2]))
        print("good")
    else:
        sys.exit(main())
