#!/usr/bin/env python3
"""Turns every words.vi and words.en under src/ into one sorted C table.

A key that stands in one language only, twice, or with other {places} fails the build.
"""
import pathlib
import re
import sys

LANGS = ("vi", "en")


def read(path, table, errors):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, separator, text = line.partition(" = ")
        if not separator or not re.fullmatch(r"[a-z0-9_.]+", key):
            errors.append(f"{path}:{number}: want 'key = text'")
        elif key in table:
            errors.append(f"{path}:{number}: {key} stands twice")
        else:
            if text.count("{") != len(re.findall(r"\{[a-z_]+\}", text)):
                errors.append(f"{path}:{number}: a place is {{name}}")
            table[key] = text.strip()


def c_string(text):
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?")
    return '"' + text.replace("\\\\n", "\\n") + '"'


def main(out):
    errors, tables = [], {}
    for lang in LANGS:
        tables[lang] = {}
        for path in sorted(pathlib.Path("src").rglob(f"words.{lang}")):
            read(path, tables[lang], errors)
    vi, en = (tables[lang] for lang in LANGS)
    for key in sorted(vi.keys() ^ en.keys()):
        errors.append(f"words: {key} has no {'en' if key in vi else 'vi'}")
    for key in vi.keys() & en.keys():
        if set(re.findall(r"\{\w+\}", vi[key])) != set(re.findall(r"\{\w+\}", en[key])):
            errors.append(f"words: {key} has other places in vi than in en")
    if errors:
        sys.exit("\n".join(errors))
    lines = ['#include "base/words.h"', "", "const struct word WORDS[] = {"]
    for key in sorted(vi, key=lambda k: k.encode()):
        lines.append(f'    {{{{"{key}", {len(key.encode())}}}, {{')
        for table in (vi, en):
            length = len(table[key].replace("\\n", "\n").encode())
            lines.append(f"        {{{c_string(table[key])}, {length}}},")
        lines.append("    }},")
    if not vi:
        lines.append("    {},")
    lines += ["};", f"const size_t WORDS_COUNT = {len(vi)};", ""]
    write(out, "\n".join(lines))


def write(out, text):
    path = pathlib.Path(out)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
