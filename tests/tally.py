# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the cases of all tests in meson's testlog.json, and names those that failed.

A test that speaks TAP counts with its cases; one that broke off without a failed case,
by a crash or a timeout or with fewer cases than it had planned, is a failure besides.
"""

import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?([^#]*)(?:#\s*(\w+)\s*(.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*SKIP\b\s*(.*))?$", re.IGNORECASE)
GOOD = {"OK", "EXPECTEDFAIL"}


class Tally:
    """What was counted so far."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def fail(self, test, why):
        """One more failure, told at once."""
        self.failed += 1
        print(f"FAILED {test}: {why}")

    def case(self, test, match):
        """One line of TAP; true if it is a failure."""
        bad, _, name, directive, _ = match.groups()
        if directive and directive.upper().startswith("SKIP") and not bad:
            self.skipped += 1
        elif bad:
            self.fail(test, name.strip())
        else:
            self.passed += 1
        return bool(bad)

    def tap(self, test, record):
        """All cases of one test."""
        cases = failures = 0
        planned = None
        for line in record["stdout"].splitlines():
            if match := PLAN.match(line):
                planned = int(match[1])
                if not planned:
                    self.skipped += 1
                    return
            elif match := CASE.match(line):
                cases += 1
                failures += self.case(test, match)
        if planned != cases:
            self.fail(test, f"{cases} of {planned} cases ({record['result']})")
        elif record["result"] not in GOOD | {"SKIP"} and not failures:
            self.fail(test, record["result"])

    def add(self, record):
        """One test, TAP or not."""
        test = record["name"].rsplit(":", 1)[-1].strip()
        output = record.get("stdout") or ""
        if any(PLAN.match(line) or CASE.match(line) for line in output.splitlines()):
            self.tap(test, record)
        elif record["result"] == "SKIP":
            self.skipped += 1
        elif record["result"] in GOOD:
            self.passed += 1
        else:
            self.fail(test, record["result"])


def main(*paths):
    """Print the tally of all logs; return the exit status."""
    tally = Tally()
    for path in paths:
        try:
            with open(path, encoding="utf-8") as log:
                for line in log:
                    tally.add(json.loads(line))
        except OSError as error:
            tally.fail("meson test", f"wrote no log: {error}")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
