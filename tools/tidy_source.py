"""One C file as tidy.py sees it: code without comments and strings, includes, functions.

It reads what clang-format writes: a function's braces stand in the first column.
"""
import re

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*")

NO_VARIABLE = {"return", "typedef", "extern", "static", "const", "goto"}


def blank(text):
    """Spaces of the same length, line feeds kept."""
    return re.sub(r"[^\n]", " ", text)


def lines_of(text, pattern):
    """(line, group 1) of every match."""
    return [(text.count("\n", 0, m.start(1)) + 1, m[1]) for m in re.finditer(pattern, text, re.M)]


class Function:
    def __init__(self, source, head_at, open_at, close_at):
        self.code = source.code
        self.head = source.code[head_at:open_at]
        self.open_at, self.close_at = open_at, close_at
        self.body = source.code[open_at:close_at]
        self.words = set(WORD.findall(self.body))
        called = re.search(r"([A-Za-z_]\w*)\s*\(", re.sub(r"\[\[.*?\]\]", blank_match, self.head))
        self.name = called[1] if called else "?"
        self.first = source.code.count("\n", 0, head_at) + 1
        self.last = source.code.count("\n", 0, close_at) + 1
        self.parameters = self.count_parameters(called.end() if called else 0)

    def count_parameters(self, at):
        depth, count, text = 1, 1, ""
        for ch in self.head[at:]:
            depth += (ch == "(") - (ch == ")")
            if depth == 0:
                break
            count += ch == "," and depth == 1
            text += ch
        return 0 if text.strip() in ("", "void") else count

    def deepest(self):
        """How deep statements nest, and where. Braces of initialisers do not count."""
        stack, worst, line = [], 0, self.first
        for at in range(self.open_at + 1, self.close_at):
            if self.code[at] == "{":
                inside = not stack or stack[-1]  # nothing inside an initialiser is a block
                stack.append(inside and self.opens_block(at))
                if sum(stack) > worst:
                    worst, line = sum(stack), self.code.count("\n", 0, at) + 1
            elif self.code[at] == "}" and stack:
                stack.pop()
        return worst, line

    def opens_block(self, at):
        before = self.code[self.open_at:at].rstrip()
        if before.endswith((";", "{", "}", ":")) or re.search(r"\b(else|do)$", before):
            return True
        if not before.endswith(")"):
            return False
        depth, i = 0, len(before)
        while i > 0:
            i -= 1
            depth += (before[i] == ")") - (before[i] == "(")
            if depth == 0:
                break
        word = re.search(r"([A-Za-z_]\w*)\s*$", before[:i])
        return word is not None and word[1] in ("if", "for", "while", "switch")


def blank_match(match):
    return blank(match[0])


class Source:
    def __init__(self, root, path):
        self.name = str(path.relative_to(root))
        self.text = path.read_text(encoding="utf-8")
        self.is_test = self.name.startswith("test/") or self.name.endswith("_test.c")
        self.code = TOKEN.sub(blank_match, self.text)
        self.strings = []
        for m in TOKEN.finditer(self.text):
            if m[0].startswith('"'):
                self.strings.append((self.text.count("\n", 0, m.start()) + 1, m[0][1:-1]))
        self.includes = lines_of(self.text, r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"')
        self.includes = [(n, what) for n, what in self.includes if not what.endswith(".def")]
        self.functions = list(self.find_functions()) if self.name.endswith(".c") else []

    def find(self, pattern):
        """Matches in the code, comments and strings aside."""
        return lines_of(self.code, pattern)

    def without_directives(self):
        return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", blank_match, self.code, flags=re.M)

    def find_functions(self):
        code = self.without_directives()
        for m in re.finditer(r"^\{$", code, re.M):
            before = code[:m.start()].rstrip()
            close = code.find("\n}", m.start())
            if not before.endswith(")") or close < 0:
                continue
            ends = [before.rfind(ch) for ch in (";", "}")]
            start = max(ends) + 1
            start += len(before[start:]) - len(before[start:].lstrip())
            yield Function(self, start, m.start(), close + 1)

    def mutable_statics(self):
        """(line, name) of variables that outlive their call."""
        code = self.without_directives()
        pattern = r"\bstatic\s+(?!assert)([^;{}()=]*?\b(\w+)\s*(?:\[[^\]]*\])*\s*[=;])"
        for m in re.finditer(pattern, code):
            pointer = re.search(r"\bconst\b[^*]*\*\s*\w+\s*[=;\[]", m[1])  # itself not const
            if pointer or not re.search(r"\bconst\b", m[1]):
                yield code.count("\n", 0, m.start()) + 1, m[2]
        for m in re.finditer(r"^(?:_Atomic )?(?:struct \w+|enum \w+|[a-z_0-9]+|char|bool) \**(\w+)"
                             r"(?:\[[^\]]*\])* *(?:=[^=]|;)", code, re.M):
            declared = re.fullmatch(r"(?:struct|enum) \w+;", m[0]) or \
                m[1] in {f.name for f in self.functions}
            if not declared and m[0].split()[0] not in NO_VARIABLE:
                yield code.count("\n", 0, m.start()) + 1, m[1]

    def bare_prototypes(self):
        """(line, name) of the first function of a group that no comment introduces."""
        code = self.without_directives()
        lines = self.text.split("\n")
        for m in re.finditer(r"^(?!static|typedef|extern|struct \w+ \{|enum)[^\s{}/][^;{}=]*?"
                             r"\b(\w+)\([^;{}]*?\)(?:\s*\[\[[^;]*\]\])?;", code, re.M):
            yield from self.group_without_comment(code, lines, m)
        for m in re.finditer(r"^enum (?:err|\w+) \**(\w+)\([^;{}]*?\);", code, re.M):
            yield from self.group_without_comment(code, lines, m)

    @staticmethod
    def group_without_comment(code, lines, m):
        at = code.count("\n", 0, m.start())
        above = at - 1
        while above >= 0 and lines[above].strip() and not lines[above].startswith("#"):
            if lines[above].rstrip().endswith(("*/", ";")):
                return  # introduced, or not the first of its group
            above -= 1
        yield at + 1, m[1]


def function_calls(source):
    """Which functions of its file a function names in a call."""
    names = {f.name for f in source.functions}
    return {f.name: [n for n in re.findall(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(", f.body) if n in names]
            for f in source.functions}
