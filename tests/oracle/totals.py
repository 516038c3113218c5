# SPDX-License-Identifier: GPL-2.0-or-later
"""Totals of the swap cache, counted by drgn from the kernel's own structures; for oracle.py, which runs it in drgn.

    drgn -q -c DUMP -s VMLINUX tests/oracle/totals.py

Written from the kernel's source and from nothing of kswapck's, so that two programs have to make the same mistake
before it goes unseen. Prints one JSON object. Types come from the vmlinux; x86_64 with 4 KiB pages.
"""

import collections
import json
import sys

from drgn import Object, sizeof
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.percpu import per_cpu

PAGE = 4096

# include/linux/swap.h
SWP_USED = 1
SWAP_MAP_BAD = 0x3f
SWAP_HAS_CACHE = 0x40
SWAP_ADDRESS_SPACE_SHIFT = 14

# include/linux/swapops.h: type above offset, in what is not a page table entry
TYPE_SHIFT = 58
# arch/x86/include/asm/pgtable_64.h: the offset is inverted
PTE_TYPE_SHIFT = 59
PTE_OFFSET_SHIFT = 14
PTE_PRESENT, PTE_HUGE, PTE_PROTNONE = 1, 0x80, 0x100
PTE_ADDRESS = 0x000ffffffffff000

# mm/swap_table.h since 7.2: pointers are page frame numbers, with what swap_map held above them
TABLE_FLAGS_SHIFT = 59
TABLE_COUNT_SHIFT = 60
TABLE_BAD = 0xfffffffffffffff8

XA_CHUNK_SIZE = 64

# include/linux/sched.h
PF_KTHREAD = 0x00200000


# what a slot may be, and what may be in the cache for it
KINDS = ["slots", "free", "used", "bad", "cached", "shadows", "cache_only", "trees"]


def has_member(type_, name):
    return any(member.name == name for member in type_.members)


def words(data):
    return memoryview(data).cast("Q").tolist()


# ---- an xarray: include/linux/xarray.h


def xarray_entries(prog, head):
    """(index, slots that the entry stands for, entry) of everything in an xarray."""
    entry = head.value_()
    if not entry:
        return
    if entry & 3 != 2 or entry < 4096:
        yield 0, 1, entry
        return
    node_type = prog.type("struct xa_node")
    slots = {member.name: member for member in node_type.members}["slots"].bit_offset // 8
    todo = [(entry - 2, 0)]
    while todo:
        address, base = todo.pop()
        shift = Object(prog, node_type, address=address).shift.value_()
        entries = words(prog.read(address + slots, 8 * XA_CHUNK_SIZE))
        for offset, entry in enumerate(entries):
            index = base + (offset << shift)
            if entry & 3 == 2 and entry >= 4096:
                todo.append((entry - 2, index))
            elif entry and entry & 3 != 2:
                # a large entry is followed by siblings, which hold the offset of it
                siblings = 0
                while offset + siblings + 1 < XA_CHUNK_SIZE and entries[offset + siblings + 1] == offset << 2 | 2:
                    siblings += 1
                yield index, (1 + siblings) << shift, entry


# ---- struct page


class Pages:
    """Which page is the head of a large folio."""

    def __init__(self, prog):
        self.prog = prog
        self.size = sizeof(prog.type("struct page"))
        self.head_mask = 1 << prog.constant("PG_head").value_()
        self.base = prog["vmemmap_base"].value_()

    def is_large(self, address):
        return int.from_bytes(self.prog.read(address, 8), "little") & self.head_mask != 0

    def of_frame(self, number):
        return self.base + number * self.size


# ---- swap devices


def devices(prog):
    pointers = prog["swap_info"]
    for number in range(prog["nr_swapfiles"].value_()):
        device = pointers[number]
        if device and device.flags.value_() & SWP_USED and device.max:
            yield number, device


def in_use(device):
    value = device.inuse_pages
    if not hasattr(value, "counter"):
        return value.value_()
    # SWAP_USAGE_OFFLIST_BIT: 30, or 62 since 7.2.8; there is no device of so many slots
    return value.counter.value_() & ~(1 << 62 | (1 << 30 if value.counter.value_() < 1 << 32 else 0))


def device_totals(device):
    name = device.swap_file.f_path.dentry.d_name
    return {
        "name": name.name.string_().decode().rsplit("/", 1)[-1],
        "swap_info_struct": device.value_(),
        "slots": device.max.value_(),
        "pages": device.pages.value_(),
        "inuse": in_use(device),
    }


class Tally:
    """Of all devices."""

    def __init__(self, prog):
        self.counts = collections.Counter(dict.fromkeys(KINDS, 0))
        self.pages = Pages(prog)
        self.folios = set()

    def cached(self, page):
        self.counts["cached"] += 1
        self.folios.add(page)

    def result(self):
        large = sum(map(self.pages.is_large, self.folios))
        return dict(self.counts, folios=len(self.folios), large_folios=large)


def count_map(prog, device, tally):
    """struct swap_info_struct.swap_map: a byte for each slot, up to 7.1."""
    data = prog.read(device.swap_map.value_(), device.max.value_())
    for value, slots in collections.Counter(data).items():
        kind = "bad" if value & ~SWAP_HAS_CACHE == SWAP_MAP_BAD else "used" if value else "free"
        tally.counts[kind] += slots
    return data


def count_trees(prog, number, device, map_, tally):
    """swapper_spaces[type]: an address_space for each 64 MiB of the device."""
    spaces = prog["swapper_spaces"][number]
    for space_number in range(prog["nr_swapper_spaces"][number].value_()):
        space = spaces[space_number]
        tally.counts["trees"] += 1
        for index, slots, entry in xarray_entries(prog, space.i_pages.xa_head):
            if entry & 1:
                tally.counts["shadows"] += slots
                continue
            tally.cached(entry)
            # the index is that in the tree since 6.11, before that in the device
            slot = (space_number << SWAP_ADDRESS_SPACE_SHIFT) + index % (1 << SWAP_ADDRESS_SPACE_SHIFT)
            tally.counts["cache_only"] += map_[slot] == SWAP_HAS_CACHE


def count_tables(prog, device, tally):
    """struct swap_cluster_info.table: all of it in one word for each slot, since 7.2."""
    per_cluster = prog.type("struct swap_table").members[0].type.length
    slots = device.max.value_()
    clusters = -(-slots // per_cluster)
    tally.counts["trees"] += -(-slots // (1 << SWAP_ADDRESS_SPACE_SHIFT))
    for number in range(clusters):
        room = min(per_cluster, slots - number * per_cluster)
        table = device.cluster_info[number].table.value_()
        if not table:
            tally.counts["free"] += room
            continue
        for entry in words(prog.read(table, 8 * per_cluster))[:room]:
            count_table_entry(entry, tally)


def count_table_entry(entry, tally):
    count = entry >> TABLE_COUNT_SHIFT
    value = entry & (1 << TABLE_FLAGS_SHIFT) - 1
    if entry == TABLE_BAD:
        tally.counts["bad"] += 1
        return
    tally.counts["used" if entry else "free"] += 1
    if value & 1:
        tally.counts["shadows"] += value != 1
    elif value & 3 == 2:
        tally.cached(tally.pages.of_frame(value >> 2))
        tally.counts["cache_only"] += count == 0


def count_parked(prog):
    """Per-CPU slots caches, up to 6.13: slots that are taken, or not yet given back."""
    try:
        caches = prog["swp_slots"]
    except KeyError:
        return 0
    total = 0
    for cpu in for_each_possible_cpu(prog):
        cache = per_cpu(caches, cpu)
        total += cache.nr.value_()
        if has_member(cache.type_, "n_ret"):
            total += cache.n_ret.value_()
    return total


# ---- who refers to slots


class PageTables:
    def __init__(self, prog):
        self.prog = prog
        self.counts = collections.Counter()
        self.types = prog["nr_swapfiles"].value_()
        self.levels = 5 if self._five_levels() else 4
        self.direct_map = prog["page_offset_base"].value_()

    def _five_levels(self):
        try:
            return self.prog["__pgtable_l5_enabled"].value_() != 0
        except KeyError:
            return False

    def process(self, mm):
        self.counts["processes"] += 1
        root = mm.pgd.value_() - self.direct_map
        self._table(root, self.levels)

    def _table(self, address, level):
        """Of a table of the highest level the lower half is the process's."""
        entries = words(self.prog.read(address, PAGE, True))
        self.counts["page_tables"] += 1
        if level == 1:
            self.counts["ptes"] += len(entries)
            self.counts["swap_ptes"] += sum(map(self._names_slot, entries))
            return
        for entry in entries[:256] if level == self.levels else entries:
            if entry & PTE_PRESENT and not (level <= 3 and entry & PTE_HUGE):
                self._table(entry & PTE_ADDRESS, level - 1)

    def _names_slot(self, entry):
        if not entry or entry & (PTE_PRESENT | PTE_PROTNONE):
            return False
        return entry >> PTE_TYPE_SHIFT < self.types


def address_spaces(prog):
    """Each struct mm_struct, once: of tasks, and those with swap entries, which may have no task any more."""
    found = {}
    for leader in list_for_each_entry("struct task_struct", prog["init_task"].tasks.address_of_(), "tasks"):
        for thread in threads_of(leader):
            # a kernel thread borrows one
            if thread.mm and not thread.flags.value_() & PF_KTHREAD:
                found[thread.mm.value_()] = thread.mm
    for mm in list_for_each_entry("struct mm_struct", prog["init_mm"].mmlist.address_of_(), "mmlist"):
        found[mm.value_()] = mm
    return found.values()


def threads_of(leader):
    return list_for_each_entry("struct task_struct", leader.signal.thread_head.address_of_(), "thread_node")


def count_shmem(prog):
    """mm/shmem.c: files with pages in swap are on one list."""
    files = slots = 0
    types = prog["nr_swapfiles"].value_()
    for info in list_for_each_entry("struct shmem_inode_info", prog["shmem_swaplist"].address_of_(), "swaplist"):
        named = 0
        for _, count, entry in xarray_entries(prog, info.vfs_inode.i_mapping.i_pages.xa_head):
            if entry & 1 and entry >> 1 >> TYPE_SHIFT < types:
                named += count
        files += named > 0
        slots += named
    return {"shmem_files": files, "shmem_entries": slots}


def totals(prog):
    tally, found = Tally(prog), {}
    for number, device in devices(prog):
        found[number] = device_totals(device)
        tally.counts["slots"] += device.max.value_()
        if has_member(device.type_.type, "swap_map"):
            map_ = count_map(prog, device, tally)
            count_trees(prog, number, device, map_, tally)
        else:
            count_tables(prog, device, tally)
    tables = PageTables(prog)
    for mm in address_spaces(prog):
        tables.process(mm)
    return {"devices": found, "parked": count_parked(prog), **tally.result(), **tables.counts, **count_shmem(prog)}


if __name__ == "__main__":
    json.dump(totals(prog), sys.stdout)  # noqa: F821, given by drgn
    print()
