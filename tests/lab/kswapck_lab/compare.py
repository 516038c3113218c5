"""The same memory in every format: what kswapck says of it may not depend on the format."""

import itertools
import json
import shutil
import subprocess

from . import LabError, cache, dumps, recipes

# Where the formats do differ: names, which pages are left out, how many had to be read.
MAY_DIFFER = {"dump": ("files", "format", "dump_level", "ram_pages", "file_pages"), "summary": ("pages_read",)}


def compare(name, options):
    """Audits KERNEL-SCENARIO in all formats made of one vmcore; whether all say the same."""
    program = shutil.which(options.program)
    if not program:
        raise LabError(f"no such program: {options.program}")
    made_from_one = ["vmcore", *(form for form, row in recipes.FORMATS.items() if row.source)]
    wanted = [recipes.parse(f"{name}-{form}") for form in made_from_one]
    for recipe in wanted:
        dumps.make(recipe, options)
    _check_origin(wanted)
    same = _table(program, wanted)
    parts = [recipe for recipe in wanted if recipes.FORMATS[recipe.format].parts > 1]
    return all([same, *(_check_parts(program, recipe) for recipe in parts)])


def _check_origin(wanted):
    """The vmcore may have been made anew since: then it is another guest's memory."""
    abouts = [json.loads((dumps.folder() / f"{recipe.name}.json").read_text()) for recipe in wanted]
    for recipe, about in zip(wanted, abouts):
        if about["guest"] != abouts[0]["guest"]:
            raise LabError(f"{recipe.name} is not made from this {wanted[0].name}; remove it")


def _scan(program, files, symbols=("--no-search",)):
    done = subprocess.run([program, "scan", *symbols, "--quiet", "--json", *files], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    words = done.stderr.decode(errors="replace").strip()
    try:
        return done.returncode, json.loads(done.stdout), words
    except ValueError:
        return done.returncode, None, words


def _flat(report):
    """A report as {path: value}, without what may differ."""
    found = {}

    def walk(path, value):
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                if key not in MAY_DIFFER.get(".".join(path), ()):
                    walk((*path, key), inner)
        else:
            found[".".join(path)] = value

    walk((), report)
    return found


def _differences(first, report):
    one, other = _flat(first), _flat(report)
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _table(program, wanted):
    wide = max(len(recipe.name) for recipe in wanted)
    print(f"{'dump':{wide}}  {'format':33} {'level':>5} {'in file':>8} {'read':>6}  report")
    first, good = None, True
    for recipe in wanted:
        status, report, words = _scan(program, dumps.arguments(recipe))
        if not report:
            print(f"{recipe.name:{wide}}  status {status}: {words}")
            good = False
            continue
        first = first or report
        different = _differences(first, report)
        good &= not different and not words
        dump = report["dump"]
        level = "-" if dump["dump_level"] is None else dump["dump_level"]
        verdict = "differs: " + ", ".join(different) if different else f"same, status {status}"
        print(f"{recipe.name:{wide}}  {dump['format']:33} {level:>5} {dump['file_pages']:>8} "
              f"{report['summary']['pages_read']:>6}  {' '.join(filter(None, (verdict, words)))}")
    return good


def _check_parts(program, recipe):
    """Any order of all parts is the whole dump; fewer are none, and the program must say which are missing."""
    files, good = dumps.files(recipe), True
    whole = _scan(program, files)[1]
    for order in itertools.permutations(files):
        status, report, words = _scan(program, order)
        if not whole or not report or _differences(whole, report):
            print(f"{' '.join(path.name for path in order)}: another report, status {status} {words}")
            good = False
    for count in range(1, len(files)):
        for some in itertools.combinations(files, count):
            status, report, words = _scan(program, some)
            refused = status == 8 and not report and "missing" in words
            good &= refused
            names, verdict = " ".join(path.name for path in some), "refused" if refused else f"NOT refused, {status}"
            print(f"{names}: {verdict}: {words.replace(f'{cache.root()}/dumps/', '')}")
    return good
