# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside drgn, beside the shell (drgn.c): takes pieces of Python from descriptor 3, runs them where
# prog is the dump and findings are kswapck's, and sends what they print to descriptor 4. Each message
# is its length in a line, then its bytes. A piece that begins with F is a scan's document, with E code; with
# P the terminal is ours for a prompt.
import contextlib
import io
import json
import os
import sys
import traceback

import drgn
from drgn import *  # noqa: F403
from drgn.helpers.linux import *  # noqa: F403


class Finding:
    """A finding of kswapck; its addresses are objects of drgn too, where types are known."""

    def __init__(self, number, document, devices):
        self.number = number
        self._device = devices.get(document.get("device"))
        for name, value in document.items():
            setattr(self, "device_type" if name == "device" else name, value)

    def _object(self, type_name, address):
        return drgn.Object(prog, type_name, value=int(address, 16)) if address else None

    @property
    def page_object(self):
        return self._object("struct page *", getattr(self, "page", None))

    @property
    def folio_object(self):
        return self._object("struct folio *", getattr(self, "page", None))

    @property
    def device_object(self):
        return self._object("struct swap_info_struct *", self._device)

    def __repr__(self):
        return f"Finding {self.number}: {self.id} {self.name}: {self.text}"


def run(code, names):
    try:
        expression = compile(code, "drgn", "eval")
    except SyntaxError:
        exec(compile(code, "drgn", "exec"), names)
        return
    value = eval(expression, names)
    if value is not None:
        print(value if isinstance(value, (drgn.Object, str)) else repr(value))
    names["_"] = value


def take_findings(document, names):
    found = json.loads(document)
    devices = {one["type"]: one["swap_info_struct"] for one in found["devices"]}
    names["findings"] = [Finding(number, one, devices) for number, one in enumerate(found["findings"], 1)]


def prompt(names):
    """On the terminal, which is ours until Ctrl-D."""
    import code

    def show(value):
        if value is not None:
            print(value if isinstance(value, (drgn.Object, drgn.Type, drgn.StackTrace)) else repr(value))
            names["_"] = value

    try:
        import readline
        import rlcompleter
        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    except ImportError:
        pass
    if sys.stdin.closed:    # by an exit() before
        sys.stdin = open(0, closefd=False)
    sys.ps1, sys.ps2, sys.displayhook = "drgn> ", "  ... ", show
    count = len(names["findings"])
    try:
        code.InteractiveConsole(names).interact(
            f"drgn {drgn.__version__}: prog is this dump, findings are the {count} findings; Ctrl-D ends it", "")
    except SystemExit:
        pass    # exit() and quit() leave the prompt, not drgn
    sys.stdout.flush()


def answer(message, names):
    """What is sent back: . or ! and a line with the error, and then what was printed."""
    output = io.StringIO()
    head = "."
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            if message[0] == "F":
                take_findings(message[1:], names)
            else:
                run(message[1:], names)
        except KeyboardInterrupt:
            print("interrupted")
        except BaseException as error:
            lines = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
            head = f"!{lines[-1]}\n"
    return head + output.getvalue().replace("\0", "\ufffd")


def serve():
    names = dict(globals())
    requests, answers = os.fdopen(3, "rb"), os.fdopen(4, "wb")
    for line in requests:
        message = requests.read(int(line)).decode(errors="surrogateescape")
        if message == "P":
            prompt(names)
            text = b"."
        else:
            text = answer(message, names).encode(errors="replace")
        answers.write(b"%d\n" % len(text) + text)
        answers.flush()


serve()
