# SPDX-License-Identifier: GPL-2.0-or-later
"""What the shell's commands that look at things say of the committed dumps. Prints TAP.

Usage: shell_commands.py KSWAPCK DUMPS

Each is asked in two ways at least, which must agree: in text and JSON, by name and by address,
from the one end of a pointer and from the other.
"""

import json
import os
import pathlib
import random
import re
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import schema
import shell
from cli import FAILED, USAGE

COMMANDS = ("slot", "who", "xa", "page", "folio", "task", "bt", "log", "rcu", "rd", "vtop", "sym",
            "struct")
LAB_DUMPS = cli.lab_dumps()             # before HOME is another
PAGE_SIZE = 4096
STRUCT_PAGE = 64
SLOTS_OF_FOLIO = 512
FIRST = 16384                           # of the folio that lost its other slots
FREED = 0xe00                           # page frame of what they still hold
FOLIO = 0xfc00                          # page frame of the folio
BAD_PID = 39

# each command on something that is in all three dumps
LOOKS = ("slot 0:5", "who 0:5", "page init_task", "folio init_task", "task", "task 1",
         "bt 1", "bt -a", "log", "rcu", "rd linux_banner 8", "vtop linux_banner", "sym swap_info",
         "struct page", "struct task_struct init_task", "struct enum pageflags",
         "struct swap_info_struct.flags", "xa swapper_spaces", "devices", "findings", "set", "help", "help KS101",
         "help bugs", "help problems", "vtop 0x1000 1", "rd 0xdead0000 2", "sym runqueues", "task 2", "task init",
         "slot 0x7ffffffff7ff400", "struct struct task_struct")
# and on a page of which each is sure to have the struct page
CACHED = {"healthy": 0xf40d, "freed-folio": 0xfc01, "tail-private": 0xfc01}


def number(text):
    """An address of a JSON document."""
    return int(text, 16)


def answers(text):
    """The documents that stand one behind the other."""
    decoder = json.JSONDecoder()
    found, at = [], 0
    while (at := len(text) - len(text[at:].lstrip())) < len(text):
        answer, at = decoder.raw_decode(text, at)
        found.append(answer)
    return found


class Tests(cli.Tests):
    """The shell on the dumps of the tree."""

    def __init__(self, program, dumps, scratch):
        super().__init__(program, dumps, scratch)
        self.bad = dumps / "freed-folio.kdump"
        self.every = (self.good, self.bad, dumps / "tail-private.kdump")
        os.environ["HOME"] = str(scratch)

    def say(self, *commands, dump=None, status=0):
        """What the commands answer, in text."""
        script = self.file("script", "\n".join(commands).encode() + b"\n")
        done = self.run("shell", "--no-rc", "--no-search", "-i", script, dump or self.bad)
        assert done.returncode == status, f"exit status {done.returncode}: {done.stderr}"
        assert not re.search(r"Sanitizer|\(null\)|runtime error", done.stdout + done.stderr), \
            done.stdout + done.stderr
        assert status or not done.stderr, done.stderr
        return done.stdout if not status else done.stderr

    def ask(self, *commands, dump=None):
        """The documents that they answer with."""
        got = answers(self.say(*(command + " --json" for command in commands), dump=dump))
        assert len(got) == len(commands), f"{len(got)} answers to {len(commands)} commands"
        for command, answer in zip(commands, got):
            assert answer["command"] == command.split()[0], (command, answer["command"])
            wrong = list(schema.shell_complaints(answer))
            assert not wrong, (command, wrong[:5])
        return got

    # all of them

    def all_commands_all_dumps(self):
        """Each answers on each dump, in text and as one document."""
        for dump in self.every:
            cached = CACHED[dump.stem]
            looks = LOOKS + (f"page {cached:#x}", f"folio {cached:#x}")
            assert self.say(*looks, dump=dump)
            self.ask(*looks, dump=dump)

    def usage(self):
        """Without arguments, or with too many, each says how it is used; none ends the session."""
        for name in COMMANDS:
            wrong = {"log": "log x", "rcu": "rcu x", "task": "task 1 2"}.get(name, name)
            said = self.say(wrong, status=USAGE)
            assert f"usage: {name}" in said, said
        said = self.say("slot", "rd", "rcu", status=USAGE)
        assert said.count("usage:") == 2, said
        assert "no such option: -z" in self.say("page 5 -z", status=USAGE)

    def nonsense(self):
        """What there is not is told in one line."""
        for command, why in (("slot 0:99999999", "slots 0 to"), ("slot 7:1", "no swap device"),
                             ("slot nosuch:1", "no swap device nosuch"),
                             ("slot 0xfffffffffffffff0", "names no slot"),
                             ("page 0xffffffffffffffff", "not mapped"),
                             ("struct nosuch", "no type nosuch"),
                             ("struct page.nosuch", "no member nosuch"),
                             ("struct page 0x1000", "not mapped"),
                             ("struct union page", "no type union page"),
                             ("task nosuch", "no task nosuch"), ("bt cpu 77", "no CPU 77"),
                             ("sym 0x1000", "neither in the kernel"),
                             ("bt 0", "no task 0; 'bt cpu 0'")):
            said = self.say(command, status=FAILED)
            assert why in said and said.count("\n") == 1, said
        assert "user memory" in self.say("vtop 0x1000", status=USAGE)
        assert "Unmatched" in self.say("log -r (", status=USAGE)

    # slots

    def slot_forms(self):
        """A slot is the same by number, device, swp_entry_t and PTE."""
        by_number, by_name, by_entry, by_pte = self.ask(
            f"slot 0:{FIRST + 5}", f"slot vda:{FIRST + 5}", f"slot {FIRST + 5:#x}",
            "slot 0x7ffffffff7ff400")
        assert [answer.pop("taken_as") for answer in (by_number, by_name, by_entry, by_pte)] == \
            ["slot", "slot", "swp_entry_t", "PTE"]
        assert by_number == by_name == by_entry == by_pte
        assert number(by_number["pte"]) == 0x7ffffffff7ff400

    def freed_folio(self):
        """The slot says what is wrong, the page which slots hold it, and the node which entries."""
        slot, page, healthy = self.ask(f"slot 0:{FIRST + 5}", f"page {FREED:#x}",
                                       f"slot 0:{FIRST}")
        assert slot["cache"] == "page" and number(slot["page"]["pfn"]) == FREED
        assert "free block" in slot["page"]["what"]
        assert slot["swap_map"] == 0x42 and slot["owners"] == 2
        assert "KS101" in {finding["id"] for finding in slot["findings"]}
        assert page["held_by"] == [{"type": 0, "first_slot": FIRST + 1,
                                    "last_slot": FIRST + SLOTS_OF_FOLIO - 1}]
        assert page["held_by_slots"] == SLOTS_OF_FOLIO - 1 and page["held_by_complete"]
        assert "KS101" not in {finding["id"] for finding in healthy["findings"]}
        word, tree = self.ask(f"rd {slot['cache_place']}", f"xa {slot['address_space']}")
        assert number(word["words"][0]) == number(slot["page"]["address"])
        assert tree["taken_as"] == "address_space" and tree["pointers"] == SLOTS_OF_FOLIO
        held = sum(entry["times"] for entry in tree["entries"]
                   if entry["entry"] == slot["page"]["address"])
        assert held == SLOTS_OF_FOLIO - 1, tree

    def xarray_forms(self):
        """By address_space, by xarray and by its root node: the same tree."""
        slot, = self.ask(f"slot 0:{FIRST}")
        space = number(slot["address_space"])
        head, = self.ask(f"struct address_space.i_pages.xa_head {space:#x}")
        offset, root = head["members"][0]["offset"], number(head["members"][0]["value"]) - 2
        by_space, by_root = self.ask(f"xa {space:#x}", f"xa {root:#x}")
        assert by_root["taken_as"] == "xa_node" and by_root["entries"] == by_space["entries"]
        layout, = self.ask("struct xarray")
        inner = next(m["offset"] for m in layout["members"] if m["member"] == "xa_head")
        by_xarray, = self.ask(f"xa {space + offset - inner:#x}")
        assert by_xarray["taken_as"] == "xarray" and by_xarray["entries"] == by_space["entries"]

    def owners(self):
        """Who refers to a slot agrees with swap_map, and with what is at the places named."""
        who, = self.ask(f"who 0:{FIRST + 1}")
        assert who["ptes"] == who["swap_map_owners"] == 2 and who["complete"], who
        assert {owner["pid"] for owner in who["owners"]} == {1, BAD_PID}
        words = self.ask(*(f"rd {owner['place']}" for owner in who["owners"]))
        ways = self.ask(*(f"vtop {owner['address']} {owner['pid']}" for owner in who["owners"]))
        for owner, word, way in zip(who["owners"], words, ways):
            assert number(word["words"][0]) == number(owner["raw"])
            assert way["slot"] == FIRST + 1 and way["physical"] is None
            assert number(way["levels"][-1]["entry"]) == number(owner["raw"])

    # pages

    def page_forms(self):
        """A page is the same by frame, struct page, address of its memory and physical address."""
        first, = self.ask("page 0xfc00")
        address = number(first["page"]["address"])
        others = self.ask(f"page {address:#x}", f"page {address + 8:#x}",
                          f"page {0xfc00 * PAGE_SIZE + 5:#x} -p")
        assert all(other == first for other in others)
        way, = self.ask("vtop init_task")
        by_memory, by_frame = self.ask("page init_task",
                                       f"page {number(way['physical']) // PAGE_SIZE:#x}")
        assert by_memory == by_frame

    def folio(self):
        """Head and tails of a folio lead to the same; its counts are explained."""
        head, tail = self.ask("folio 0xfc00", "folio 0xfc07")
        assert head == tail and head["pages"] == SLOTS_OF_FOLIO
        assert head["mapcount"] == 2 and head["migration"] == "migratable"
        assert head["tails"]["private_entry"] == SLOTS_OF_FOLIO - 1
        broken, = self.ask("folio 0xfc00", dump=self.every[2])
        assert broken["tails"]["read"] in (0, SLOTS_OF_FOLIO - 1)

    def page_places(self):
        """The allocator or file that a page is of."""
        task, = self.ask("task 1")
        slab, reserved = self.ask(f"page {task['task']}", "page init_task")
        assert "in the slab cache task_struct" in slab["where"], slab
        assert reserved["page"]["what"] == "reserved" and reserved["where"] is None
        anon, = self.ask("page 0xfc00")
        assert re.search(r": anon_vma 0x[0-9a-f]+$", anon["mapping"]), anon

    def page_values(self):
        """What 'page' decodes stands in struct page."""
        random.seed(1)
        frames = random.sample([*range(FREED, FREED + 64), *range(FOLIO, FOLIO + 64)], 20)
        pages = self.ask(*(f"page {frame:#x}" for frame in frames))
        values = self.ask(*(f"struct page {page['page']['address']}" for page in pages))
        for page, value in zip(pages, values):
            member = {entry["member"]: entry["value"] for entry in value["members"]}
            assert number(member["flags"]) == number(page["page"]["flags"])
            assert member["_refcount.counter"] == page["page"]["refcount"]
            assert number(member["private"]) == number(page["page"]["private"])

    # tasks

    def tasks(self):
        """The list, one of it, and its struct."""
        listed, = self.ask("task")
        assert listed["complete"]
        one, by_address, values = self.ask(
            f"task {BAD_PID}", *(f"{command} {task['task']}" for task in listed["tasks"]
                                 if task["pid"] == BAD_PID
                                 for command in ("task", "struct task_struct")))
        assert one == by_address and one["comm"] == "init" and one["on_cpu"]
        member = {entry["member"]: entry.get("value") for entry in values["members"]}
        assert member["pid"] == BAD_PID and member["comm"] == "init"
        assert number(member["mm"]) == number(one["mm"])
        assert sum(entry["pages"] for entry in one["swapped"]) == 2044
        assert len([task for task in listed["tasks"] if task["comm"] == "init"]) == 2
        many, = self.ask("task init")
        assert {task["pid"] for task in many["tasks"]} == {1, BAD_PID}

    def chains(self):
        """By pid and by CPU, and as explain has them."""
        by_pid, by_cpu, by_all = self.ask(f"bt {BAD_PID}", "bt cpu 0", "bt -a")
        assert by_pid["stacks"] == by_cpu["stacks"] == by_all["stacks"][:1]
        names = [frame["function"] for frame in by_pid["stacks"][0]["frames"]]
        assert "swap_cache_get_folio" in names and by_pid["stacks"][0]["complete"]
        told = self.run("explain", "--json", "--stacks=cpus", self.bad)
        stacks = json.loads(told.stdout)["stacks"]
        assert [frame["function"] for frame in stacks[0]["frames"]] == names

    def log(self):
        """The pattern takes what it should, and nothing is lost."""
        whole, some = self.ask("log", "log -r RCU.INFO")
        assert [record for record in whole["records"]
                if re.search("RCU.INFO", record["text"], re.I)] == \
            [*self.ask("log -r 'rcu.info'")[0]["records"]] == some["records"]
        assert any("detected stalls" in record["text"] for record in whole["records"])
        text = self.say("log")
        assert "Kernel panic - not syncing: RCU Stall" in text and "?" not in text.split("\n")[0]

    def rcu(self):
        """RCU waits for the task that spins."""
        rcu, task = self.ask("rcu", f"task {BAD_PID}")
        assert rcu["in_progress"] and rcu["blockers"] == [{"task": task["task"]}]
        assert "waits for pid 39 (init)" in self.say("rcu")

    # memory

    def words(self):
        """The same bytes in words of four widths, by symbol, address and physical address."""
        one, two, four, eight = self.ask("rd linux_banner 16 -8", "rd linux_banner 8 -16",
                                         "rd linux_banner 4 -32", "rd linux_banner 2 -64")
        bytes_ = [b"".join(number(word).to_bytes(answer["word_size"], "little")
                           for word in answer["words"]) for answer in (one, two, four, eight)]
        assert len(set(bytes_)) == 1 and bytes_[0].startswith(b"Linux version ")
        way, = self.ask("vtop linux_banner")
        physical, by_address = self.ask(f"rd {way['physical']} 2 -p", f"rd {one['address'][2:]} 2")
        assert physical["words"] == by_address["words"] == eight["words"]
        assert "Linux version" in self.say("rd linux_banner 2")

    def unreadable_words(self):
        """What is not in the dump is never a number."""
        text = self.say("rd 0xdead0000 3")
        assert re.search(r"^[0-9a-f]{16}:  -{16} -{16}   \S", text), text
        answer, = self.ask("rd 0xdead0000 3")
        assert answer["words"] == [None] * 3 and answer["unreadable"]

    def symbols(self):
        """From name to address and back; offsets; per-CPU ones on each CPU."""
        there, = self.ask("sym do_swap_page")
        back, inside = self.ask(f"sym {there['address']}",
                                f"sym {number(there['address']) + 7:#x}")
        assert back["name"] == "do_swap_page" and inside["name"] == "do_swap_page+0x7"
        assert there["others"] == 0 and "others" not in back
        each, = self.ask("sym runqueues")
        assert [cpu["cpu"] for cpu in each["per_cpu"]] == [0, 1]

    def namesakes(self):
        """How many more symbols have the name; small dumps have lost these."""
        dump = LAB_DUMPS / "6.1-idle-elf"
        if not dump.exists():
            raise cli.Skip("the lab has not made 6.1-idle-elf")
        several, = self.ask("sym __func__.0", dump=dump)
        assert several["others"] > 1
        said = self.say("sym __func__.0", dump=dump)
        assert f"{several['others']} more symbols are called" in said, said

    def layout(self):
        """Members lie where C puts them, within the struct, and unions begin together."""
        for name in ("page", "task_struct", "mm_struct", "swap_info_struct", "xa_node"):
            answer, = self.ask(f"struct {name}")
            for member in answer["members"]:
                assert member["offset"] + member["size"] <= answer["size"], member
        page, = self.ask("struct page")
        place = {member["member"]: member["offset"] for member in page["members"]}
        assert page["size"] == STRUCT_PAGE and place["flags"] == 0
        assert place["lru"] == place["compound_head"] == 8
        text = self.say("struct page")
        assert re.search(r"^  long unsigned int flags; +/\* +0 +0x0 +8 \*/$", text, re.M), text
        assert text.startswith("struct page {\n") and text.endswith("};  /* size 64 */\n")

    def declarations(self):
        """Function pointers, arrays and bit-fields as C writes them."""
        text = self.say("struct address_space_operations", "struct xa_node", "struct task_struct")
        for line in (r"int \(\*writepage\)\(struct page \*, struct writeback_control \*\);",
                     r"void \*slots\[64\];", r"char comm\[16\];",
                     r"unsigned int in_iowait:1; +/\* +\d+:\d+ "):
            assert re.search(line, text), line

    def values(self):
        """Members by path are those of the whole; strings, enums and pointers have names."""
        whole, path = self.ask("struct swap_info_struct", "struct task_struct.comm init_task")
        assert whole["members"] and path["members"][0]["value"] == "swapper/0"
        text = self.say("struct task_struct init_task", "struct list_head.next init_mm+8")
        assert '"swapper/0"' in text
        assert re.search(r"struct task_struct \*parent = 0x[0-9a-f]+ <init_task>;", text), text

    def enums(self):
        """Page flags by name are the bits that enum pageflags gives them."""
        flags, page = self.ask("struct enum pageflags", "page 0xfc00")
        names = page["page"]["flag_names"].split()
        bits = sum(1 << flags["enumerators"]["PG_" + name] for name in names)
        limit = (1 << flags["enumerators"]["__NR_PAGEFLAGS"]) - 1
        assert bits == number(page["page"]["flags"]) & limit and "swapcache" in names

    def widths(self):
        """Nothing is wider than the terminal but what has no place to break."""
        settings = self.file("inputrc", b"set enable-bracketed-paste off\n")
        environment = {**os.environ, "TERM": "xterm", "KSWAPCK_PAGER": "", "INPUTRC": str(settings)}
        for columns in (80, 200):
            terminal = shell.Terminal([self.program, "shell", "--no-rc", "--no-search", self.bad],
                                      environment, columns)
            try:
                terminal.read(re.escape(shell.PROMPT))
                for command in (f"slot 0:{FIRST + 5}", f"who 0:{FIRST + 1}", "page 0xfc00", "rcu",
                                "folio 0xfc00", f"task {BAD_PID}", "vtop init_task",
                                "struct swap_info_struct", "struct file_operations"):
                    for line in terminal.command(command).splitlines():
                        assert len(line) <= columns, (command, columns, line)
                terminal.end()
            finally:
                terminal.kill()

    # input that means no good

    def random_addresses(self):
        """Addresses that are not what they are taken for lead to words, not to crashes."""
        random.seed(2)
        page, = self.ask("page 0xfc00")
        slot, = self.ask(f"slot 0:{FIRST}")
        bases = [number(page["page"]["address"]), number(slot["address_space"]),
                 number(slot["cache_place"]), 0xffffffff81000000, 0xffff888000000000, 0, 2 ** 64 - 8]
        commands = []
        for base in bases:
            for _ in range(6):
                address = (base + random.randrange(-8, 8) * 8) % 2 ** 64
                commands += [f"{command} {address:#x}" for command in
                             ("xa", "page", "folio", "struct xa_node", "struct mm_struct",
                              "struct task_struct", "rd -s", "vtop", "sym", "slot", "who", "bt",
                              "task")]
        script = self.file("script", "\n".join(commands).encode() + b"\n")
        for more in ((), ("--json",)):
            lines = [command + "".join(" " + word for word in more) for command in commands]
            script.write_text("\n".join(lines) + "\n")
            done = self.run("shell", "--no-rc", "--no-search", "-i", script, self.bad,
                            timeout=60)
            assert done.returncode in (FAILED, FAILED | USAGE), (done.returncode, done.stderr[-500:])
            assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr

    def run(self, *arguments, **options):
        """As in cli.py, but for scripts of many commands."""
        timeout = options.pop("timeout", 30)
        old, cli.TIMEOUT = cli.TIMEOUT, timeout
        try:
            return super().run(*arguments, **options)
        finally:
            cli.TIMEOUT = old


HELPERS = {"say", "ask", "run"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
