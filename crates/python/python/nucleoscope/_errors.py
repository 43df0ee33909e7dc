"""The exceptions of Nucleoscope."""

from __future__ import annotations


class NucleoscopeError(Exception):
    """Any error of Nucleoscope. Its text is the message, which names the file if there is one.

    Tracebacks show the help below the message.
    """

    code: str
    """A stable identifier for programs, such as ``image/truncated``."""

    help: str
    """What can be done about it, in one or two sentences."""

    file: str | None
    """The file as it was given; ``None`` if the error does not concern a file."""

    def __init__(self, message: str, code: str, help: str, file: str | None = None) -> None:
        super().__init__(message, code, help, file)
        self.code = code
        self.help = help
        self.file = file
        self.add_note(help)

    def __str__(self) -> str:
        return str(self.args[0])


class ArgumentError(NucleoscopeError, ValueError):
    """An argument cannot be used."""


class FileError(NucleoscopeError):
    """A file cannot be read."""


class ImageError(NucleoscopeError):
    """An image cannot be read, or does not have the selected channel, slice or frame."""


class ModelError(NucleoscopeError):
    """A model cannot be loaded, or failed."""


class SegmentationError(NucleoscopeError):
    """An image cannot be segmented."""


_CLASSES: dict[str, type[NucleoscopeError]] = {
    "argument": ArgumentError,
    "file": FileError,
    "gate": ArgumentError,
    "image": ImageError,
    "model": ModelError,
    "regions": ArgumentError,
    "run-length": ArgumentError,
    "segment": SegmentationError,
}


def class_for(code: str) -> type[NucleoscopeError]:
    """The class of the exceptions with this code."""
    return _CLASSES.get(code.partition("/")[0], NucleoscopeError)
