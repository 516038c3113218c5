# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the documents against the program: problems, options, exit statuses, file names. Prints TAP.

Usage: docs.py KSWAPCK TREE
"""

import pathlib
import re
import subprocess
import sys


#: whose options the manual page lists
COMMANDS_OF_DUMPS = ("triage", "explain", "scan", "pins", "distill", "diff", "report", "shell",
                     "batch", "record", "summarize")


def output(program, *arguments):
    """What the program prints."""
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


def problems(program):
    """(id, name) of every problem."""
    return re.findall(r"^  (KS\d{3})  (\S+)", output(program, "help", "problems"), re.MULTILINE)


def options(program):
    """Long names of the options of all commands that open a dump."""
    return {name for command in COMMANDS_OF_DUMPS
            for name in re.findall(r"^  (?:-\w,|   ) --([a-z-]+)",
                                   output(program, command, "--help"), re.MULTILINE)}


def commands(program):
    """Names of the commands."""
    return re.findall(r"^  ([a-z]+) {2,}\S", output(program, "help"), re.MULTILINE)


def manual_lists_problems(program, tree):
    """The manual page lists exactly the problems of the program, in their order."""
    page = (tree / "src/kswapck.8").read_text()
    return problems(program), re.findall(r"^\.It (KS\d{3}) (\S+)", page, re.MULTILINE)


def manual_lists_options(program, tree):
    """The manual page has exactly the options of the program."""
    page = (tree / "src/kswapck.8").read_text()
    listed = re.findall(r"^\.It Fl (?:\w , )?-([a-z-]+)", page, re.MULTILINE)
    return sorted(options(program) | {"version"}), sorted(listed)


def manual_lists_commands(program, tree):
    """The manual page describes every command."""
    page = (tree / "src/kswapck.8").read_text()
    described = set(re.findall(r"^\.It Cm ([a-z]+)", page, re.MULTILINE))
    return set(commands(program)), described


def help_fits(program, tree):
    """The help of each command fits 80 columns."""
    del tree
    return [], [line for command in commands(program)
                for line in output(program, command, "--help").splitlines() if len(line) > 80]


def letters_are_of_one(program, tree):
    """No command has two options of one letter, and the manual page has the letters."""
    page = set(re.findall(r"^\.It Fl (\w) , -([a-z-]+)",
                          (tree / "src/kswapck.8").read_text(), re.MULTILINE))
    wrong = []
    for command in commands(program):
        listed = re.findall(r"^  -(\w), --([a-z-]+)", output(program, command, "--help"),
                            re.MULTILINE)
        letters = [letter for letter, _ in listed]
        wrong += [f"{command} -{letter}" for letter in letters if letters.count(letter) > 1]
        wrong += [f"{command} -{letter} --{name}" for letter, name in listed
                  if command in COMMANDS_OF_DUMPS and (letter, name) not in page]
    return [], wrong


def manual_is_sound(program, tree):
    """mandoc finds no error in the manual page."""
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", tree / "src/kswapck.8"],
                          capture_output=True, text=True, check=False)
    return "", done.stdout


def every_problem_is_explained(program, tree):
    """help explains each problem, by its id and by its name, in 80 columns."""
    bad = []
    for number, name in problems(program):
        text = output(program, "help", number)
        if text != output(program, "help", name) or text.count("\n\n") < 4:
            bad.append(number)
        bad += [f"{number}: {line}" for line in text.splitlines() if len(line) > 80]
    return [], bad


def readme_names_files(program, tree):
    """Files that the README links to or tells to run are there."""
    text = (tree / "README.md").read_text()
    names = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"^    (tests/\S+)", text, re.MULTILINE)
    return [], [name for name in names if not (tree / name).exists()]


def readme_shows_the_report(program, tree):
    """The two blocks of the README are what the program writes to a pipe."""
    blocks = re.findall(r"^```\n(.*?)^```$", (tree / "README.md").read_text(),
                        re.MULTILINE | re.DOTALL)
    command, shown = (blocks[0] + "\n" + blocks[1]).split("\n", 1)
    arguments = command.removeprefix("$ build/src/kswapck ").split()
    done = subprocess.run([pathlib.Path(program).absolute(), *arguments], cwd=tree,
                          capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), shown.splitlines()


def readme_shows_the_shell(program, tree):
    """The session in the README is what the shell answers."""
    blocks = re.findall(r"^```\n(.*?)^```$", (tree / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    session = next(block for block in blocks if "kswapck> " in block)
    dump = session.split("\n", 1)[0].split()[-1]
    commands = re.findall(r"^kswapck> (.*)", session, re.MULTILINE)
    said = [subprocess.run([pathlib.Path(program).absolute(), "shell", "--no-rc", dump, "-e",
                            command], cwd=tree, capture_output=True, text=True,
                           check=False).stdout for command in commands]
    shown = "".join(f"kswapck> {command}\n{text}" for command, text in zip(commands, said))
    return shown, session.split("\n", 1)[1]


CASES = [manual_lists_problems, manual_lists_options, manual_lists_commands, help_fits,
         letters_are_of_one, manual_is_sound,
         every_problem_is_explained, readme_names_files, readme_shows_the_report,
         readme_shows_the_shell]


def main(program, tree):
    """Run all cases; return the exit status."""
    failed = 0
    print(f"1..{len(CASES)}")
    for number, case in enumerate(CASES, 1):
        wanted, found = case(program, pathlib.Path(tree))
        good = wanted == found
        failed += not good
        print(f"{'' if good else 'not '}ok {number} - {case.__doc__.rstrip('.')}")
        if not good:
            print(f"# wanted {wanted}\n# found  {found}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
