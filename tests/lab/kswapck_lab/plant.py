"""Breaks the swap cache of a running stock kernel: a genuine stall of code that nobody changed.

The bugs that leave freed folios in the swap cache are mended in Debian's kernels. Their state can be made all the same:
a busy guest is stopped, some slots that its processes will fault on are pointed at a free page, by QEMU's stub for
debuggers, and it goes on until somebody spins. Which words are written is found by build/tests/plant-slots.
A live page that is the folio of another slot (--live), and the death of all who have such slots (--kill), lead to loops
that a fault does not reach.
"""

import json
import shutil
import socket
import subprocess
import time

from . import LabError, cache, debug, dumps, qemu, recipes

STALL = "rcupdate.rcu_cpu_stall_timeout=5 sysrq_always_enabled"


def plant(kernel, options):
    """Makes CACHE/planted/KERNEL[-live][-kill], the dump of a guest that was broken."""
    program = shutil.which(options.program)
    if not program:
        raise LabError(f"no such program: {options.program} (it is built with the tests)")
    recipe = recipes.parse(f"{kernel}-{options.scenario}-elf")
    options.append = " ".join(filter(None, (options.append, STALL)))
    name = "-".join(filter(None, (kernel, options.live and "live", options.kill and "kill")))
    path = cache.folder("planted") / name
    path.unlink(missing_ok=True)
    with cache.scratch() as scratch:
        log = cache.folder("logs") / f"{name}-planted"
        with qemu.Guest(dumps.machine(recipe, options, scratch), log) as guest:
            guest.wait_for("ready", recipes.SCENARIOS[options.scenario].seconds)
            guest.listen(1)
            guest.dump(scratch / "before", "elf")
            symbols = [word for word in debug.symbols(kernel) if word.startswith("--vmlinux")]
            found = subprocess.run([program, *symbols, *["--live"][:options.live], scratch / "before"],
                                   stdout=subprocess.PIPE, text=True)
            words = [line.split() for line in found.stdout.splitlines()]
            if found.returncode or not words:
                raise LabError(f"{kernel}: no slot to break; once more may help")
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            guest.monitor(f"gdbserver tcp:127.0.0.1:{port}")
            _write(port, [(int(place, 16), int(page, 16)) for place, page, _ in words])
            if options.kill:
                # before it goes on, or a fault comes first, and who spins in one does not die
                guest.sysrq("i")
            guest.resume()
            time.sleep(options.seconds)
            guest.dump(path, "elf")
    path.chmod(0o644)       # QEMU makes it for its owner alone
    about = {"name": name, "kernel": kernel, "scenario": name.replace(kernel, "planted", 1), "format": "elf",
             "guest": {"planted_slots": " ".join(slot for _, _, slot in words)}}
    path.with_name(f"{name}.json").write_text(json.dumps(about, indent=2) + "\n")
    page = "the folio of another slot" if options.live else "a free page"
    print(f"{path}: {len(words)} slots were pointed at {page}, {options.seconds} s before")


def _write(port, words):
    """Writes words of 8 bytes at physical addresses, by the protocol of gdbserver, and lets go."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        stub = connection.makefile("rwb", 0)
        _ask(stub, "Qqemu.PhyMemMode:1")
        for address, word in words:
            _ask(stub, f"M{address:x},8:{word.to_bytes(8, 'little').hex()}")
        _ask(stub, "D")


def _ask(stub, text):
    packet = text.encode()
    stub.write(b"$" + packet + b"#" + b"%02x" % (sum(packet) & 0xff))
    while True:
        # Past the acknowledgement, and what is told without being asked.
        while stub.read(1) not in (b"$", b""):
            pass
        answer = b""
        while (byte := stub.read(1)) not in (b"#", b""):
            answer += byte
        stub.read(2)
        stub.write(b"+")
        if answer == b"OK":
            return
        if not answer or answer.startswith(b"E"):
            raise LabError(f"QEMU's stub refused '{text}': {answer.decode() or 'no answer'}")
