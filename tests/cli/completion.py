# SPDX-License-Identifier: GPL-2.0-or-later
"""What TAB puts in at bash's prompt. Prints TAP.

Usage: completion.py KSWAPCK TREE
"""

import pathlib
import shutil
import subprocess
import sys

# What is typed, as bash splits it; words that must be offered; a word that must not be.
CASES = [
    (["ex"], {"explain"}, "scan"),
    (["explain", "--s"], {"--stacks=", "--severity="}, "--json"),
    (["explain", "--j"], {"--json"}, "--json="),
    (["--max"], {"--max-findings="}, "--json"),
    (["explain", "--stacks", "=", "c"], {"cpus"}, "all"),
    (["explain", "--stacks", "="], {"cpus", "all"}, "scan"),
    (["help", "KS10"], {"KS101", "KS102"}, "KS201"),
    (["help", "freed-"], {"freed-folio"}, "KS101"),
    (["help", "migration-replaces"], {"migration-replaces-one-slot"}, "scan"),
    (["scan", "--severity", "=", "freed"], {"freed-folio="}, "freed-folio"),
    (["scan", "--severity", "=", "freed-folio", "="], {"ignore", "warn", "error"}, "cpus"),
    (["scan", "--severity", "=", "freed-folio", "=", "w"], {"warn"}, "error"),
    (["scan", "dumps/heal"], {"dumps/healthy.kdump"}, "scan"),
    (["scan", "--vmlinux", "=", "dumps/heal"], {"dumps/healthy.kdump"}, "scan"),
]
DRIVER = """
source "$1/completion/kswapck.bash"
compopt() { :; }
cd "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_kswapck
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(program, tree, words):
    """What bash would offer."""
    done = subprocess.run(["bash", "-uc", DRIVER, "completion", tree, program, *words],
                          capture_output=True, text=True, check=True, timeout=60)
    assert not done.stderr, done.stderr
    return set(done.stdout.split("\n")) - {""}


def main(program, tree):
    """Run all cases; return the exit status."""
    if not shutil.which("bash"):
        print("1..0 # SKIP no bash")
        return 0
    failed = 0
    print(f"1..{len(CASES)}")
    for number, (words, wanted, unwanted) in enumerate(CASES, 1):
        found = offered(str(pathlib.Path(program).absolute()), tree, words)
        good = wanted <= found and unwanted not in found
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - kswapck {' '.join(words)}" +
              ("" if good else f"\n# {sorted(found)}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
