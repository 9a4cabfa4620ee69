#!/usr/bin/env python3
"""Checks what STYLE.md marks with [T].

    python3 tools/tidy.py [ROOT]

Prints each finding as file:line: text and at the end `N passed, M failed`, where one check is one
rule. Exit 1 when a rule failed. A rule is a function below that yields (file, line, text); its
docstring says what it asks. tools/tidy_test.py plants every mistake and looks that it is found.
"""
import hashlib
import os
import pathlib
import re
import subprocess
import sys

import tidy_words
from tidy_source import Source, function_calls, lines_of

FILE_LINES, FUNCTION_LINES, COLUMNS, PARAMETERS, NESTING = 1000, 70, 100, 6, 4
DENSITY_WANTED = 40  # ensure() per 1000 lines of code

SKIP = {"build", "var", "node_modules", ".git", "__pycache__"}
LADDER = ["base", "store", "core", "domain", "exchange", "front", "main"]

# Exceptions stand here, with their reason, and nowhere else.
MEMORY_FILES = {"src/base/arena.c"}                  # the one owner of memory
CLOCK_FILES = {"src/base/env.c"}                     # the one reader of the clock
SQL_MAKERS = {"src/core/projection.c", "src/core/check_sql.c"}  # tables from field tables
SQL_FOLDERS = ("src/store/",)                        # drivers, groups, migrations
BENCH = "test/bench/"  # programs of their own, which pace themselves and do without base
GLOBAL_SECTIONS = (".data", ".bss", ".tdata", ".tbss")

BANNED = {
    "memory": (r"malloc|calloc|realloc|reallocarray|aligned_alloc|free", "belongs to an arena"),
    "text": (r"strcpy|strcat|sprintf|vsprintf|gets|strtok|strtok_r|atoi|atol|atoll|atof|strtol|"
             r"strtoul|strtoll|strtoull|strtod|strdup|strndup|alloca|scanf|sscanf|fscanf",
             "use base/str.h"),
    "clock": (r"time|gettimeofday|clock_gettime|localtime|localtime_r|gmtime|gmtime_r|mktime|"
              r"strftime|ctime", "the clock is in base/env.h"),
    "jump": (r"longjmp|setjmp|sigsetjmp|siglongjmp", "no jumps"),
    "random": (r"rand|srand|random|srandom|rand_r|drand48|getrandom",
               "randomness is in base/env.h"),
}
SQL = "SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP"
SLEEP_SCRIPT = r"^[^#\n]*?\b(time\.sleep|sleep [0-9.]+|waitForTimeout)\b"
SLEEP = r"sleep|usleep|nanosleep|clock_nanosleep"
VIETNAMESE = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]",
                        re.I)


class Tree:
    """The files of one checkout."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.all = list(self.read_all())
        self.sources = [Source(self.root, p) for folder in ("src", "test")
                        for p in sorted((self.root / folder).rglob("*.[ch]"))]
        self.headers = [s for s in self.sources if s.name.endswith(".h")]
        self.ours = [s for s in self.sources if s.name.startswith("src/") and not s.is_test]
        self.tests = [s for s in self.sources if s.is_test]
        self.words = tidy_words.Words(self.root)

    def read_all(self):
        """Names and texts of every file that is ours, generated and foreign ones left out."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(set(folders) - SKIP)
            for name in sorted(set(names) - SKIP):  # ".git" is a file in a worktree
                path = pathlib.Path(folder) / name
                try:
                    text = "" if path.is_symlink() else path.read_text(encoding="utf-8")
                except (UnicodeDecodeError, FileNotFoundError):
                    continue  # not a text, or gone meanwhile
                yield str(path.relative_to(self.root)), text

    def texts(self, *endings):
        return [(name, text) for name, text in self.all if not endings or name.endswith(endings)]


def step_of(name):
    parts = name.split("/")
    return LADDER.index(parts[1]) if parts[0] == "src" and parts[1] in LADDER else None


def rule_ladder(tree):
    """A file includes its own step of the ladder and lower ones; modules never include modules."""
    for s in tree.sources:
        if not s.name.startswith("src/"):
            continue
        step = step_of(s.name)
        if step is None:
            yield s.name, 1, f"stands on no step of the ladder ({' < '.join(LADDER)})"
            continue
        for line, what in s.includes:
            target = step_of("src/" + what) if "/" in what else step
            if target is None:
                yield s.name, line, f"includes {what}, which stands on no step"
            elif target > step:
                yield s.name, line, f"includes {what}, which is higher on the ladder"
            module, other = s.name.split("/")[2], what.split("/")[1:2]
            if what.startswith("domain/") and other != [module]:
                yield s.name, line, f"includes {what} of another module"


def rule_include_from_src(tree):
    """Includes are written from src/; only a file of the same folder may go by its bare name."""
    for s in tree.sources:
        for line, what in s.includes:
            here = (tree.root / s.name).parent / what
            found = (tree.root / "src" / what).is_file() or (tree.root / "test" / what).is_file()
            if ".." in what or not (found or ("/" not in what and here.is_file())):
                yield s.name, line, f'"{what}" is not written from src/'


def rule_own_header_first(tree):
    """A .c file includes its own header first."""
    for s in tree.ours:
        header = s.name[:-2] + ".h"
        first = s.includes[:1]
        if not s.name.endswith(".c") or not (tree.root / header).is_file():
            continue
        if not first or pathlib.Path(first[0][1]).name != pathlib.Path(header).name:
            yield s.name, first[0][0] if first else 1, "its own header is not the first include"


def rule_header_once(tree):
    """A header begins with #pragma once and says in a comment what it is."""
    for s in tree.headers:
        if not s.text.startswith("#pragma once\n"):
            yield s.name, 1, "does not begin with #pragma once"
        elif not s.text.startswith("#pragma once\n/*"):
            yield s.name, 2, "has no comment on what it is"


def rule_header_compiles_alone(tree):
    """A header compiles by itself."""
    flags = ["-std=gnu2x", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-fsyntax-only", "-Isrc", "-Itest",
             "-Iweb/node_modules/better-sqlite3/deps/sqlite3", "-xc"]
    texts = "".join(s.name + s.text for s in tree.headers)
    seen = tree.root / "build/tidy" / hashlib.sha256(texts.encode()).hexdigest()
    if seen.is_file():
        return
    clean = True
    for s in tree.headers:
        done = subprocess.run(["gcc", *flags, s.name], cwd=tree.root, stderr=subprocess.PIPE,
                              text=True)
        for text in done.stderr.splitlines():
            found = re.match(r"([^:]+):(\d+):\d+: (?:fatal )?(?:error|warning): (.*)", text)
            if found and not text.endswith("#pragma once in main file"):
                clean = False
                yield found[1], int(found[2]), f"{s.name} does not compile alone: {found[3]}"
    if clean:
        seen.parent.mkdir(parents=True, exist_ok=True)
        for old in seen.parent.iterdir():
            old.unlink()
        seen.touch()


def rule_header_comments(tree):
    """Every group of functions in a header has a comment above it; statements (*_sql.h) have one
    for the whole file, since their meaning is told where they are used."""
    for s in tree.headers:
        if s.name.endswith("_sql.h"):
            continue
        for line, name in s.bare_prototypes():
            yield s.name, line, f"{name}() has no comment above it"


def rule_file_length(tree):
    """A file has at most 1000 lines."""
    for name, text in tree.texts(".c", ".h", ".py", ".sh", ".js", ".css", ".html", "Makefile"):
        count = text.count("\n")
        if count > FILE_LINES:
            yield name, FILE_LINES, f"{count} lines, {FILE_LINES} are allowed"


def rule_line_length(tree):
    """A line has at most 100 columns."""
    for name, text in tree.texts(".c", ".h", ".py", ".sh", ".js", "Makefile"):
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > COLUMNS:
                yield name, number, f"{len(line)} columns, {COLUMNS} are allowed"


def rule_function_length(tree):
    """A function has at most 70 lines."""
    for s in tree.sources:
        for f in s.functions:
            count = f.last - f.first + 1
            if count > FUNCTION_LINES:
                yield s.name, f.first, f"{f.name}() has {count} lines, {FUNCTION_LINES} are allowed"


def rule_parameters(tree):
    """A function has at most 6 parameters."""
    for s in tree.sources:
        for f in s.functions:
            if f.parameters > PARAMETERS:
                yield s.name, f.first, f"{f.name}() has {f.parameters} parameters"


def rule_nesting(tree):
    """Statements nest at most 4 levels deep."""
    for s in tree.sources:
        for f in s.functions:
            depth, line = f.deepest()
            if depth > NESTING:
                yield s.name, line, f"{f.name}() nests {depth} levels deep"


def rule_recursion(tree):
    """No function reaches itself through functions of its file."""
    for s in tree.sources:
        calls = function_calls(s)
        for f in s.functions:
            seen, todo = set(), list(calls[f.name])
            while todo:
                name = todo.pop()
                if name not in seen:
                    seen.add(name)
                    todo += calls.get(name, ())
            if f.name in seen:
                yield s.name, f.first, f"{f.name}() reaches itself"


def rule_banned_calls(tree):
    """Calls that have a better form here are not used."""
    allowed = {"memory": MEMORY_FILES, "clock": CLOCK_FILES, "random": CLOCK_FILES}
    for s in tree.sources:
        for kind, (names, advice) in BANNED.items():
            foreign = not s.name.startswith("src/") or s.is_test
            if s.name in allowed.get(kind, ()) or (foreign and kind in ("memory", "clock")) or \
                    s.name.startswith(BENCH):
                continue
            for line, name in s.find(rf"(?<![\w.>])({names})\s*\("):
                yield s.name, line, f"{name}() is not used here: {advice}"


def rule_no_goto(tree):
    """No goto."""
    for s in tree.sources:
        for line, _ in s.find(r"\b(goto)\b"):
            yield s.name, line, "goto is not used"


def rule_no_ifdef(tree):
    """No #if: differences are different files. base/poison.h asks for the sanitizer, for all."""
    for s in tree.sources:
        if s.name == "src/base/poison.h":
            continue
        for line, _ in s.find(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b"):
            yield s.name, line, "conditional compilation is not used"


def rule_no_typedef_struct(tree):
    """Structs and enums keep their word: no typedef hides them."""
    for s in tree.sources:
        for line, _ in s.find(r"\btypedef\s+(struct|enum|union)\b"):
            yield s.name, line, "typedef hides a struct"


def rule_no_sleep_in_tests(tree):
    """Tests do not sleep."""
    for s in tree.tests:
        if s.name.startswith(BENCH):
            continue
        for line, name in s.find(rf"(?<![\w.>])({SLEEP})\s*\("):
            yield s.name, line, f"{name}() in a test"
    for name, text in tree.texts(".py", ".sh", ".js"):
        if not name.startswith("test/") or name.startswith(BENCH):
            continue
        for line, word in lines_of(text, SLEEP_SCRIPT):
            yield name, line, f"{word} in a test"


def rule_no_globals(tree):
    """No mutable global or static variable, in the text and in the objects."""
    for s in tree.ours:
        for line, name in s.mutable_statics():
            yield s.name, line, f"{name} is a variable that outlives its call"
    for s in tree.ours:
        made = tree.root / "build/obj" / (s.name[:-2] + ".o")
        if not s.name.endswith(".c") or not made.is_file():
            continue
        if made.stat().st_mtime < (tree.root / s.name).stat().st_mtime:
            continue  # of an older text
        table = subprocess.run(["objdump", "-t", str(made)], stdout=subprocess.PIPE,
                               text=True).stdout
        for row in table.splitlines():
            found = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+) (?:\.\w+ )?(\S+)$", row)
            if found and found[2].startswith(GLOBAL_SECTIONS) and "O" in found[1] and \
                    not found[2].startswith(".data.rel.ro"):
                yield s.name, 1, f"{found[4]} lies in {found[2]} of its object"


def checking_functions(bodies):
    """Names of those that assert, or call one that does. Shapes: name -> words of the body."""
    checking = {n for n, words in bodies.items()
                if any(w.startswith("assert_") or w in ("fail", "fail_msg") for w in words)}
    while True:
        more = {n for n, words in bodies.items() if n not in checking and words & checking}
        if not more:
            return checking
        checking |= more


def rule_tests_assert(tree):
    """Every test function runs and checks something, itself or through a function of the tests."""
    helpers = {f.name: f.words for s in tree.tests if not s.name.endswith("_test.c")
               for f in s.functions}
    for s in tree.tests:
        if not s.name.endswith("_test.c"):
            continue
        checking = checking_functions({**helpers, **{f.name: f.words for f in s.functions}})
        for f in s.functions:
            if not re.match(r"static void \w+\(\s*void\s*\*\*\s*\w+\s*\)", f.head):
                continue
            if f.name not in checking:
                yield s.name, f.first, f"{f.name} checks nothing"
            if len(re.findall(rf"\b{f.name}\b", s.code)) == 1:
                yield s.name, f.first, f"{f.name} is never run"


def rule_sql_place(tree):
    """SQL stands in *_sql.c."""
    for s in tree.ours:
        if s.name.endswith("_sql.c") or s.name in SQL_MAKERS or s.name.startswith(SQL_FOLDERS):
            continue
        for line, text in s.strings:
            if re.match(rf"\s*(?:{SQL})\s", text):
                yield s.name, line, "SQL outside *_sql.c"


def rule_sql_form(tree):
    """SQL names its columns and never takes data by format."""
    for s in tree.ours:
        for line, text in s.strings:
            if re.search(r"\bSELECT \*", text):
                yield s.name, line, "SELECT * names no columns"
        code = tidy_words.code_with_strings(s)
        for line, _ in lines_of(code, rf'\b(str_format|sb_printf)\s*\([^;"]*"\s*(?:{SQL})\s'):
            if s.name not in SQL_MAKERS and not s.name.startswith(SQL_FOLDERS):
                yield s.name, line, "a statement is not formatted; data go in as parameters"


def rule_open_ends(tree):
    """Open ends are issues, not comments."""
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"))
    for name, text in tree.texts():
        if name.endswith(("STYLE.md", "package-lock.json")):
            continue
        for line, word in lines_of(text, rf"\b({words})\b"):
            yield name, line, f"{word} does not reach main"


def rule_machine(tree):
    """Nothing names a path of the machine it was written on, or where its packages came from."""
    paths = "|".join(("/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "/tmp/" + "brief"))
    hosts = r"https?://[\w.-]*(?:npmjs|registry|mirror|proxy|artifact)[\w.-]*"
    for name, text in tree.texts():
        for line, what in lines_of(text, rf"(?<![\w.])({paths}|{hosts})"):
            yield name, line, f"names {what}"


def rule_white_space(tree):
    """No trailing space, no tab but in a Makefile, LF, one line feed at the end."""
    for name, text in tree.texts(".c", ".h", ".py", ".sh", ".md", ".vi", ".en", ".html", ".css",
                                 ".js", ".def", "Makefile"):
        for line, _ in lines_of(text, r"([ \t]+)$"):
            yield name, line, "trailing space"
        if "\r" in text:
            yield name, 1, "carriage return"
        ends_well = text.endswith("\n") and not text.endswith("\n\n")
        if text and not ends_well and not name.endswith(".html"):  # there it would be printed
            yield name, text.count("\n"), "does not end in one line feed"
        if name.endswith((".c", ".h", ".py")) and "\t" in text:
            yield name, text[:text.index("\t")].count("\n") + 1, "tab"


def rule_words_not_in_code(tree):
    """Vietnamese words stand in words.vi; a single letter is no word."""
    for s in tree.ours:
        for line, text in s.strings:
            if VIETNAMESE.search(text) and len(text) > 1:
                yield s.name, line, f'"{text}" belongs to words.vi'


def rule_reasons_have_words(tree):
    """Every literal reason has its sentence: reason.KEY."""
    yield from tidy_words.reasons(tree)


def rule_keys_have_words(tree):
    """Every literal key given to words() stands in the catalogue."""
    yield from tidy_words.keys(tree)


def rule_tables_have_words(tree):
    """Modules, kinds, acts, views, fields and choices have their words."""
    yield from tidy_words.tables(tree)


def rule_words_form(tree):
    """words.vi and words.en hold the same keys, once, and the Vietnamese is written in full."""
    yield from tidy_words.form(tree, VIETNAMESE)


def rule_modules_whole(tree):
    """A module folder has its README and its words in both languages."""
    for folder in sorted((tree.root / "src/domain").glob("*")):
        if not any(folder.glob("*.c")):
            continue
        for part in ("README.md", "words.vi", "words.en", f"{folder.name}_test.c"):
            if not (folder / part).is_file():
                yield str(folder.relative_to(tree.root)), 1, f"has no {part}"


def rule_links(tree):
    """Links in documents lead to files that exist."""
    for name, text in tree.texts(".md"):
        for line, target in lines_of(text, r"\]\(([^)\s]+)\)"):
            path = target.split("#")[0]
            if path and "://" not in path and not ((tree.root / name).parent / path).exists():
                yield name, line, f"leads to {target}, which is not there"


RULES = {name[5:].replace("_", " "): rule for name, rule in list(globals().items())
         if name.startswith("rule_")}


def density(tree):
    """ensure() and static_assert() per 1000 lines of code."""
    lines = sum(sum(1 for line in s.code.splitlines() if line.strip()) for s in tree.ours)
    checks = sum(len(s.find(r"\b(ensure|static_assert)\s*\(")) for s in tree.ours)
    return checks * 1000 // max(lines, 1), lines


def main(root="."):
    tree = Tree(root)
    failed = 0
    for name, rule in RULES.items():
        findings = sorted(set(rule(tree)))
        failed += bool(findings)
        for path, line, text in findings:
            print(f"{path}:{line}: {text} [{name}]")
    per_1000, lines = density(tree)
    print(f"ensure: {per_1000} per 1000 lines, {DENSITY_WANTED} wanted ({lines} lines of code)")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
