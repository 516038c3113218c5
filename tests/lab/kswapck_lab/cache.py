"""Where everything lives that the lab fetches, builds and makes: outside the source tree."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import tempfile


def root():
    """The cache's top: $KSWAPCK_LAB, or a folder in the user's cache."""
    chosen = os.environ.get("KSWAPCK_LAB")
    if chosen:
        return pathlib.Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "kswapck-lab"


def folder(*parts):
    """A folder of the cache, made if need be."""
    path = root().joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def lock(name):
    """One maker of a thing at a time: two labs may run side by side."""
    with open(folder("locks") / name, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def scratch():
    """A folder that is gone afterwards; in the cache, because disks of guests are large."""
    path = pathlib.Path(tempfile.mkdtemp(dir=folder("tmp")))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sha256(path):
    """The checksum of a file, as sha256sum prints it."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
