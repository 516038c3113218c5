#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""embed.py FILE NAME OUTPUT [hash]: a text file as a C array of characters, for programs that carry it inside.

With 'hash', NAME_hash is what a Content-Security-Policy calls it by: "sha256-...".
"""

import base64
import hashlib
import json
import pathlib
import sys

source, name, output = sys.argv[1:4]
text = pathlib.Path(source).read_text(encoding="ascii")
lines = [json.dumps(line + "\n") for line in text.splitlines()]
result = f"static const char {name}[] =\n\t" + "\n\t".join(lines) + ";\n"
if sys.argv[4:] == ["hash"]:
    carried = "".join(line + "\n" for line in text.splitlines()).encode("ascii")
    digest = base64.b64encode(hashlib.sha256(carried).digest()).decode("ascii")
    result += f"static const char {name}_hash[] = \"sha256-{digest}\";\n"
pathlib.Path(output).write_text(result, encoding="ascii")
