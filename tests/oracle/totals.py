# SPDX-License-Identifier: GPL-2.0-or-later
"""Totals of the swap cache, counted by drgn from the kernel's own structures; for oracle.py, which runs it in drgn.

    drgn -q -c DUMP -s VMLINUX tests/oracle/totals.py

Written from the kernel's source and from nothing of kswapck's, so that two programs have to make the same mistake
before it goes unseen. Prints one JSON object. Types come from the vmlinux; x86_64 and arm64, from 4.19 on.
"""

import collections
import json
import re
import sys

from drgn import Architecture, Object, sizeof
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.mm import pfn_to_page, virt_to_phys
from drgn.helpers.linux.percpu import per_cpu

# include/linux/swap.h
SWP_USED = 1
SWAP_MAP_BAD = 0x3f
SWAP_HAS_CACHE = 0x40
SWAP_ADDRESS_SPACE_SHIFT = 14

# include/linux/swap_slots.h
SWAP_SLOTS_CACHE_SIZE = 64

# include/linux/swapops.h: type above offset, in what is not a page table entry; with one bit less until 4.20
TYPE_SHIFT = 58
TYPE_SHIFT_RADIX = 57

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


# ---- an xarray: include/linux/xarray.h; and what was there before it: include/linux/radix-tree.h


def is_radix(prog):
    """Up to 4.19, where struct xa_node was struct radix_tree_node."""
    try:
        prog.type("struct xa_node")
        return False
    except LookupError:
        return True


def as_xarray(word):
    """What an xarray has for a word of a radix tree: nodes have bit 0 there, values bit 1 and a bit less."""
    return word + 1 if word & 3 == 1 else word >> 2 << 1 | 1 if word & 3 == 2 else word


def same_word(word):
    return word


def tree_entries(prog, mapping):
    """(index, slots that the entry stands for, entry) of everything in the tree of an address_space."""
    # page_tree until 4.16
    tree = mapping.i_pages if has_member(mapping.type_, "i_pages") else mapping.page_tree
    if is_radix(prog):
        return entries_below(prog, as_xarray(tree.rnode.value_()), prog.type("struct radix_tree_node"), as_xarray)
    return entries_below(prog, tree.xa_head.value_(), prog.type("struct xa_node"), same_word)


def entries_below(prog, entry, node_type, taken):
    """The same from a root's entry on; `taken` makes words of a node those of an xarray."""
    if not entry:
        return
    if entry & 3 != 2 or entry < 4096:
        yield 0, 1, entry
        return
    slots = {member.name: member for member in node_type.members}["slots"].bit_offset // 8
    todo = [(entry - 2, 0)]
    while todo:
        address, base = todo.pop()
        shift = Object(prog, node_type, address=address).shift.value_()
        entries = list(map(taken, words(prog.read(address + slots, 8 * XA_CHUNK_SIZE))))
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

    def head(self, address):
        """Of a page's folio: compound_head is its second word."""
        word = int.from_bytes(self.prog.read(address + 8, 8), "little")
        return word - 1 if word & 1 else address

    def is_large(self, address):
        return int.from_bytes(self.prog.read(address, 8), "little") & self.head_mask != 0

    def of_frame(self, number):
        return pfn_to_page(self.prog, number).value_()


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
        self.radix = is_radix(prog)
        self.cache = {}         # by device and slot

    def cached(self, number, slot, page):
        self.counts["cached"] += 1
        self.cache[number, slot] = page

    def folios(self):
        """One for each run of slots that name the same page: where nothing is broken, each folio once."""
        return [page for (number, slot), page in self.cache.items() if self.cache.get((number, slot - 1)) != page]

    def result(self):
        folios = self.folios()
        return dict(self.counts, folios=len(folios), large_folios=sum(map(self.pages.is_large, folios)))


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
        for index, slots, entry in tree_entries(prog, space):
            if entry & 1:
                tally.counts["shadows"] += slots
                continue
            if tally.radix:
                # each page stood for itself then (add_to_swap_cache())
                entry = tally.pages.head(entry)
            # the index is that in the tree since 6.11, before that in the device
            slot = (space_number << SWAP_ADDRESS_SPACE_SHIFT) + index % (1 << SWAP_ADDRESS_SPACE_SHIFT)
            tally.cached(number, slot, entry)
            tally.counts["cache_only"] += map_[slot] == SWAP_HAS_CACHE


def count_tables(prog, type_, device, tally):
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
        for offset, entry in enumerate(words(prog.read(table, 8 * per_cluster))[:room]):
            count_table_entry(entry, (type_, number * per_cluster + offset), tally)


def count_table_entry(entry, slot, tally):
    count = entry >> TABLE_COUNT_SHIFT
    value = entry & (1 << TABLE_FLAGS_SHIFT) - 1
    if entry == TABLE_BAD:
        tally.counts["bad"] += 1
        return
    tally.counts["used" if entry else "free"] += 1
    if value & 1:
        tally.counts["shadows"] += value != 1
    elif value & 3 == 2:
        tally.cached(*slot, tally.pages.of_frame(value >> 2))
        tally.counts["cache_only"] += count == 0


def being_filled(cache):
    """Slots that refill_swap_slots_cache() has taken and not counted yet; those that were used up are 0."""
    if not cache.slots or not cache.alloc_lock.owner.counter.value_():
        return 0
    return sum(cache.slots[i].val.value_() != 0 for i in range(SWAP_SLOTS_CACHE_SIZE))


def count_parked(prog):
    """Per-CPU slots caches, up to 6.13: slots that are taken, or not yet given back."""
    try:
        caches = prog["swp_slots"]
    except KeyError:
        return 0
    total = 0
    for cpu in for_each_possible_cpu(prog):
        cache = per_cpu(caches, cpu)
        total += cache.nr.value_() or being_filled(cache)
        if has_member(cache.type_, "n_ret"):
            total += cache.n_ret.value_()
    return total


# ---- who refers to slots


class X86:
    """Page tables and their entries: arch/x86/include/asm/pgtable_64.h, where the offset is inverted."""
    PRESENT, HUGE, PROTNONE = 1, 0x80, 0x100
    TYPE_SHIFT = 59
    ADDRESS = 0x000ffffffffff000

    def __init__(self, prog):
        self.page = 4096
        self.levels = 5 if self._five_levels(prog) else 4
        self.root_entries = 256         # of a table of the highest level the lower half is the process's

    @staticmethod
    def _five_levels(prog):
        try:
            return prog["__pgtable_l5_enabled"].value_() != 0
        except KeyError:
            return False

    def table_below(self, entry, level):
        if entry & self.PRESENT and not (level <= 3 and entry & self.HUGE):
            return entry & self.ADDRESS
        return None

    def swap_type(self, entry):
        """None if it does not name a slot."""
        return None if not entry or entry & (self.PRESENT | self.PROTNONE) else entry >> self.TYPE_SHIFT


class Arm64:
    """arch/arm64/include/asm/pgtable.h and pgtable-hwdef.h."""
    VALID, TABLE = 1, 2

    def __init__(self, prog):
        self.page = prog["PAGE_SIZE"].value_()
        shift = self.page.bit_length() - 1
        notes = prog.read(prog["vmcoreinfo_data"].value_(), prog["vmcoreinfo_size"].value_())
        bits = int(re.search(rb"NUMBER\(VA_BITS\)=(\d+)", notes).group(1))
        self.levels = -(-(bits - shift) // (shift - 3))
        self.root_entries = 1 << bits - shift - (self.levels - 1) * (shift - 3)
        # PTE_PRESENT_INVALID took bit 11 in 6.10 and the type went above the marks of userfaultfd; PTE_PROT_NONE was 58
        newer = tuple(map(int, re.match(r"(\d+)\.(\d+)", prog["UTS_RELEASE"].string_().decode()).groups())) >= (6, 10)
        self.not_present = self.VALID | 1 << (11 if newer else 58)
        self.type_shift = 6 if newer else 3
        self.low = (1 << 48) - self.page

    def table_below(self, entry, _level):
        if entry & 3 != self.VALID | self.TABLE:
            return None
        # of pages of 64 KiB bits 48 to 51 stand below (PTE_ADDR_HIGH)
        return entry & self.low | (entry >> 12 & 15) << 48 if self.page == 1 << 16 else entry & self.low

    def swap_type(self, entry):
        """None if it does not name a slot."""
        return None if not entry or entry & self.not_present else entry >> self.type_shift & 31


class PageTables:
    def __init__(self, prog):
        self.prog = prog
        self.counts = collections.Counter()
        self.types = prog["nr_swapfiles"].value_()
        self.form = Arm64(prog) if prog.platform.arch == Architecture.AARCH64 else X86(prog)

    def process(self, mm):
        self.counts["processes"] += 1
        self._table(virt_to_phys(self.prog, mm.pgd.value_()).value_(), self.form.levels)

    def _table(self, address, level):
        form = self.form
        count = form.root_entries if level == form.levels else form.page // 8
        entries = words(self.prog.read(address, 8 * count, True))
        self.counts["page_tables"] += 1
        if level == 1:
            self.counts["ptes"] += len(entries)
            self.counts["swap_ptes"] += sum(map(self._names_slot, entries))
            return
        for entry in entries:
            below = form.table_below(entry, level)
            if below is not None:
                self._table(below, level - 1)

    def _names_slot(self, entry):
        kind = self.form.swap_type(entry)
        return kind is not None and kind < self.types


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
    shift = TYPE_SHIFT_RADIX if is_radix(prog) else TYPE_SHIFT
    for info in list_for_each_entry("struct shmem_inode_info", prog["shmem_swaplist"].address_of_(), "swaplist"):
        named = 0
        for _, count, entry in tree_entries(prog, info.vfs_inode.i_mapping[0]):
            if entry & 1 and entry >> 1 >> shift < types:
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
            count_tables(prog, number, device, tally)
    tables = PageTables(prog)
    for mm in address_spaces(prog):
        tables.process(mm)
    return {"devices": found, "parked": count_parked(prog), **tally.result(), **tables.counts, **count_shmem(prog)}


if __name__ == "__main__":
    json.dump(totals(prog), sys.stdout)  # noqa: F821, given by drgn
    print()
