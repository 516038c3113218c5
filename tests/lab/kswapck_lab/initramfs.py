"""The guests' root: /init is the workload, beside it modules and, for kdump, kexec and the crash kernel."""

import gzip
import pathlib
import stat

from . import LabError, cache, packages

HERE = pathlib.Path(__file__).resolve().parent.parent


def _entry(name, mode, data=b"", device=(0, 0)):
    """One member of a cpio archive in the `newc` form (kernel: Documentation/driver-api/early-userspace)."""
    encoded = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    return _padded(header) + _padded(data)


def _padded(data):
    return data + b"\0" * (-len(data) % 4)


def _archive(files):
    """A gzipped cpio archive of {path: (mode, bytes)}, with the folders that the paths need."""
    folders = sorted({str(parent) for path in files for parent in pathlib.PurePath(path).parents} - {"."})
    parts = [_entry(name, stat.S_IFDIR | 0o755) for name in ["dev", *folders]]
    # init has no stdout before it has mounted /dev, unless this node is there.
    parts.append(_entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)))
    parts += [_entry(path, stat.S_IFREG | mode, data) for path, (mode, data) in files.items()]
    parts.append(_entry("TRAILER!!!", 0))
    return gzip.compress(b"".join(parts), compresslevel=6, mtime=0)


def _workload(arch):
    with cache.scratch() as scratch:
        program = scratch / "workload"
        sources = sorted((HERE / "workload").glob("*.c"))
        packages.run([arch.gcc, "-D_GNU_SOURCE", "-O2", "-Wall", "-static", "-s", "-o", program, *sources])
        return program.read_bytes()


def _kexec(arch):
    """kexec with its libraries; borrowed, because the package installed would change how a machine reboots."""
    kexec = packages.Borrowed("bookworm", "kexec-tools", "sbin/kexec", arch=arch.debian)
    files = {"sbin/kexec": (0o755, kexec.program.read_bytes())}
    for library in kexec.libraries():
        folder = arch.loader if library.name.startswith("ld-linux") else arch.libraries
        files[f"{folder}/{library.name}"] = (0o755, library.read_bytes())
    return files


def _with_libraries(program):
    """kswapck as it was built here, with all the libraries that it asks for."""
    files = {"usr/bin/kswapck": (0o755, pathlib.Path(program).read_bytes())}
    for line in packages.run(["ldd", program]).splitlines():
        paths = [word for word in line.split() if word.startswith("/")]
        if not paths and "not found" in line:
            raise LabError(f"{program}: {line.strip()}")
        for path in paths:
            files[path.lstrip("/")] = (0o755, pathlib.Path(path).read_bytes())
    return files


def make(path, kernel, arch, crash=False, own=(), program=None):
    """Writes the initramfs of a guest; with `crash` also what kdump needs in it. `own`: modules of the lab's;
    `program`: a kswapck to run in it."""
    files = {"init": (0o755, _workload(arch))}
    if program:
        files |= _with_libraries(program)
    for module in sorted((kernel / "modules").iterdir()):
        files[f"modules/{module.name}"] = (0o644, module.read_bytes())
    for module in own:
        files[f"modules/91-{module.name}"] = (0o644, module.read_bytes())
    if crash:
        files |= {"crash/initrd": (0o644, _archive(files)),
                  "crash/vmlinuz": (0o644, (kernel / "vmlinuz").read_bytes()), **_kexec(arch)}
    path.write_bytes(_archive(files))
