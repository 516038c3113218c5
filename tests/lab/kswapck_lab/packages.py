"""Debian packages: what must be installed here, and what is only fetched and unpacked.

Kernels of other releases come through a separate apt root per suite, with its own lists and an empty
status file, so that the machine's own apt never learns of them and nothing of them can be installed.
"""

import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from . import LabError, cache

RUN = ["qemu-system-x86", "gcc", "libc6-dev", "makedumpfile", "xz-utils", "zstd", "debian-archive-keyring"]
BUILD = ["make", "flex", "bison", "bc", "libelf-dev", "libssl-dev", "dwarves", "cpio", "kmod", "patch",
         "perl", "python3"]

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(command, **options):
    """A command's output. Its failure ends the lab, with its own words; the lab's end is also its children's."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True, **options) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            # The whole group: make alone would leave its compilers behind.
            os.killpg(process.pid, signal.SIGTERM)
            raise
    if process.returncode:
        raise LabError(f"{' '.join(map(str, command))} failed:\n{output[-2000:]}")
    return output


def missing(names):
    """Those of the packages that are not installed."""
    if not shutil.which("dpkg-query"):
        raise LabError("the lab needs a Debian system: there is no dpkg-query here")
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *names],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    installed = {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def install(names):
    """Installs what is missing, and only that."""
    names = missing(names)
    if not names:
        return
    if os.geteuid() != 0:
        raise LabError("as root: apt-get install --no-install-recommends " + " ".join(names))
    print("lab: installing", " ".join(names), file=sys.stderr)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "-q", "update"], env=quiet)
    run(["apt-get", "-q", "install", "-y", "--no-install-recommends", *names], env=quiet)


@functools.lru_cache
def mirror(archive):
    """The mirror of `debian` or `debian-security` that this machine's own apt uses."""
    lines = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()
    for line in lines:
        if re.search(rf"/{archive}/?$", line):
            return line.rstrip("/")
    # Debian's mirrors have the archive of security updates beside the main one.
    if archive != "debian":
        return mirror("debian").removesuffix("debian") + archive
    raise LabError(f"apt has no mirror of the archive {archive}: name one in /etc/apt/sources.list.d")


class Suite:
    """One suite of Debian's archive, seen through an apt root of its own."""

    def __init__(self, name, arch="amd64"):
        self.name = name
        self.arch = arch
        self.root = cache.folder("apt", name if arch == "amd64" else f"{name}-{arch}")
        self.archive = "debian-security" if name.endswith("-security") else "debian"

    def _options(self):
        settings = {
            "Dir::Etc::SourceList": self.root / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State::Lists": self.root / "lists",
            "Dir::State::Status": self.root / "status",
            "Dir::Cache": self.root / "cache",
            "APT::Architecture": self.arch,
            "APT::Architectures": self.arch,
            "Acquire::Languages": "none",
            # As root, apt would give up its rights and then could not write here.
            "APT::Sandbox::User": "root",
        }
        return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def update(self):
        """Reads the suite's package lists anew."""
        (self.root / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (self.root / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        (self.root / "sources.list").write_text(
            f"deb [signed-by={KEYRING}] {mirror(self.archive)} {self.name} main\n")
        run(["apt-get", "-q", *self._options(), "update"])

    @functools.lru_cache    # closures of several packages overlap, and each question takes apt half a second
    def depends(self, package):
        """The names that a package depends on, first alternatives only, as far as this suite has them."""
        text = run(["apt-cache", *self._options(), "show", "--no-all-versions", package])
        found = re.search(r"^Depends: (.*)$", text, re.MULTILINE)
        names = re.findall(r"(?:^|, )([a-z0-9][a-z0-9+.-]*)", found.group(1)) if found else []
        return names

    @functools.lru_cache
    def has(self, package):
        """Whether the suite has a package of this name."""
        return bool(run(["apt-cache", *self._options(), "search", "--names-only", f"^{re.escape(package)}$"]))

    def closure(self, package, wanted):
        """The package and what it needs, transitively, of the names that match `wanted`."""
        todo, names = [package], []
        while todo:
            name = todo.pop()
            if name not in names and self.has(name):
                names.append(name)
                todo += [need for need in self.depends(name) if re.match(wanted, need)]
        return names

    def unpack(self, names, into):
        """Fetches packages and unpacks them; nothing is installed, no script of theirs runs."""
        with cache.scratch() as here:
            run(["apt-get", "-q", *self._options(), "download", *names], cwd=here)
            for deb in sorted(here.glob("*.deb")):
                run(["dpkg", "-x", deb, into])


LIBRARIES = r"lib|zlib|gcc-\d+-base"
# The folder of libraries, their loader, and what runs programs here that are none of this machine's.
LOADERS = {"amd64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2", []),
           "arm64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1", ["qemu-aarch64-static"])}


class Borrowed:
    """A program of some suite, unpacked with the libraries that it was built for; neither is installed.

    `path` may be a pattern; `wanted` is what else to unpack of that which the package needs. One of
    another `arch` is for guests; here it runs under QEMU's user mode.
    """

    def __init__(self, suite, package, path, wanted=LIBRARIES, folder=None, arch="amd64"):
        folder = folder or (package if arch == "amd64" else f"{package}-{arch}")
        root = cache.folder("borrowed", folder)
        with cache.lock(f"borrowed-{folder}"):
            if not (root / "complete").exists():
                suite = Suite(suite, arch)
                suite.update()
                suite.unpack(suite.closure(package, wanted), root)
                (root / "complete").touch()
        self.program = next(root.glob(path))
        triplet, loader, emulator = LOADERS[arch]
        if emulator:
            install(["qemu-user-static"])
        # /lib is not a link to /usr/lib in an unpacked root, and packages still differ in which one they mean.
        folders = [root / "lib" / triplet, root / "usr/lib" / triplet]
        loader = next(folder for folder in folders if folder.exists()) / loader
        self._file = loader
        self._loader = [*emulator, loader, "--library-path", ":".join(map(str, folders))]
        self.command = [*self._loader, self.program]

    def libraries(self):
        """The files that the program would be loaded with."""
        listed = run([*self._loader, "--list", self.program])
        return [pathlib.Path(path) for path in re.findall(r"=> (/\S+) \(0x", listed)] + [self._file]
