#!/usr/bin/env python3
"""Builds web/ with node into a folder beside the output, and embeds the files as one C table
(front/web/asset.h). Does nothing when the sources are those of the last time."""
import gzip
import hashlib
import pathlib
import subprocess
import sys

from words import write

MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
SOURCES = ("web/build.mjs", "web/package-lock.json", "tools/assets.py")


def fingerprint():
    digest = hashlib.sha256()
    for path in [pathlib.Path(p) for p in SOURCES] + sorted(pathlib.Path("web/src").iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def c_bytes(data):
    """A string literal: quick to compile, and read-only data that costs memory only when used."""
    lines, line = [], ""
    for byte in data:
        char = chr(byte)
        line += char if 32 <= byte < 127 and char not in '"\\?' else f"\\{byte:03o}"
        if len(line) > 90:
            lines.append(f'    "{line}"')
            line = ""
    return "\n".join(lines + [f'    "{line}"'])


def slice_of(name, data):
    return f"{{{name}, {len(data)}}}" if data else "{}"


def table(folder):
    head = ['#include "front/web/asset.h"', ""]
    rows = []
    for index, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        data = path.read_bytes()
        packed = gzip.compress(data, 9, mtime=0) if path.suffix != ".woff2" else b""
        packed = packed if len(packed) < len(data) else b""
        head += [f"static const char BYTES_{index}[] =\n{c_bytes(data)};"]
        if packed:
            head += [f"static const char GZIP_{index}[] =\n{c_bytes(packed)};"]
        address = "/assets/" + path.relative_to(folder).as_posix()
        rows.append(
            f'    {{{{"{address}", {len(address)}}}, {{"{path.name}", {len(path.name)}}},\n'
            f'     {{"{MEDIA[path.suffix]}", {len(MEDIA[path.suffix])}}},\n'
            f'     {slice_of(f"BYTES_{index}", data)}, {slice_of(f"GZIP_{index}", packed)}}},')
    tail = ["", "const struct asset ASSETS[] = {", *rows, "};"]
    tail += [f"const size_t ASSETS_COUNT = {len(rows)};", ""]
    return "\n".join(head + tail)


def main(out):
    mark = f"/* {fingerprint()} */\n"
    old = pathlib.Path(out)
    if old.exists() and old.read_text(encoding="ascii").startswith(mark):
        return
    folder = old.parent / "web"
    subprocess.run(["node", "web/build.mjs", str(folder.resolve())], check=True)
    write(out, mark + table(folder))


if __name__ == "__main__":
    main(sys.argv[1])
