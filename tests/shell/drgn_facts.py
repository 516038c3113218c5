# SPDX-License-Identifier: GPL-2.0-or-later
"""What drgn, and page tables walked here, know of things picked at random in a dump, as JSON. Run by `compare`.

Usage: drgn_facts.py SEED DUMP VMLINUX [MODULE...]

Nothing of kswapck is used, so that both can be compared: numbers are those of the dump's bytes.
"""

import collections
import json
import random
import struct
import sys

import drgn
from drgn.helpers.linux.cpumask import for_each_present_cpu
from drgn.helpers.linux.fs import for_each_file
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.mm import compound_head, compound_order, follow_phys, page_to_pfn, pfn_to_page, virt_to_phys
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_printk_records
from drgn.helpers.linux.sched import task_cpu, task_state_to_char
from drgn.helpers.linux.xarray import xa_for_each, xa_is_value, xa_load, xa_to_value

SAMPLES = 40
PAGE_SIZE = 4096
SPACE_SLOTS = 1 << 14
ADDRESS = 0x000ffffffffff000
PRESENT, HUGE, PROTNONE = 1, 1 << 7, 1 << 8
DIRECT_MAP_PAGES = 4096
STRUCTS = ("page", "task_struct", "mm_struct", "vm_area_struct", "swap_info_struct", "swap_cluster_info", "xa_node",
           "xarray", "address_space", "inode", "super_block", "file", "dentry", "zone", "pglist_data", "rq", "cfs_rq",
           "signal_struct", "sighand_struct", "thread_struct", "thread_info", "rcu_node", "rcu_data", "rcu_state",
           "work_struct", "workqueue_struct", "kmem_cache", "anon_vma", "list_head", "hlist_head", "rb_node", "module",
           "block_device", "gendisk", "bio", "request_queue", "mem_cgroup", "cred", "nsproxy", "sched_entity", "pid",
           "vm_fault", "vm_operations_struct", "address_space_operations", "file_operations", "printk_ringbuffer")


def word(value):
    """As kswapck writes addresses."""
    return f"{value & (1 << 64) - 1:#x}"


class Tables:
    """The page tables of all processes, walked here: neither drgn nor kswapck has a hand in it."""

    def __init__(self, prog, owners):
        self.prog = prog
        self.levels = 5 if five_levels(prog) else 4
        self.swapped = collections.defaultdict(list)    # pte: [(pid, address)]
        self.present = []       # (pid, address, physical)
        self.mapped = collections.Counter()     # by page frame, entries that map it
        for pid, mm in owners:
            self.walk(pid, virt_to_phys(mm.pgd).value_(), self.levels, 0)

    def walk(self, pid, table, level, address):
        try:
            entries = struct.unpack("512Q", self.prog.read(table, PAGE_SIZE, True))
        except drgn.FaultError:
            return
        shift = 12 + 9 * (level - 1)
        for i, entry in enumerate(entries[:256] if level == self.levels else entries):
            if entry:
                self.take(pid, entry, level, address + (i << shift), shift)

    def take(self, pid, entry, level, address, shift):
        if not entry & PRESENT and not (entry & PROTNONE):
            if level == 1:
                self.swapped[entry].append((pid, address))
            return
        inverted = 0 if entry & PRESENT else (1 << 64) - 1    # L1TF: __pte_needs_invert()
        physical = (entry ^ inverted) & ADDRESS
        if level == 1 or level <= 3 and entry & HUGE:
            physical &= ~((1 << shift) - 1)
            self.present.append((pid, address, physical))
            self.mapped[physical >> 12] += 1
        elif entry & PRESENT:
            self.walk(pid, physical, level - 1, address)


def five_levels(prog):
    try:
        return bool(prog["__pgtable_l5_enabled"].value_())
    except KeyError:
        return False


def tasks_of(prog):
    """All but the idle ones."""
    found = []
    for task in for_each_task(prog):
        found.append({
            "pid": task.pid.value_(), "tgid": task.tgid.value_(),
            "comm": task.comm.string_().decode(errors="backslashreplace"), "task": word(task.value_()),
            "mm": word(task.mm.value_()), "cpu": task_cpu(task), "min_flt": task.min_flt.value_(),
            "maj_flt": task.maj_flt.value_(), "utime": task.utime.value_(), "stime": task.stime.value_(),
            "stack": word(task.stack.value_()), "letter": task_state_to_char(task),
        })
    return found


def devices_of(prog):
    found = []
    for i in range(prog["nr_swapfiles"].value_()):
        device = prog["swap_info"][i]
        if device and device.flags & 1 and device.swap_map:
            found.append((i, device))
    return found


def cached(prog, kind, slot):
    """The raw entry of the swap cache."""
    index = slot % SPACE_SLOTS if masked(prog) else slot
    space = prog["swapper_spaces"][kind] + slot // SPACE_SLOTS
    return xa_load(space.i_pages.address_of_(), index).value_(), space.value_()


def masked(prog):
    """Since 6.11 an entry's index is that within its 64 MiB."""
    return tuple(map(int, prog["UTS_RELEASE"].string_().decode().split(".")[:2])) >= (6, 11)


def slots_of(prog, tables):
    """Slots of all kinds: some that are cached, some that somebody refers to, some others."""
    shared = shared_memory(prog)
    found = []
    for kind, device in devices_of(prog):
        slots = set(random.sample(range(device.max.value_()), SAMPLES))
        slots |= some(cached_slots(prog, kind, device))
        slots |= some({slot for pte in tables.swapped for of, slot in [split(pte)] if of == kind})
        slots |= some({entry_slot(entry) for entry in shared if entry_type(entry) == kind})
        slots |= {0, 1, device.max.value_() - 1}
        for slot in sorted(slots):
            entry, space = cached(prog, kind, slot)
            owners = [owner for pte, them in owners_of(tables, kind, slot) for owner in them]
            found.append({"type": kind, "slot": slot, "map": prog.read_u8(device.swap_map.value_() + slot),
                          "entry": word(entry), "space": word(space),
                          "owners": sorted(owners), "shmem": shared[join(kind, slot)]})
    return found


def some(things):
    return set(random.sample(sorted(things), min(SAMPLES, len(things))))


def join(kind, slot):
    return kind << 58 | slot


def entry_type(entry):
    return entry >> 58


def entry_slot(entry):
    return entry & (1 << 58) - 1


def split(pte):
    """arch/x86/include/asm/pgtable_64.h: the type in the bits from 59 on, the offset inverted from 14 on."""
    return pte >> 59, (~pte << 5 & (1 << 64) - 1) >> 14


def owners_of(tables, kind, slot):
    if not hasattr(tables, "by_slot"):
        tables.by_slot = collections.defaultdict(list)
        for pte, them in tables.swapped.items():
            tables.by_slot[split(pte)].append((pte, them))
    return tables.by_slot[kind, slot]


def cached_slots(prog, kind, device):
    """Of all of its spaces, those with a folio or a shadow."""
    found = set()
    for number in range(-(-device.max.value_() // SPACE_SLOTS)):
        space = prog["swapper_spaces"][kind][number]
        for index, _ in xa_for_each(space.i_pages.address_of_()):
            found.add(index % SPACE_SLOTS + number * SPACE_SLOTS)
    return found


def shared_memory(prog):
    """How often files of shared memory refer to each entry."""
    found = collections.Counter()
    for info in list_for_each_entry("struct shmem_inode_info", prog["shmem_swaplist"].address_of_(), "swaplist"):
        pages = info.vfs_inode.i_data.i_pages.address_of_()
        for index, entry in xa_for_each(pages):
            if xa_is_value(entry):
                for i in range(width(pages, index, entry)):
                    found[xa_to_value(entry).value_() + i] += 1
    return found


def width(pages, index, entry):
    """How many indices an entry is for (6.12: shmem's huge pages are swapped as a whole)."""
    count = 1
    while index % (2 * count) == 0 and xa_load(pages, index + count).value_() == entry.value_():
        count *= 2
    return count


def pages_of(prog, tables):
    """Pages of all kinds."""
    highest = prog["max_pfn"].value_()
    frames = set(random.sample(range(1, highest), 3 * SAMPLES))
    frames |= some(set(tables.mapped)) | some({frame + 5 for frame in tables.mapped if frame % 512 == 0})
    for kind, device in devices_of(prog):
        for slot in some(cached_slots(prog, kind, device)):
            entry, _ = cached(prog, kind, slot)
            if entry and not entry & 3:
                frames.add(page_to_pfn(drgn.Object(prog, "struct page *", entry)).value_())
    return [page for page in (page_facts(prog, frame, tables) for frame in sorted(frames)) if page]


def page_facts(prog, frame, tables):
    page = pfn_to_page(prog, frame)
    try:
        flags, head = page.flags.value_(), compound_head(page)
    except drgn.FaultError:
        return None
    facts = {"pfn": frame, "address": word(page.value_()), "flags": word(flags),
             "refcount": page._refcount.counter.value_(), "mapping": word(page.mapping.value_()),
             "private": word(page.private.value_()), "index": word(page.index.value_()),
             "page_type": word(page._mapcount.counter.value_() & 0xffffffff),
             "head": word(head.value_()), "slab": slab_of(prog, head)}
    try:
        facts["order"] = compound_order(head).value_()
    except (drgn.FaultError, AttributeError):
        facts["order"] = None
    if facts["order"] is not None and facts["order"] < 12:
        first = page_to_pfn(head).value_()
        facts["mapped"] = sum(tables.mapped[first + i] for i in range(1 << facts["order"]))
    return facts


def slab_of(prog, head):
    """The slab cache's name, by the kernel's own tests for a slab."""
    try:
        if not is_slab(prog, head):
            return None
        try:
            cache = drgn.cast("struct slab *", head).slab_cache
        except LookupError:
            cache = head.slab_cache
        return cache.name.string_().decode()
    except drgn.FaultError:
        return None


def is_slab(prog, head):
    try:
        return bool(head.flags.value_() >> prog["PG_slab"].value_() & 1)
    except KeyError:
        return head._mapcount.counter.value_() >> 24 & 0xff == prog["PGTY_slab"].value_()


def translations(prog, tables, tasks):
    """Kernel addresses of all kinds, and addresses of user memory that are mapped."""
    base = prog["page_offset_base"].value_()
    addresses = [base + random.randrange(prog["max_pfn"].value_()) * PAGE_SIZE + random.randrange(PAGE_SIZE)
                 for _ in range(SAMPLES)]
    addresses += [int(task["stack"], 16) + random.randrange(16384) for task in random.sample(tasks, min(20, len(tasks)))
                  if int(task["stack"], 16)]
    addresses += [prog.symbol(name).address + 5 for name in ("do_exit", "init_task", "swap_info", "linux_banner")]
    found = []
    for address in addresses:
        try:
            physical = follow_phys(prog["init_mm"].address_of_(), address).value_()
        except drgn.FaultError:
            physical = None
        found.append({"address": word(address), "pid": None, "physical": physical and word(physical)})
    present = random.sample(tables.present, min(SAMPLES, len(tables.present)))
    found += [{"address": word(address + 123), "pid": pid, "physical": word(physical + 123)}
              for pid, address, physical in present]
    swapped = random.sample(sorted(tables.swapped), min(SAMPLES, len(tables.swapped)))
    for pte in swapped:
        (pid, address), (kind, slot) = tables.swapped[pte][0], split(pte)
        found.append({"address": word(address), "pid": pid, "physical": None, "pte": word(pte),
                      "swapped": [kind, slot] if kind < prog["nr_swapfiles"].value_() else None})
    return found


def reads(prog, translated):
    """Words at the kernel's addresses."""
    found = []
    for one in translated:
        if one["pid"] is not None:
            continue
        address = int(one["address"], 16) & ~7
        try:
            words = struct.unpack("2Q", prog.read(address, 16))
        except drgn.FaultError:
            continue
        found.append({"address": word(address), "words": [word(value) for value in words]})
    return found


def symbols_of(prog):
    """Some, by name where it is the only one of this name, and addresses within them."""
    names = collections.Counter(symbol.name.partition(".")[0] for symbol in prog.symbols())
    everything = [symbol for symbol in prog.symbols() if symbol.address >> 63 and symbol.size]
    places = collections.Counter(symbol.address for symbol in everything)
    picked = random.sample([symbol for symbol in everything
                            if names[symbol.name] == 1 and places[symbol.address] == 1], 3 * SAMPLES)
    return [{"name": symbol.name, "address": word(symbol.address), "size": symbol.size} for symbol in picked]


def members_of(type_, base=0, path=""):
    """Members, those of types without a name among them: path, offset, size, and of a bit-field its bits."""
    found = []
    for member in type_.members:
        start = base * 8 + member.bit_offset
        name = path + "." * bool(path and member.name) + (member.name or "")
        if is_nameless(member.type):
            found += members_of(member.type, start // 8, name)
            continue
        try:
            size = drgn.sizeof(member.type)
        except TypeError:
            size = 0
        if member.bit_field_size is None:
            found.append([name, start // 8, size, None])
        else:
            found.append([name, start, size, member.bit_field_size])
    return found


def is_nameless(type_):
    return type_.kind in (drgn.TypeKind.STRUCT, drgn.TypeKind.UNION) and type_.tag is None


def structs_of(prog):
    found = []
    for name in STRUCTS:
        try:
            type_ = prog.type(f"struct {name}")
        except LookupError:
            continue
        if type_.is_complete():
            found.append({"name": name, "size": type_.size, "members": members_of(type_)})
    return found


def objects_of(prog, tasks):
    """Objects whose members are compared one by one, by the paths that the shell gives them."""
    found = [("task_struct", int(task["task"], 16)) for task in random.sample(tasks, min(4, len(tasks)))]
    found += [("mm_struct", int(task["mm"], 16)) for task in random.sample(tasks, len(tasks)) if int(task["mm"], 16)][:3]
    found += [("swap_info_struct", device.value_()) for _, device in devices_of(prog)]
    found += [("page", pfn_to_page(prog, frame).value_())
              for frame in random.sample(range(1, prog["max_pfn"].value_()), 10)]
    found += [("rq", per_cpu(prog["runqueues"], cpu).address_of_().value_()) for cpu in for_each_present_cpu(prog)]
    return [{"name": name, "address": word(address),
             "values": leaves(drgn.Object(prog, f"struct {name} *", address)[0])} for name, address in found]


def leaves(thing, path=""):
    """The numbers in an object, by path; those of arrays are left out, and floats."""
    type_ = thing.type_
    while type_.kind == drgn.TypeKind.TYPEDEF:
        type_ = type_.type
    if type_.kind not in (drgn.TypeKind.STRUCT, drgn.TypeKind.UNION):
        try:
            return {path: int(thing.value_())} if type_.kind != drgn.TypeKind.ARRAY else {}
        except drgn.FaultError:
            return {}
    found = {}
    for name, inner in named(thing, type_):
        found.update(leaves(inner, f"{path}.{name}" if path else name))
    return found


def named(thing, type_):
    """Members and those of anonymous ones."""
    if not type_.is_complete():
        return
    for member in type_.members:
        if member.name is not None:
            yield member.name, thing.member_(member.name)
            continue
        inner = member.type
        for name, _ in names_in(inner):
            yield name, thing.member_(name)


def names_in(type_):
    for member in type_.members:
        if member.name is None:
            yield from names_in(member.type)
        else:
            yield member.name, member


def spaces_of(prog, tasks):
    """Trees: the swap cache's, and those of open files."""
    spaces = set()
    for kind, device in devices_of(prog):
        count = -(-device.max.value_() // SPACE_SLOTS)
        spaces |= {(prog["swapper_spaces"][kind] + number).value_() for number in random.sample(range(count), min(3, count))}
    for task in for_each_task(prog):
        try:
            for _, file in for_each_file(task):
                spaces.add(file.f_mapping.value_())
        except drgn.FaultError:
            continue
    found = []
    for space in some(spaces):
        mapping = drgn.Object(prog, "struct address_space *", space)
        try:
            entries = [[index, word(entry.value_())] for index, entry in xa_for_each(mapping.i_pages.address_of_())]
        except drgn.FaultError:
            continue
        found.append({"address": word(space), "entries": entries})
    return found


def log_of(prog):
    return [{"text": record.text.decode(errors="replace"), "nanoseconds": record.timestamp, "level": record.level,
             "pid": record.caller_tid, "cpu": record.caller_cpu} for record in get_printk_records(prog)]


def main(seed, dump, vmlinux, *modules):
    random.seed(int(seed))
    prog = drgn.Program()
    prog.set_core_dump(dump)
    try:
        prog.load_debug_info([vmlinux, *modules])
    except drgn.MissingDebugInfoError as error:
        print(f"drgn: {error}", file=sys.stderr)
    tasks = tasks_of(prog)
    mms = {}
    for task in for_each_task(prog):
        if task.mm:
            mms.setdefault(task.mm.value_(), (task.tgid.value_(), task.mm))
    tables = Tables(prog, mms.values())
    translated = translations(prog, tables, tasks)
    json.dump({"tasks": tasks, "slots": slots_of(prog, tables), "pages": pages_of(prog, tables),
               "translations": translated, "reads": reads(prog, translated), "symbols": symbols_of(prog),
               "structs": structs_of(prog), "objects": objects_of(prog, tasks), "spaces": spaces_of(prog, tasks),
               "log": log_of(prog)}, sys.stdout)


main(*sys.argv[1:])
