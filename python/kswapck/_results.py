# SPDX-License-Identifier: GPL-2.0-or-later
"""Results as Python objects."""

import drgn


def _number(text):
    return int(text, 16) if text is not None else None


def _object(prog, type_name, address):
    """None where there is no address, or the Program has no such type."""
    if not address:
        return None
    try:
        return drgn.Object(prog, type_name, value=address)
    except LookupError:
        return None


class Evidence:
    """A value in the kernel's memory that proves a finding.

    what      what it is: "page._refcount" (str)
    address   kernel virtual address (int)
    size      bytes: 1, 2, 4 or 8 (int)
    value     that kswapck saw, unsigned (int)
    expected  that would be right, unsigned (int); None: there is no one such value
    crash     the command of crash that prints it (str)
    drgn      the expression of drgn that has it (str)
    """

    def __init__(self, document):
        self.what = document["what"]
        self.address = _number(document["address"])
        self.size = document["size"]
        self.value = _number(document["value"])
        self.expected = _number(document.get("expected"))
        self.crash = document["crash"]
        self.drgn = document["drgn"]

    def __repr__(self):
        return f"<{self.what} at {self.address:#x} is {self.value:#x}>"


class Device:
    """A swap device.

    type     index in swap_info[] (int)
    name     last part of its path: "vda"; may be empty (str)
    address  of its swap_info_struct (int)
    slots    si->max: there are slots 0 to slots - 1 (int)
    pages    usable slots (int)
    inuse    slots in use, as the device counts them (int)
    object   drgn Object, struct swap_info_struct *; None where the Program has no types
    """

    def __init__(self, prog, document):
        self.type = document["type"]
        self.name = document["name"]
        self.address = _number(document["swap_info_struct"])
        self.slots = document["slots"]
        self.pages = document["pages"]
        self.inuse = document["inuse"]
        self.object = _object(prog, "struct swap_info_struct *", self.address)

    def __repr__(self):
        return f"<swap device {self.type}: {self.name}>"


class Finding:
    """One problem at one place.

    number      from 1, in the order of the report (int)
    id, name    of the problem: "KS101", "freed-folio"; both are stable for ever (str)
    severity    "error" or "warning" (str)
    kind        its class: "corrupt", the object itself is wrong, or "mismatch", two disagree (str)
    text        the finding in one sentence (str)
    detail      more of it (str); None
    device      Device; None if it is of none
    slots       range of the slots concerned, in the device; None
    count       of them that are concerned (int); 0 if it is about a counter of them all
    entry       raw entry of the swap cache at the first slot (int); None
    page        address of the struct page (int); None
    pfn         its page frame number (int); None
    page_per_slot  each slot has a page of its own; page and pfn are those of the first (bool)
    process     whose page tables refer to the slot: dict of pid, comm, mm and address (int, str, int, int); None
    evidence    list of Evidence
    confirm     what to type in crash and in drgn to see it: list of pairs of str
    page_object, folio_object
                drgn Objects, struct page * and struct folio *; None where there is no page, or the Program has
                no such type (struct folio is of 5.16 and later)
    document    all this as in the JSON document (dict)
    """

    def __init__(self, prog, number, document, devices):
        slots = document.get("slots")
        process = document.get("process")
        self.number = number
        self.id = document["id"]
        self.name = document["name"]
        self.severity = document["severity"]
        self.kind = document["class"]
        self.text = document["text"]
        self.detail = document.get("detail")
        self.device = devices.get(document.get("device"))
        self.slots = range(slots["first"], slots["last"] + 1) if slots else None
        self.count = slots["count"] if slots else 0
        self.entry = _number(document.get("entry"))
        self.page = _number(document.get("page"))
        self.pfn = _number(document.get("pfn"))
        self.page_per_slot = document.get("page_per_slot", False)
        self.process = process and dict(process, mm=_number(process["mm"]), address=_number(process["address"]))
        self.evidence = [Evidence(one) for one in document["evidence"]]
        self.confirm = [(one.crash, one.drgn) for one in self.evidence]
        self.page_object = _object(prog, "struct page *", self.page)
        self.folio_object = _object(prog, "struct folio *", self.page)
        self.document = document

    def __repr__(self):
        return f"<finding {self.number}: {self.id} {self.name}>"

    def __str__(self):
        return f"{self.id} {self.name}: {self.text}"


class Scan:
    """What an audit has found, and what it has seen.

    findings  list of Finding
    devices   list of Device
    verdict   "BROKEN", errors were found; "ODD", warnings; "CLEAN", nothing, and all was seen; "NOT ALL SEEN",
              nothing in what could be seen, which says nothing of the rest (str)
    complete  everything was read and judged (bool)
    summary   counts, as in the JSON document (dict): slots, used, cached, shadows ... are slots
    coverage  what could not be read or judged, and why (dict): "not_seen" is a list of what, count and cause,
              "pages_failed" the pages that were asked for in vain
    release   of the kernel: "6.1.0-50-cloud-amd64" (str)
    story     the Story, with explain=True; else None
    document  all this as kswapck scan --json writes it: src/output/kswapck-scan.schema.json (dict)
    """

    def __init__(self, prog, document):
        self.document = document
        self.devices = [Device(prog, one) for one in document["devices"]]
        by_type = {device.type: device for device in self.devices}
        self.findings = [Finding(prog, number, one, by_type) for number, one in enumerate(document["findings"], 1)]
        self.summary = document["summary"]
        self.coverage = document["coverage"]
        self.complete = self.coverage["complete"]
        self.release = document["kernel"]["release"]
        self.verdict = self._verdict()
        self.story = Story(document["explain"]) if "explain" in document else None

    def _verdict(self):
        if self.summary["errors"]:
            return "BROKEN"
        if self.summary["warnings"]:
            return "ODD"
        return "CLEAN" if self.complete else "NOT ALL SEEN"

    def __repr__(self):
        return f"<{self.verdict}: {self.summary['errors']} errors, {self.summary['warnings']} warnings>"


class Story:
    """Who is stuck in the swap cache, where and why.

    verdict   "STALL", "REFAULT", "CRASH", "LATENT", "DAMAGE", "UNRELATED", "CLEAN" or "UNKNOWN" (str)
    text      it in some sentences (str)
    document  all of it: src/output/kswapck-explain.schema.json (dict)
    """

    def __init__(self, document):
        self.verdict = document["verdict"].upper()
        self.text = document["text"]
        self.document = document

    def __repr__(self):
        return f"<{self.verdict}: {self.text}>"

    __str__ = __repr__
