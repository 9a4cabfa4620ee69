#!/usr/bin/env python3
"""Plants every mistake that tools/tidy.py knows in a small tree and looks that it is found.

Each row names the rule, the file and what is put into it. The clean tree must pass every rule, so
that a finding comes from the planted mistake and from nothing else; every rule must have a row.
"""
import pathlib
import subprocess
import sys
import tempfile

import tidy

CLEAN = {
    "src/base/base.h": '#pragma once\n/* base.h: for everybody. */\n#define S(x) x\n',
    "src/base/call.h": '#pragma once\n/* call.h: failing. */\n#include "base/base.h"\n\n'
                       'struct call;\n\n/* Fails. */\n'
                       'int fail(struct call *c, int e, const char *r);\n',
    "src/base/call.c": '#include "base/call.h"\n\nint fail(struct call *c, int e, const char *r)\n'
                       '{\n    return c != 0 && r != 0 ? e : 0;\n}\n',
    "src/core/module.h": '#pragma once\n/* module.h: the contract. */\n#include "base/call.h"\n',
    "src/domain/note/README.md": "# note\n\n[the code](note.c)\n",
    "src/domain/note/note.c": """#include "core/module.h"

static const char *const LEVELS[] = {"low", 0};
static const struct field NOTE_FIELDS[] = {
    {.name = "title", .max = 3},
    {.name = "level", .choices = LEVELS, .label = "field.level"},
};
static const struct field_table NOTE_TABLE = {.name = ("note.note"), .fields = (NOTE_FIELDS)};
static const struct kind KINDS[] = {
    {.table = &NOTE_TABLE},
};
static const struct act ACTS[] = {
    {.name = "note.write"},
};
static const struct view_def VIEWS[] = {
    {.name = "note.list"},
};
const struct module note_module = {.name = "note"};
""",
    "src/domain/note/note_test.c": """#include "base/call.h"

static void check(int value)
{
    assert_int_equal(value, 0);
}

static void a_note_is_kept(void **state)
{
    check(state != 0);
}

int main(void)
{
    return run(a_note_is_kept);
}
""",
    "src/domain/note/words.vi": "module.note = Ghi chú\nkind.note.note = Ghi chú\n"
                                "act.note.write = Viết\nact.note.write.help = Viết một ghi chú.\n"
                                "view.note.list = Ghi chú\nfield.note.note.title = Tiêu đề\n"
                                "field.level = Mức\nchoice.low = Thấp\n"
                                "reason.note.done = Đã xong.\n",
    "src/domain/note/words.en": "module.note = Notes\nkind.note.note = Note\n"
                                "act.note.write = Write\nact.note.write.help = Writes a note.\n"
                                "view.note.list = Notes\nfield.note.note.title = Title\n"
                                "field.level = Level\nchoice.low = Low\nreason.note.done = Done.\n",
    "test/e2e/walk.py": "print('walks')\n",
    "docs/guide.md": "# Guide\n\nRead [the note](../src/domain/note/README.md).\n",
}

NOTE, TEST, HEAD = "src/domain/note/note.c", "src/domain/note/note_test.c", "src/core/module.h"
VI = "src/domain/note/words.vi"


def function(body, head="static int planted(int a)"):
    return f"\n{head}\n{{\n{body}\n}}\n"


def deep(levels):
    return function("".join("    " * (i + 1) + "if (a) {\n" for i in range(levels)) + "a++;" +
                    "}" * levels)


LONG_ROW = "static const int N[] = {\n    1,\n" + "    1,\n" * 80 + "};\n"

# (rule, file, text that is added; a pair: what is replaced and by what; None: the file is removed)
PLANTED = [
    ("ladder", "src/base/base.h", '#include "core/module.h"\n'),
    ("ladder", "src/core/module.h", '#include "domain/note/note.h"\n'),
    ("ladder", "src/domain/task/task.c", '#include "domain/note/note.h"\n'),
    ("ladder", "src/extra/extra.c", "int extra;\n"),
    ("include from src", NOTE, '#include "../../core/module.h"\n'),
    ("include from src", NOTE, '#include "nowhere.h"\n'),
    ("own header first", "src/base/call.c", ('#include "base/call.h"', '#include "base/base.h"')),
    ("header once", HEAD, ("#pragma once\n", "")),
    ("header once", HEAD, ("/* module.h: the contract. */\n", "")),
    ("header compiles alone", HEAD, "struct broken { unknown_type x; };\n"),
    ("header comments", HEAD, "\nint module_bare(int x);\n"),
    ("header comments", HEAD, "\nenum err module_bare(int x,\n                     int y);\n"),
    ("header comments", HEAD, "\nconst struct call *module_bare(void);\n"),
    ("file length", NOTE, "/* x */\n" * 1000),
    ("line length", NOTE, "/* " + "x" * 100 + " */\n"),
    ("line length", "test/e2e/walk.py", "# " + "x" * 100 + "\n"),
    ("function length", NOTE, function("    a++;\n" * 70)),
    ("parameters", NOTE, function("a++;", "static int planted(int a, int b, int c, int d, int e,\n"
                                          "                   int f, int g)")),
    ("nesting", NOTE, deep(5)),
    ("recursion", NOTE, function("    return planted(a);")),
    ("recursion", NOTE, function("    return other(a);") +
     function("    return planted(a);", "static int other(int a)")),
    ("banned calls", NOTE, function("    return (int)malloc(3);")),
    ("banned calls", NOTE, function("    return strcpy(a, a);")),
    ("banned calls", NOTE, function("    return sprintf(a, a);")),
    ("banned calls", NOTE, function("    return atoi(a);")),
    ("banned calls", NOTE, function("    return time(0);")),
    ("banned calls", TEST, function("    return strtol(a, 0, 10);")),
    ("banned calls", NOTE, function("    return random();")),
    ("no goto", NOTE, function("    goto end;\nend:\n    return 0;")),
    ("no ifdef", NOTE, "#ifdef X\n#endif\n"),
    ("no ifdef", NOTE, "  # if X\n#endif\n"),
    ("no typedef struct", NOTE, "typedef struct note note;\n"),
    ("no sleep in tests", TEST, function("    return usleep(3);")),
    ("no sleep in tests", "test/e2e/walk.py", "time.sleep(1)\n"),
    ("no sleep in tests", "test/e2e/walk.sh", "sleep 1\n"),
    ("no globals", NOTE, function("    static int n = 0;\n    return n++;")),
    ("no globals", NOTE, "static struct note *kept;\n"),
    ("no globals", NOTE, "static const char *kept = 0;\n"),
    ("no globals", NOTE, "int kept;\n"),
    ("no globals", NOTE, "_Atomic int kept = 3;\n"),
    ("tests assert", TEST, ("    check(state != 0);", "    (void)state;")),
    ("tests assert", TEST, ("    return run(a_note_is_kept);", "    return 0;")),
    ("sql place", NOTE, 'static const char *const Q = "SELECT a FROM b";\n'),
    ("sql place", NOTE, 'static const char *const Q = "  DELETE FROM b";\n'),
    ("sql form", "src/domain/note/note_sql.c", 'static const char *const Q = "SELECT * FROM b";\n'),
    ("sql form", "src/domain/note/note_sql.c",
     function('    return str_format(a, "DELETE FROM %s", a);')),
    ("open ends", NOTE, "/* TO" + "DO: later */\n"),
    ("open ends", "docs/guide.md", "FIX" + "ME\n"),
    ("machine", "docs/guide.md", "See /wo" + "rk/main.\n"),
    ("machine", "docs/guide.md", "See https://regis" + "try.example.org/x.\n"),
    ("white space", NOTE, "int f(void); \n"),
    ("white space", NOTE, "\n\n"),
    ("white space", NOTE, "\tint x;\n"),
    ("white space", VI, ("Viết\n", "Viết \n")),
    ("words not in code", NOTE, 'static const char *const W = "Ghi chú";\n'),
    ("reasons have words", NOTE, function('    return fail(0, a, "note.unheard");')),
    ("reasons have words", NOTE,
     function('    problem(0, S("title"), a ? "note.done" : "note.no");')),
    ("reasons have words", NOTE, function('    return a ? "note.no" : 0;',
                                          "static const char *note_refusal(int a)")),
    ("keys have words", NOTE, function('    return words(0, S("note.unheard"));')),
    ("keys have words", NOTE, function('    view_fact(0, 0, "note.unheard", a);')),
    ("keys have words", NOTE, "static const struct obligation O = {.what = \"note.unheard\"};\n"),
    ("tables have words", NOTE, ('"title"', '"heading"')),
    ("tables have words", NOTE, ('"field.level"', '"field.other"')),
    ("tables have words", NOTE, ('"low"', '"lower"')),
    ("tables have words", NOTE, ('"note.write"', '"note.wrote"')),
    ("tables have words", NOTE, ('"note.list"', '"note.lists"')),
    ("tables have words", NOTE, ('("note.note")', '("note.memo")')),
    ("tables have words", NOTE, ('.name = "note"', '.name = "memo"')),
    ("words form", VI, "field.only = Chỉ ở đây\n"),
    ("words form", VI, "field.level = Mức\n"),
    ("words form", VI, ("Viết một ghi chú.", "Write one more note.")),
    ("modules whole", "src/domain/note/README.md", None),
    ("modules whole", TEST, None),
    ("links", "docs/guide.md", "Read [that](nowhere.md).\n"),
]

# What looks like a mistake and is none.
HARMLESS = [
    (NOTE, "/* malloc() and goto are only spoken of; SELECT too */\n"),
    (NOTE, 'static const char *const T = "goto strcpy( #if";\n'),
    (NOTE, "struct note;\n"),
    (NOTE, "static const char *const NAMES[] = {0};\n"),
    (NOTE, LONG_ROW),
    (NOTE, deep(4)),
    (NOTE, function("    struct s x[] = {{{{{{1}}}}}};\n"
                    "    return call(a, (struct s){{{{{1}}}}});")),
    (NOTE, function("    a++;\n" * 66)),
    (NOTE, 'static const char *const LETTER = "đ";\n'),
    (NOTE, function('    problem(0, S("title"), a ? "note.done" : 0);')),
    (NOTE, function("    return a->free(a) + x.time(a);")),
    (HEAD, "\n/* Two that belong together. */\nint module_a(void);\nint module_b(void);\n"),
    ("src/base/arena.c", function("    return (int)malloc(3);")),
    ("src/domain/note/note_sql.c", 'static const char *const Q = "SELECT a FROM b";\n'),
    (VI, ("= Mức", "= du-thao-quy-che.txt")),
    (VI, "# ghi chu khong dau trong chu thich\n"),
]


def plant(root, name, change):
    path = root / name
    text = path.read_text() if path.is_file() else ""
    if change is None:
        path.unlink()
        return
    if isinstance(change, tuple):
        assert change[0] in text, f"{name} has no {change[0]!r}"
        change, text = text.replace(*change, 1), ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + change)


def findings(*changes):
    """The rules that find something in the clean tree with these changes."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in CLEAN.items():
            plant(root, name, text)
        for name, change in changes:
            plant(root, name, change)
        tree = tidy.Tree(root)
        return {name: found for name, rule in tidy.RULES.items() if (found := list(rule(tree)))}


def object_globals():
    """A variable that only the object shows, as a macro may hide it."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        plant(root, "src/base/hidden.c",
              "#define KEEP(x) static int x[2]; int *f(void) { return x; }\nKEEP(hidden)\n")
        made = root / "build/obj/src/base/hidden.o"
        made.parent.mkdir(parents=True)
        subprocess.run(["gcc", "-c", "-o", str(made), str(root / "src/base/hidden.c")], check=True)
        return list(tidy.rule_no_globals(tidy.Tree(root)))


def main():
    passed, failed = 0, []
    clean = findings()
    if clean:
        failed.append(f"the clean tree: {clean}")
    for rule, name, change in PLANTED:
        if rule not in findings((name, change)):
            failed.append(f"{rule}: not found in {name}: {change!r}")
        else:
            passed += 1
    for name, change in HARMLESS:
        found = findings((name, change))
        if found:
            failed.append(f"harmless, and found: {found}")
        else:
            passed += 1
    if object_globals():
        passed += 1
    else:
        failed.append("no globals: not found in an object")
    for rule in sorted(tidy.RULES.keys() - {rule for rule, _, _ in PLANTED}):
        failed.append(f"{rule}: nothing is planted for it")
    for text in failed:
        print(f"tools/tidy_test.py: {text}")
    print(f"{passed} passed, {len(failed)} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
