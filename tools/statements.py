#!/usr/bin/env python3
"""Prints every SQL statement of the program, each ended by a zero byte.

    python3 tools/statements.py [ROOT]

The compiler's preprocessor joins the macros; a statement is then a run of string literals that
begins with an SQL verb. Texts made from field tables (they hold a %) are left to the module tests,
which run them all. src/main/statements_test.c prepares what this prints, on both stores.
"""
import ast
import pathlib
import re
import subprocess
import sys

VERB = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s")
LITERALS = re.compile(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*')
LITERAL = re.compile(r'"(?:\\.|[^"\\\n])*"')
FOLDERS = ("core", "domain", "exchange", "front", "main")


def preprocessed(root, path):
    command = ["gcc", "-std=gnu2x", "-D_GNU_SOURCE", "-E", "-P", "-Isrc", "-Ibuild/gen", "-Itest",
               str(path.relative_to(root))]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def text_of(literals):
    return "".join(ast.literal_eval(piece) for piece in LITERAL.findall(literals))


def statements_of(root, path):
    if not re.search(r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s', path.read_text()):
        return
    for literals in LITERALS.findall(preprocessed(root, path)):
        text = text_of(literals)
        if VERB.match(text) and "%" not in text:
            yield text


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / "src" / folder).rglob("*.c")):
            if path.name.endswith("_test.c"):
                continue
            for text in statements_of(root, path):
                found.setdefault(text, path)
    for text in found:
        sys.stdout.buffer.write(text.encode() + b"\0")


if __name__ == "__main__":
    main()
