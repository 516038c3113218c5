# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit that kswapck makes first, in drgn: a peer to measure. Each folio in the swap
cache is judged (references, flags, the slot that it names, its mapping; of a large one
all of its slots, and its tail pages), swap_map and the counters are held against the
cache. Prints what was counted, as JSON. For kernels of the xarray era, 5.4 to 6.5.

    python3 audit_drgn.py [--bulk] DUMP VMLINUX

By default as one would write it with drgn's helpers; --bulk: nodes, struct pages and
swap_map are read many at a time and taken apart by struct, as one would when that is
too slow.
"""
import json
import struct
import sys

import drgn
from drgn.helpers.linux.mm import compound_order
from drgn.helpers.linux.xarray import xa_for_each, xa_is_value

TYPE_SHIFT = 58         # of a swp_entry_t
HAS_CACHE, BAD = 0x40, 0x3f     # in swap_map
ANONYMOUS = 1           # in page.mapping
CHUNK = 1 << 20         # bytes of struct pages in one read


def is_own(entry, kind, slot, order):
    """Whether the folio whose first slot is that of @entry belongs into @slot."""
    first = entry & ((1 << TYPE_SHIFT) - 1)
    return entry >> TYPE_SHIFT == kind and first <= slot < first + (1 << order)


def count_marks(count, marked, pages):
    """The slots that say they are cached, against those that are."""
    count["unmarked"] += len(pages.keys() - marked)
    count["parked"] += len(marked - pages.keys())


class Idiomatic:
    """Object by object."""
    def __init__(self, prog):
        self.prog = prog
        self.flags = 1 << prog.constant("PG_swapcache") | 1 << prog.constant("PG_swapbacked")

    def entries(self, space, count):
        pages = {}
        for index, entry in xa_for_each(space.i_pages.address_of_()):
            if xa_is_value(entry):
                count["shadows"] += 1
            else:
                pages[index] = drgn.cast("struct page *", entry)
        return pages

    def is_whole(self, page, order, pages):
        entry = page.private.value_()
        first = entry & ((1 << TYPE_SHIFT) - 1)
        return all(pages.get(first + i) == page and page[i].private == entry + i for i in range(1 << order))

    def is_good(self, kind, slot, page, pages):
        order = compound_order(page).value_()
        return (not page.compound_head & 1 and page._refcount.counter >= 1 << order and
                page.flags & self.flags == self.flags and order <= 9 and
                is_own(page.private.value_(), kind, slot, order) and
                (not page.mapping or page.mapping.value_() & ANONYMOUS) and
                (not order or pages.get(slot - 1) == page or self.is_whole(page, order, pages)))

    def wrong(self, kind, pages):
        return sum(not self.is_good(kind, slot, page, pages) for slot, page in pages.items())

    def map(self, device, count):
        marked = set()
        for slot in range(device.max):
            byte = device.swap_map[slot].value_()
            count["used"] += byte not in (0, BAD)
            if byte & HAS_CACHE:
                marked.add(slot)
        return marked


class Bulk(Idiomatic):
    """Many objects at a time."""
    def __init__(self, prog):
        super().__init__(prog)
        node, page = prog.type("struct xa_node"), prog.type("struct page")
        self.node = (node.size, node.member("slots").offset, node.member("shift").offset)
        self.head = 1 << prog.constant("PG_head")
        self.size = page.size
        members = sorted((drgn.offsetof(page, name), code) for name, code in (
            ("flags", "Q"), ("compound_head", "Q"), ("mapping", "Q"), ("private", "Q"), ("_refcount", "i")))
        layout, at = "<", 0
        for offset, code in members:
            layout += f"{offset - at}x{code}"
            at = offset + struct.calcsize(code)
        self.page = struct.Struct(layout)

    def below(self, node, base, pages, count):
        size, slots, shift_offset = self.node
        data = self.prog.read(node, size)
        shift = data[shift_offset]
        for i, entry in enumerate(struct.unpack_from("<64Q", data, slots)):
            if entry & 1:
                count["shadows"] += 1
            elif entry & 2 and entry > 4096:
                self.below(entry - 2, base + (i << shift), pages, count)
            elif entry:
                pages[base + (i << shift)] = entry

    def entries(self, space, count):
        pages = {}
        head = space.i_pages.xa_head.value_()
        if head & 3 == 2:
            self.below(head - 2, 0, pages, count)
        elif head:      # one entry, in slot 0
            count["shadows"] += head & 1
            if not head & 1:
                pages[0] = head
        return pages

    def judge(self, kind, data, first, run, pages):
        good = 0
        for address, slot in run:
            flags, compound_head, mapping, private, references = self.page.unpack_from(data, address - first)
            if flags & self.head:
                good += self.is_good(kind, slot, drgn.Object(self.prog, "struct page *", address),
                                     LazyPages(self.prog, pages))
            else:
                good += (not compound_head & 1 and references > 0 and flags & self.flags == self.flags and
                         private == kind << TYPE_SHIFT | slot and (not mapping or mapping & ANONYMOUS) != 0)
        return good

    def wrong(self, kind, pages):
        entries = sorted((page, slot) for slot, page in pages.items())
        good = start = 0
        while start < len(entries):
            first, end = entries[start][0], start + 1
            while end < len(entries) and entries[end][0] < first + CHUNK:
                end += 1
            data = self.prog.read(first, entries[end - 1][0] + self.size - first)
            good += self.judge(kind, data, first, entries[start:end], pages)
            start = end
        return len(entries) - good

    def map(self, device, count):
        data = self.prog.read(device.swap_map.value_(), device.max.value_())
        count["used"] += len(data) - data.count(0) - data.count(BAD)
        return {slot for slot, byte in enumerate(data) if byte & HAS_CACHE}


class LazyPages:
    """Addresses as objects, made when one is asked for."""
    def __init__(self, prog, pages):
        self.prog, self.pages = prog, pages

    def get(self, slot):
        address = self.pages.get(slot)
        return address and drgn.Object(self.prog, "struct page *", address)


def audit(prog, how):
    count = dict.fromkeys(("cached", "shadows", "used", "parked", "unmarked", "wrong", "counters"), 0)
    for kind in range(prog["nr_swapfiles"].value_()):
        device, spaces, all_pages = prog["swap_info"][kind], prog["swapper_spaces"][kind], {}
        used = count["used"]
        for number in range(prog["nr_swapper_spaces"][kind].value_()):
            pages = how.entries(spaces[number], count)
            count["counters"] += spaces[number].nrpages.value_() != len(pages)
            count["wrong"] += how.wrong(kind, pages)
            all_pages.update(pages)
        count_marks(count, how.map(device, count), all_pages)
        count["counters"] += device.inuse_pages.value_() != count["used"] - used
        count["cached"] += len(all_pages)
    return count


def main():
    arguments = sys.argv[1:]
    how = Idiomatic
    if arguments[0] == "--bulk":
        how = Bulk
        arguments.pop(0)
    prog = drgn.Program()
    prog.set_core_dump(arguments[0])
    prog.load_debug_info([arguments[1]])
    print(json.dumps(audit(prog, how(prog))))


main()
