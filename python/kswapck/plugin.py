# SPDX-License-Identifier: GPL-2.0-or-later
"""kswapck as a plugin of drgn 0.0.31 and later: drgn loads it by itself, by its entry point.

At drgn's prompt the name kswapck is there without an import, and from 0.1.0 on the command %kswapck.
"""

import builtins

import drgn

import kswapck

try:
    from drgn.commands import CommandError, argument
    from drgn.commands.linux import linux_kernel_command
except ImportError:  # before 0.1.0
    linux_kernel_command = None


def drgn_prog_set(prog):
    """drgn calls it when a Program has got its memory."""
    if prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL and not hasattr(builtins, "kswapck"):
        builtins.kswapck = kswapck


if linux_kernel_command:
    @linux_kernel_command(
        description="fsck for the swap cache",
        long_description="Audit every slot of every swap device; tell who is stuck there and what was found.",
        arguments=(
            argument("--scan", action="store_true", help="the findings alone, without the story"),
            argument("--no-sweep", action="store_true", help="do not look through page tables"),
            argument("--max-findings", type=int, default=3, metavar="N",
                     help="show at most N findings of each problem (default 3; 0: all)"),
        ),
    )
    def _cmd_kswapck(prog, name, args, **kwargs):
        try:
            print(kswapck.report(prog, story=not args.scan, sweep=not args.no_sweep,
                                 max_findings=args.max_findings), end="")
        except kswapck.Error as error:
            raise CommandError(str(error)) from None
