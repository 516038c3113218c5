"""The lab: real Debian kernels, booted under QEMU, dumped in every format."""


class LabError(Exception):
    """Something that the reader of the message can act on; shown without a traceback."""
