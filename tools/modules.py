#!/usr/bin/env python3
"""Writes the list of modules above core: src/exchange, then the folder names under src/domain.

src/domain/note/ must define `const struct module note_module`.
"""
import pathlib
import sys

from words import write


def main(out):
    folders = pathlib.Path("src/domain").iterdir()
    names = ["exchange"] + sorted(p.name for p in folders if any(p.glob("*.c")))
    lines = ['#include "core/module.h"', ""]
    lines += [f"extern const struct module {name}_module;" for name in names]
    lines += ["", "const struct module *const MODULES_ABOVE[] = {"]
    lines += [f"    &{name}_module," for name in names] or []
    lines += ["    NULL,", "};", f"const size_t MODULES_ABOVE_COUNT = {len(names)};", ""]
    write(out, "\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1])
