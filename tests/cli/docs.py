# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the documents against the program: problems, options, exit statuses, file names. Prints TAP.

Usage: docs.py KSWAPCK TREE
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile


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


def documents(tree):
    """README.md, and what it leads on to: (path, text) of each."""
    return [(path, path.read_text()) for path in [tree / "README.md", *sorted((tree / "doc").glob("*.md"))]]


def blocks(tree):
    """What stands between ``` in all documents."""
    return [block for _, text in documents(tree)
            for block in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def documents_name_files(program, tree):
    """Files that documents link to, or tell to run, are there."""
    del program
    names = [path.parent / name for path, text in documents(tree) for name in re.findall(r"\]\(([^)#:]+)\)", text)]
    names += [tree / name for _, text in documents(tree)
              for name in re.findall(r"(?:^    |`)((?:tests|src|plugins|contrib)/[^\s`*]*)(?![^\s`])", text, re.MULTILINE)]
    return [], [str(name) for name in names if not name.exists()]


def every_document_is_found(program, tree):
    """The README leads to each of them."""
    del program
    linked = set(re.findall(r"\]\((doc/[a-z]+\.md)\)", (tree / "README.md").read_text()))
    return {f"doc/{path.name}" for path, _ in documents(tree)[1:]}, linked


def documents_show_what_is_written(program, tree):
    """What stands below a command in a document is what it writes to a pipe."""
    wanted, found = [], []
    for block in blocks(tree):
        if not block.startswith("$ ") or "kswapck> " in block:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "build/src").mkdir(parents=True)
            (folder / "build/src/kswapck").symlink_to(pathlib.Path(program).absolute())
            (folder / "dumps").symlink_to((tree / "dumps").absolute())
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, shown = part.split("\n", 1)
                done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
                wanted += [command, *done.stdout.splitlines()]
                found += [command, *shown.splitlines()]
    assert wanted, "no document shows a command"
    return [], list(difflib.unified_diff(wanted, found, "written", "shown", lineterm=""))


def documents_show_the_shell(program, tree):
    """The session in the documents is what the shell answers."""
    session = next(block for block in blocks(tree) if "kswapck> " in block)
    dump = session.split("\n", 1)[0].split()[-1]
    commands = re.findall(r"^kswapck> (.*)", session, re.MULTILINE)
    said = [subprocess.run([pathlib.Path(program).absolute(), "shell", "--no-rc", dump, "-e",
                            command], cwd=tree, capture_output=True, text=True,
                           check=False).stdout for command in commands]
    shown = "".join(f"kswapck> {command}\n{text}" for command, text in zip(commands, said))
    return shown, session.split("\n", 1)[1]


CASES = [manual_lists_problems, manual_lists_options, manual_lists_commands, help_fits,
         letters_are_of_one, manual_is_sound,
         every_problem_is_explained, documents_name_files, every_document_is_found,
         documents_show_what_is_written, documents_show_the_shell]


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
