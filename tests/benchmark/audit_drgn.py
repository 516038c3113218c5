# SPDX-License-Identifier: GPL-2.0-or-later
"""The walk of the swap cache that kswapck's first check makes, in drgn: each entry must be
a page that has references, says that it is of the swap cache, and names its slot. For
kernels of the xarray era, 5.4 to 6.17; small folios only, as a peer to measure.

    python3 audit_drgn.py [--bulk] DUMP VMLINUX

By default as one would write it with drgn's helpers; --bulk: nodes and struct pages are
read many at a time and taken apart by struct, as one would when that is too slow.
"""
import struct
import sys

import drgn
from drgn.helpers.linux.xarray import xa_for_each, xa_is_value

TYPE_SHIFT = 58         # of a swp_entry_t
CHUNK = 1 << 20         # bytes of struct pages in one read


def spaces_of(prog):
    for kind in range(prog["nr_swapfiles"].value_()):
        spaces = prog["swapper_spaces"][kind]
        for number in range(prog["nr_swapper_spaces"][kind].value_()):
            yield kind, spaces[number]


def idiomatic(prog):
    swapcache = 1 << prog.constant("PG_swapcache")
    good = wrong = 0
    for kind, space in spaces_of(prog):
        for index, entry in xa_for_each(space.i_pages.address_of_()):
            if xa_is_value(entry):
                continue
            page = drgn.cast("struct page *", entry)
            if (page._refcount.counter > 0 and page.flags & swapcache and
                    page.private == (kind << TYPE_SHIFT | index)):
                good += 1
            else:
                wrong += 1
    return good, wrong


def entries_below(prog, node, layout, base, entries):
    size, slots, shift_offset = layout
    data = prog.read(node, size)
    shift = data[shift_offset]
    for i, entry in enumerate(struct.unpack_from("<64Q", data, slots)):
        if entry & 3 == 2 and entry > 4096:
            entries_below(prog, entry - 2, layout, base + (i << shift), entries)
        elif entry and not entry & 3:
            entries.append((entry, base + (i << shift)))


def judge(data, first, run, fields, kind):
    flags, private, count, swapcache = fields
    good = 0
    for address, index in run:
        at = address - first
        good += (struct.unpack_from("<i", data, at + count)[0] > 0 and
                 struct.unpack_from("<Q", data, at + flags)[0] & swapcache != 0 and
                 struct.unpack_from("<Q", data, at + private)[0] == kind << TYPE_SHIFT | index)
    return good


def bulk(prog):
    node, page = prog.type("struct xa_node"), prog.type("struct page")
    layout = (node.size, node.member("slots").offset, node.member("shift").offset)
    fields = (drgn.offsetof(page, "flags"), drgn.offsetof(page, "private"),
              drgn.offsetof(page, "_refcount"), 1 << prog.constant("PG_swapcache"))
    good = total = 0
    for kind, space in spaces_of(prog):
        entries = []
        head = space.i_pages.xa_head.value_()
        if head & 3 == 2:
            entries_below(prog, head - 2, layout, 0, entries)
        entries.sort()
        total += len(entries)
        while entries:
            first = entries[0][0]
            run = [one for one in entries[:CHUNK // page.size] if one[0] < first + CHUNK]
            entries = entries[len(run):]
            good += judge(prog.read(first, run[-1][0] + page.size - first), first, run, fields, kind)
    return good, total - good


def main():
    arguments = sys.argv[1:]
    walk = idiomatic
    if arguments[0] == "--bulk":
        walk = bulk
        arguments.pop(0)
    prog = drgn.Program()
    prog.set_core_dump(arguments[0])
    prog.load_debug_info([arguments[1]])
    good, wrong = walk(prog)
    print(f"{good} slots hold a folio of theirs, {wrong} do not")


main()
