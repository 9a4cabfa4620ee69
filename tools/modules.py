#!/usr/bin/env python3
"""Writes the list of modules from the folder names under src/domain.

src/domain/note/ must define `const struct module note_module`.
"""
import pathlib
import sys

from words import write


def main(out):
    names = sorted(p.name for p in pathlib.Path("src/domain").iterdir() if any(p.glob("*.c")))
    lines = ['#include "core/module.h"', ""]
    lines += [f"extern const struct module {name}_module;" for name in names]
    lines += ["", "const struct module *const DOMAIN_MODULES[] = {"]
    lines += [f"    &{name}_module," for name in names] or []
    lines += ["    NULL,", "};", f"const size_t DOMAIN_MODULES_COUNT = {len(names)};", ""]
    write(out, "\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1])
