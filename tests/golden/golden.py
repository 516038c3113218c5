# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares kswapck's reports on the committed dumps with the expected ones. Prints TAP.

Usage: golden.py KSWAPCK DUMPS EXPECTED [--update]

EXPECTED/NAME.txt is the text of 'kswapck scan' on DUMPS/NAME.kdump, EXPECTED/NAME.json its JSON;
NAME.explain.txt and NAME.explain.json are those of 'kswapck explain', NAME.triage.txt is what
kswapck says without a command. The last line of a text is the exit status.
"""

import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True

import schema

# Addresses and raw words: strings, because readers keep numbers in doubles.
WORDS = {"entry", "page", "pfn", "address", "value", "expected", "swap_info_struct", "flags",
         "private", "compared_private", "expected_private", "mapping", "page_type", "new_page",
         "old_page", "fault_address", "user_pc", "pc", "offset", "end_address", "task", "state",
         "mm", "object", "gp_seq", "rcu_state"}
SAFE_INTEGER = 2**53 - 1


def run(program, dumps, dump, *arguments):
    """kswapck's output and exit status; the name of the dump is all of its path."""
    command = [program, *arguments, "--no-search", dump.name]
    environment = dict(os.environ, NO_COLOR="1")
    done = subprocess.run(command, cwd=dumps, env=environment, capture_output=True,
                          text=True, check=False, timeout=60)
    return done.stdout, done.stderr, done.returncode


def text_report(*arguments):
    """A function that gives the text report with the exit status as its last line."""
    def report(program, dumps, dump):
        out, err, status = run(program, dumps, dump, *arguments)
        return f"{out}{err}exit status {status}\n"
    return report


def json_report(*arguments):
    """One that gives the JSON report without what may change with no change of the result."""
    def report(program, dumps, dump):
        out, err, _ = run(program, dumps, dump, *arguments, "--json")
        out = re.sub(r'("kswapck": )"[^"]*"', r'\1"VERSION"', out)
        return re.sub(r'("pages_read": )\d+', r"\1 0", out) + err
    return report


REPORTS = {
    "txt": text_report("scan"),
    "json": json_report("scan"),
    "explain.txt": text_report("explain"),
    "explain.json": json_report("explain"),
    "triage.txt": text_report(),
}


def differences(expected, found, name):
    """Lines of a diff, as TAP comments; none when both are the same."""
    lines = difflib.unified_diff(expected.splitlines(), found.splitlines(),
                                 f"{name} (expected)", f"{name} (found)", lineterm="")
    return ["# " + line for line in lines]


def numbers_that_are_words(value, path=""):
    """Places where an address stands as a number."""
    if isinstance(value, dict):
        for key, member in value.items():
            place = f"{path}.{key}"
            if key in WORDS and not (member is None or isinstance(member, str) and
                                     re.fullmatch("0x[0-9a-f]+", member)):
                yield f"{place} is {member!r}"
            yield from numbers_that_are_words(member, place)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from numbers_that_are_words(member, f"{path}[{index}]")
    elif isinstance(value, (int, float)) and abs(value) > SAFE_INTEGER:
        yield f"{path} is {value}"


def counts_agree(report, status):
    """The summary counts what is in the list, and tells the exit status."""
    findings = report["findings"]
    for name, problem in report["summary"]["problems"].items():
        mine = [finding for finding in findings if finding["name"] == name]
        if len(mine) != problem["findings"]:
            yield f"{name}: {len(mine)} in the list, {problem['findings']} in the summary"
        slots = sum(finding.get("slots", {}).get("count", 0) for finding in mine)
        if slots != problem["slots"]:
            yield f"{name}: {slots} slots in the list, {problem['slots']} in the summary"
    total = report["summary"]["errors"] + report["summary"]["warnings"]
    if total != len(findings):
        yield f"{len(findings)} findings in the list, {total} in the summary"
    if report["exit_status"] != status:
        yield f"exit_status is {report['exit_status']}, but the program exits with {status}"


def promised(dumps, dump, report):
    """What the dumps' own manifest says of this dump: problems and their slots."""
    manifest = json.loads((dumps / "MANIFEST.json").read_text())
    for entry in manifest["dumps"]:
        if entry["file"] != dump.name:
            continue
        found = {name: {"findings": problem["findings"], "slots": problem["slots"]}
                 for name, problem in report["summary"]["problems"].items()}
        if found != entry["expected"]:
            yield f"found {found}, but the manifest tells of {entry['expected']}"
        if report["exit_status"] != entry["exit_status"]:
            yield f"exit status {report['exit_status']}, not {entry['exit_status']}"
        return
    yield f"{dump.name} is not in the manifest"


def document(program, dumps, dump, *arguments):
    """A JSON report as Python has it, and the exit status."""
    out, _, status = run(program, dumps, dump, *arguments, "--json")
    try:
        return json.loads(out), status
    except ValueError as error:
        raise AssertionError(f"{' '.join(arguments)}: {error}") from error


def without(report, *members):
    """A report but for some members, and but for how many pages were read."""
    rest = {key: value for key, value in report.items() if key not in members}
    if "summary" in rest:
        rest["summary"] = {**rest["summary"], "pages_read": 0}
    return rest


def triage_is_both(scan, explain, triage):
    """Without a command: the report of scan with that of explain in it."""
    if triage.get("explain") != explain:
        yield "member explain is not what 'kswapck explain' says"
    # a story that lacks something makes the whole incomplete
    if triage["exit_status"] != scan["exit_status"] | explain["exit_status"]:
        yield "exit_status is not that of both"
    scan, triage = without(scan, "coverage", "exit_status"), without(triage, "coverage", "explain", "exit_status")
    yield from (f"{key} differs" for key in scan if scan[key] != triage.get(key))


def lines_fit(text):
    """No line of the story is longer than 100 columns."""
    return [line for line in text.splitlines() if len(line) > 100]


def check_json(program, dumps, dump):
    """Everything about the JSON reports but their words: pairs of name and complaints."""
    try:
        report, status = document(program, dumps, dump, "scan")
        story, _ = document(program, dumps, dump, "explain")
        triage, _ = document(program, dumps, dump)
    except AssertionError as error:
        yield "JSON parses", [str(error)]
        return
    yield "JSON parses", []
    yield "JSON keeps its schema", list(schema.complaints(report, "scan"))
    yield "JSON of explain keeps its schema", list(schema.complaints(story, "explain"))
    yield "JSON of triage keeps its schema", list(schema.complaints(without(triage, "explain"),
                                                                    "scan"))
    yield "JSON of triage has both", list(triage_is_both(report, story, triage))
    yield "no address is a number", list(numbers_that_are_words(triage))
    yield "summary agrees with the findings", list(counts_agree(report, status))
    yield "findings are those of the manifest", list(promised(dumps, dump, report))
    yield "the story fits 100 columns", lines_fit(run(program, dumps, dump, "explain",
                                                      "--stacks=all")[0])


def check(program, dumps, expected):
    """Every test of every dump: pairs of name and complaints."""
    for dump in sorted(dumps.glob("*.kdump")):
        for ending, report in REPORTS.items():
            path = expected / f"{dump.stem}.{ending}"
            text = path.read_text() if path.exists() else ""
            yield f"{path.name}", differences(text, report(program, dumps, dump), path.name)
        for name, complaints in check_json(program, dumps, dump):
            yield f"{dump.stem}: {name}", ["# " + line for line in complaints]


def update(program, dumps, expected):
    """Write down what the program says now. Read the diff before you keep it!"""
    for dump in sorted(dumps.glob("*.kdump")):
        for ending, report in REPORTS.items():
            (expected / f"{dump.stem}.{ending}").write_text(report(program, dumps, dump))


def main(arguments):
    """Print TAP; return the exit status."""
    program, dumps, expected = (pathlib.Path(argument).absolute()
                                for argument in arguments[:3])
    if arguments[3:] == ["--update"]:
        update(program, dumps, expected)
        return 0
    number = failed = 0
    for number, (name, complaints) in enumerate(check(program, dumps, expected), 1):
        failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        print("".join(line + "\n" for line in complaints), end="")
    print(f"1..{number}" if number else "1..0 # SKIP no dumps")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
