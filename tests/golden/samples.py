# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the JSON of made stories, one for each verdict, against its schema. Prints TAP.

Usage: samples.py EXPLAIN-SAMPLE
"""

import json
import subprocess
import sys

sys.dont_write_bytecode = True

import schema


def main(program):
    """Run all; return the exit status."""
    count = int(subprocess.run([program], capture_output=True, text=True, check=False).stderr)
    cases = [[str(verdict), *more] for verdict in range(count) for more in ([], ["worst"])]
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        text = subprocess.run([program, *case], check=True, capture_output=True).stdout.decode()
        report = json.loads(text)
        wrong = list(schema.complaints(report, "explain"))
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {report['verdict']} {' '.join(case[1:])}")
        print("".join(f"# {line}\n" for line in wrong), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
