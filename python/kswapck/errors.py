# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong."""


class Error(Exception):
    """It could not be analysed at all. str() is one line: what, where, and what to do."""
