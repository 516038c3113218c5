"""The command line."""

import argparse
import json
import shutil
import signal
import sys

from . import LabError, cache, compare, debug, dumps, kernels, live, matrix, packages, plant, recipes, soak


def _setup(_options):
    packages.install(packages.RUN + packages.BUILD)


def _list(_options):
    print("A dump is named KERNEL-SCENARIO-FORMAT.\n")
    print("kernels:  ", " ".join(kernels.KERNELS))
    for title, table in (("scenarios", recipes.SCENARIOS), ("formats", recipes.FORMATS)):
        print(f"{title}:")
        for name, row in table.items():
            print(f"  {name:22} {row.about}")
    print(f"\nmade, in {dumps.folder()}:")
    for path in sorted(dumps.folder().glob("*.json")):
        files = json.loads(path.read_text())["files"]
        print(f"  {path.stem:40} {sum(file['bytes'] for file in files.values()) / 1e6:10.1f} MB")


def _make(options):
    wanted = [recipes.parse(name) for name in (recipes.ALL if options.all else options.names)]
    if not wanted:
        raise LabError("make what? 'lab list' shows the names")
    packages.install(packages.RUN)
    failed = []
    for recipe in wanted:
        try:
            dumps.make(recipe, options)
            print(*dumps.files(recipe), sep="\n")
        except LabError as error:
            # The others may well work; a name or two that does not is said at the end again.
            print(f"lab: {recipe.name}: {error}", file=sys.stderr)
            failed.append(recipe.name)
    if failed:
        raise LabError("not made: " + " ".join(failed))


def _soak(options):
    packages.install(packages.RUN)
    if not soak.soak(options.kernel, options):
        raise LabError("not all dumps were clean")


def _plant(options):
    packages.install(packages.RUN)
    plant.plant(options.kernel, options)


def _live(options):
    packages.install(packages.RUN)
    if not live.live(options):
        raise LabError("not as it should be")


def _compare(options):
    packages.install(packages.RUN)
    if not compare.compare(options.name, options):
        raise LabError("not the same in all formats")


def _matrix(options):
    packages.install(packages.RUN)
    if not matrix.matrix(options):
        raise LabError("not as it should be")


def _debug(options):
    packages.install(packages.RUN)
    for kernel in options.kernels:
        folder = debug.get(kernel)
        if options.json:
            modules = sorted(map(str, [*folder.glob("modules/*.ko"), *folder.glob("own/*/*.ko")]))
            print(json.dumps({"vmlinux": str(folder / "vmlinux"), "modules": modules, "crash": debug.crash(),
                              "python": debug.drgn()}))
        else:
            print(folder / "vmlinux")


def _clean(_options):
    shutil.rmtree(cache.root(), ignore_errors=True)


def _parser():
    parser = argparse.ArgumentParser(prog="lab", description="Makes real kernel dumps for kswapck's tests.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, text in (("setup", _setup, "install what the lab needs, if it is missing"),
                                 ("list", _list, "the names, and what is made already"),
                                 ("clean", _clean, "remove the cache with all that is in it")):
        commands.add_parser(name, help=text).set_defaults(run=function)
    make = commands.add_parser("make", help="make dumps that are not there yet")
    make.set_defaults(run=_make)
    make.add_argument("names", nargs="*", metavar="NAME")
    make.add_argument("--all", action="store_true", help="one of everything")
    make.add_argument("--crashkernel", type=int, metavar="MIB", help="of it, for the crash kernel")
    soaking = commands.add_parser("soak", help="dump one busy guest many times; any finding is a false alarm")
    soaking.set_defaults(run=_soak)
    soaking.add_argument("kernel", metavar="KERNEL", choices=kernels.KERNELS)
    soaking.add_argument("--dumps", type=int, default=40, metavar="N", help="how many (40)")
    soaking.add_argument("--scenario", default="storm", metavar="NAME", help="what keeps the guest busy (storm)")
    soaking.add_argument("--cpus", type=int, metavar="N", help="the guest's processors, an even number")
    soaking.add_argument("--oracle", action="store_true", help="drgn must count the same in each dump")
    soaking.add_argument("--record", action="store_true", help="write down what came of it: SOAK.md")
    planting = commands.add_parser("plant", help="point slots of a running guest at a free page: CACHE/planted/KERNEL")
    planting.set_defaults(run=_plant, crashkernel=None)
    planting.add_argument("kernel", metavar="KERNEL", choices=kernels.KERNELS)
    planting.add_argument("--scenario", default="churn", metavar="NAME", help="what the guest does (churn)")
    planting.add_argument("--seconds", type=int, default=40, metavar="N", help="how long it goes on after that (40)")
    planting.add_argument("--live", action="store_true", help="at the folio of another slot instead: KERNEL-live")
    planting.add_argument("--kill", action="store_true", help="then kill all processes, who free their slots: KERNEL-kill")
    planting.add_argument("--program", default="build/tests/plant-slots", metavar="PATH", help="that finds the slots")
    living = commands.add_parser("live", help="run kswapck inside a guest, on the kernel itself")
    living.set_defaults(run=_live, crashkernel=None)
    living.add_argument("kernel", metavar="KERNEL", choices=kernels.KERNELS)
    living.add_argument("--scenario", default="churn", metavar="NAME", help="what goes on meanwhile (churn)")
    living.add_argument("--seconds", type=int, default=60, metavar="N", help="how long it watches (60)")
    living.add_argument("--interval", type=float, default=1, metavar="N", help="seconds from look to look (1)")
    comparing = commands.add_parser("compare", help="what kswapck says of one vmcore in all its formats")
    comparing.set_defaults(run=_compare, crashkernel=None)
    comparing.add_argument("name", nargs="?", default="6.1-idle", metavar="KERNEL-SCENARIO", help="(6.1-idle)")
    table = commands.add_parser("matrix", help="all kernels, machines, formats and scenarios: MATRIX.md")
    table.set_defaults(run=_matrix, crashkernel=None)
    table.add_argument("kernels", nargs="*", metavar="KERNEL", help="only these; the table keeps its other rows")
    table.add_argument("--made", action="store_true", help="make no dump that is not there")
    table.add_argument("--once", action="store_true",
                       help="remove what was made for it alone: together they are some 30 GB")
    debugging = commands.add_parser("debug", help="fetch a kernel's debug symbols; says where its vmlinux is")
    debugging.set_defaults(run=_debug)
    debugging.add_argument("kernels", metavar="KERNEL", choices=kernels.KERNELS, nargs="+")
    debugging.add_argument("--json", action="store_true",
                           help="also its modules, and how to start trixie's crash, and a Python with drgn")
    for command in (soaking, living, comparing, table):
        command.add_argument("--program", default="kswapck", metavar="PATH", help="the kswapck to try")
    for command in (make, soaking, living, planting, comparing, table):
        command.add_argument("--memory", type=int, metavar="MIB", help="the guest's memory")
        command.add_argument("--append", metavar="WORDS", help="more for the guest's kernel's command line")
        command.add_argument("--verbose", action="store_true",
                             help="the guest's kernel says all it does, in CACHE/logs")
    return parser


def _terminated(_number, _frame):
    # As an exception, so that guests and scratch folders go away on the way out.
    raise SystemExit(128 + signal.SIGTERM)


def main(arguments):
    """Runs one command; the exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
