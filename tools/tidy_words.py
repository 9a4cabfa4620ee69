"""Words: what a user reads stands in words.vi and words.en, and nothing in the code is without."""
import re
import subprocess

KEY = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')


class Words:
    def __init__(self, root):
        self.files = {}  # name -> [(line, key, text)]
        for path in sorted((root / "src").rglob("words.*")):
            if path.suffix in (".vi", ".en"):
                self.files[str(path.relative_to(root))] = list(read(path))
        self.keys = {lang: {key for name, rows in self.files.items() if name.endswith(lang)
                            for _, key, _ in rows} for lang in (".vi", ".en")}

    def has(self, key):
        return all(key in keys for keys in self.keys.values())


def read(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            key, _, text = line.partition(" = ")
            yield number, key, text


def code_with_strings(source):
    """Comments blanked, strings kept."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"',
                  lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]),
                  source.text, flags=re.DOTALL)


def line_at(text, at):
    return text.count("\n", 0, at) + 1


def calls(code, names):
    """The arguments, as texts, of every call of these functions, and where it stands."""
    for m in re.finditer(rf"(?<![\w.>])(?:{names})\s*\(", code):
        depth, at, args, start = 1, m.end(), [], m.end()
        while depth and at < len(code):
            if code[at] == '"':
                at = LITERAL.match(code, at).end()
                continue
            depth += (code[at] in "({") - (code[at] in ")}")
            if depth == 0 or (depth == 1 and code[at] == ","):
                args.append((start, code[start:at].strip()))
                start = at + 1
            at += 1
        yield args


def literals(code, at, text):
    """(line, key) of the literals of an expression that are keys; parts of comparisons are not."""
    text = re.sub(r"^[^?]*\?", lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    for m in LITERAL.finditer(text):
        if KEY.fullmatch(m[1]):
            yield line_at(code, at + m.start()), m[1]


def said_reasons(source, code):
    for args in calls(code, "fail|problem|problem_once"):
        yield from literals(code, *args[-1])
    for m in re.finditer(r'\breason = ([^;{}]*?);|\.reason = ("[^"]*")', code):
        group = 1 if m[1] else 2
        yield from literals(code, m.start(group), m[group])
    for f in source.functions:  # functions that give back a reason key
        if re.search(r"const char \*\w*(?:refusal|_problem|_reason)\w*\(", f.head):
            for m in re.finditer(r"\breturn ([^;]*);", code[f.open_at:f.close_at]):
                yield from literals(code, f.open_at + m.start(1), m[1])


def reasons(tree):
    for s in tree.ours:
        for line, key in said_reasons(s, code_with_strings(s)):
            if not tree.words.has("reason." + key):
                yield s.name, line, f"reason.{key} has no words"


def said_keys(code):
    for args in calls(code, "words|words_has"):
        yield from literals(code, *args[-1])
    for args in calls(code, "words_fill"):
        yield from literals(code, *args[2])
    for args in calls(code, "view_column"):
        yield from literals(code, *args[-1])
    for args in calls(code, "view_fact"):
        yield from literals(code, *args[2])


def keys(tree):
    for s in tree.ours:
        code = code_with_strings(s)
        for line, key in said_keys(code):
            if not tree.words.has(key):
                yield s.name, line, f"{key} has no words"
        for m in re.finditer(r'\.what = "([a-z0-9_.]+)"', code):
            if not tree.words.has("obligation." + m[1]):
                yield s.name, line_at(code, m.start(1)), f"obligation.{m[1]} has no words"


def expanded(tree, source):
    """The file as the compiler sees it, without what its headers bring; '' when gcc cannot."""
    flags = ["-std=gnu2x", "-D_GNU_SOURCE", "-Isrc", "-Ibuild/gen",
             "-Iweb/node_modules/better-sqlite3/deps/sqlite3"]
    done = subprocess.run(["gcc", "-E", *flags, source.name], cwd=tree.root, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    own, lines = False, []
    for line in done.stdout.splitlines():
        mark = re.match(r'# (\d+) "([^"]+)"', line)
        if mark:
            own = mark[2] == source.name
        elif own:
            lines.append(line)
    return "\n".join(lines)


def initialisers(code, pattern):
    """(match, text between the outer braces) of every array that the pattern begins."""
    for m in re.finditer(pattern + r"\s*=\s*\{", code):
        depth, at = 1, m.end()
        while depth and at < len(code):
            if code[at] == '"':
                at = re.compile(r'"(?:\\.|[^"\\])*"').match(code, at).end()
                continue
            depth += (code[at] == "{") - (code[at] == "}")
            at += 1
        yield m, code[m.end():at - 1]


def rows(text):
    """The texts of {...} at the first level."""
    depth, start = 0, 0
    for at, ch in enumerate(text):
        if ch == "{":
            start = at if depth == 0 else start
            depth += 1
        elif ch == "}":
            depth -= 1
            if depth == 0:
                yield text[start:at + 1]


def value(row, name):
    found = re.search(rf'\.{name}\s*=\s*\(?"([^"]*)"((?:\s*"[^"]*")*)', row)
    return None if found is None else found[1] + "".join(re.findall(r'"([^"]*)"', found[2]))


def wanted_of_fields(code):
    """Labels of fields and words of choices, as the generic pages look for them."""
    choices = {m[1]: re.findall(r'"([^"]*)"', text) for m, text in
               initialisers(code, r"const char \*const (\w+)\[\]")}
    fields = {m[1]: list(rows(text)) for m, text in
              initialisers(code, r"const struct field (\w+)\[\]")}
    table = r'\.name = \("([^"]+)"\)[^{}]*?\.fields = \((\w+)\)'
    for name, array in re.findall(table, code):
        for row in fields.get(array, ()):
            field = value(row, "name")
            yield value(row, "label") or f"field.{name}.{field}", None
            chosen = re.search(r"\.choices\s*=\s*(\w+)", row)
            for word in choices.get(chosen[1], ()) if chosen else ():
                yield f"choice.{name}.{field}.{word}", f"choice.{word}"


def wanted_of_module(code):
    for _, text in initialisers(code, r"const struct act (\w+)\[\w*\]"):
        for row in rows(text):
            yield f"act.{value(row, 'name')}", None
            yield f"act.{value(row, 'name')}.help", None
    for _, text in initialisers(code, r"const struct view_def (\w+)\[\w*\]"):
        for row in rows(text):
            yield f"view.{value(row, 'name')}", None
    for _, text in initialisers(code, r"const struct module (\w+_module)"):
        yield f"module.{value(text, 'name')}", None


def tables(tree):
    folders = ("src/domain/", "src/core/org", "src/core/today")
    kind_tables, table_names = set(), {}
    for s in tree.ours:
        if not s.name.endswith(".c") or not s.name.startswith(folders):
            continue
        code = expanded(tree, s)
        for key, other in [*wanted_of_fields(code), *wanted_of_module(code)]:
            if not tree.words.has(key) and not (other and tree.words.has(other)):
                yield s.name, place_of(s, key), f"{key} has no words"
        for _, text in initialisers(code, r"const struct kind (\w+)\[\]"):
            kind_tables |= set(re.findall(r"\.table = &(\w+)", text))
        for m, text in initialisers(code, r"const struct field_table (\w+)"):
            table_names[m[1]] = (s, value(text, "name"))
    for table in sorted(kind_tables & table_names.keys()):
        s, name = table_names[table]
        if not tree.words.has(f"kind.{name}"):
            yield s.name, place_of(s, name), f"kind.{name} has no words"


def place_of(source, key):
    """The line that speaks of the key's last word, as well as it can be told."""
    for word in (key, key.split(".", 1)[-1], key.rsplit(".", 1)[-1]):
        for line, text in source.strings:
            if text == word:
                return line
    return 1


def form(tree, vietnamese):
    for name, entries in tree.words.files.items():
        other = ".en" if name.endswith(".vi") else ".vi"
        beside = {key for _, key, _ in tree.words.files.get(name[:-3] + other, ())}
        seen = set()
        for line, key, text in entries:
            if key in seen:
                yield name, line, f"{key} stands twice"
            seen.add(key)
            if key not in beside:
                yield name, line, f"{key} does not stand in words{other} beside it"
            plain = re.sub(r"\{\w+\}|“[^”]*”|[A-Z]{2,}", "", text)
            words = re.findall(r"[^\W\d_]{2,}", plain)
            sentence = len(words) >= 3 and " " in text  # file names have no marks
            if name.endswith(".vi") and sentence and not vietnamese.search(plain):
                yield name, line, f'"{text}" is not written in Vietnamese'
