"""One file out of many, when static files are collected: a page that imports thirty modules would wait for
thirty answers of a slow network. In development the modules stay as they are written.

Understood is what static/js is written in: imports and exports at the beginning of a line, between names and
relative paths, without cycles. Anything else is refused in words rather than guessed at."""

import re
from collections.abc import Callable
from posixpath import dirname, join, normpath

Read = Callable[[str], str]

_IMPORT = re.compile(
    r'^import (?:(?P<names>\{[^}]*\})|\* as (?P<whole>\w+)) from "(?P<path>\.[^"]+)";$', re.M
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (?P<name>\w+))", re.M)
_LEFT = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.M)
_SHEET = re.compile(r'^@import "(?P<path>[^"]+)";$', re.M)


class BundlingError(Exception):
    pass


def script(entry: str, read: Read) -> str:
    """The module `entry` with all that it imports, each module in a function of its own: names never meet."""
    order: list[str] = []
    _visit(entry, read, order, ())
    names = {path: f"m{number}" for number, path in enumerate(order)}
    return "\n".join(_wrapped(path, read(path), names) for path in order)


def sheet(entry: str, read: Read) -> str:
    """The style sheet `entry` with those that it imports in their places."""

    def content(found: re.Match[str]) -> str:
        return sheet(_beside(entry, found["path"]), read)

    return _SHEET.sub(content, read(entry))


def smaller_script(text: str) -> str:
    """Without the lines that are comments, and without indentation. Template strings of several lines would
    change by that: there are none, and none are let in."""
    code = [line.strip() for line in text.split("\n")]
    kept = [line for line in code if line and not line.startswith("//")]
    if odd := next((line for line in kept if line.count("`") % 2), None):
        raise BundlingError(f"A template string of several lines: {odd}")
    return "\n".join(kept) + "\n"


def smaller_sheet(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return "\n".join(line for raw in text.split("\n") if (line := raw.strip())) + "\n"


def _visit(path: str, read: Read, order: list[str], above: tuple[str, ...]) -> None:
    if path in above:
        raise BundlingError(f"Modules import each other: {' → '.join((*above, path))}")
    if path in order:
        return
    for found in _IMPORT.finditer(read(path)):
        _visit(_beside(path, found["path"]), read, order, (*above, path))
    order.append(path)


def _wrapped(path: str, text: str, names: dict[str, str]) -> str:
    def bound(found: re.Match[str]) -> str:
        module = names[_beside(path, found["path"])]
        if found["whole"]:
            return f"const {found['whole']} = {module};"
        return f"const {found['names'].replace(' as ', ': ')} = {module};"

    body = smaller_script(_IMPORT.sub(bound, text))
    exported = [found["name"] for found in _EXPORT.finditer(body)]
    body = _EXPORT.sub("", body)
    if left := _LEFT.search(body):
        raise BundlingError(f"{path}: this way to import or export is not understood: {left[0]}")
    return f"const {names[path]} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();"


def _beside(path: str, other: str) -> str:
    return normpath(join(dirname(path), other))
