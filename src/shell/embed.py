#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""embed.py FILE NAME OUTPUT: a text file as a C array of characters, for programs that carry it inside."""

import json
import pathlib
import sys

source, name, output = sys.argv[1:]
lines = [json.dumps(line + "\n") for line in pathlib.Path(source).read_text(encoding="ascii").splitlines()]
pathlib.Path(output).write_text(f"static const char {name}[] =\n\t" + "\n\t".join(lines) + ";\n", encoding="ascii")
