#!/usr/bin/env python3
"""Compiles every .html under src/ from Mustache syntax to one C table (front/web/template.h).

The compiler reads the HTML around each tag and chooses the escaping from the place: between tags,
in a quoted attribute, in an address. Places where no escaping is safe are refused: scripts, styles,
comments, unquoted attributes, tag and attribute names, event handlers. There is no raw output.
"""
import pathlib
import re
import sys

from words import c_string, read, write

TAG = re.compile(r"\{\{(.*?)\}\}", re.S)
URL_ATTRIBUTES = {"href", "src", "action", "formaction", "poster", "cite", "xlink:href"}
REFUSED_ATTRIBUTES = {"style", "srcset", "srcdoc", "data", "ping", "imagesrcset"}
RAW_ELEMENTS = {"script", "style"}
NAME = re.compile(r"\.|[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
STANDALONE = "#^/!>"


class Refused(Exception):
    pass


class Html:
    """Where we stand in the page; fed with constant HTML between the tags."""

    def __init__(self):
        self.place, self.quote, self.element, self.attribute, self.value = "text", "", "", "", ""

    def state(self):
        element = self.element if self.place != "text" else ""
        return (self.place, self.quote, element, self.attribute)

    def feed(self, text):
        at = 0
        while at < len(text):
            at = getattr(self, "_" + self.place)(text, at)

    def _text(self, text, at):
        match = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9-]*)|<!").search(text, at)
        if not match:
            if re.search(r"<$", text[at:]):
                raise Refused("a lone '<'")
            return len(text)
        if match[0] == "<!--":
            self.place = "comment"
        elif match[0] == "<!":
            self.place, self.element = "tag", "!"
        else:
            self.place, self.element = "tag", match[1] + match[2].lower()
        return match.end()

    def _comment(self, text, at):
        end = text.find("-->", at)
        if end < 0:
            return len(text)
        self.place = "text"
        return end + 3

    def _raw(self, text, at):
        match = re.compile(rf"</{self.element}\s*>", re.I).search(text, at)
        if not match:
            return len(text)
        self.place = "text"
        return match.end()

    def _tag(self, text, at):
        match = re.compile(r"\s*(/?>|[^\s\"'<>/=]+|/)").match(text, at)
        if not match:
            if text[at:].strip() == "":
                return len(text)
            raise Refused(f"cannot read the tag at {text[at:at + 20]!r}")
        if match[1] in (">", "/>"):
            self.place = "raw" if self.element in RAW_ELEMENTS else "text"
            return match.end()
        self.attribute = match[1].lower()
        if self.attribute.startswith("on"):
            raise Refused(f"event handler {self.attribute} in the page: the script's business")
        if text[match.end():match.end() + 1] != "=":
            self.attribute = ""
            return match.end()
        self.quote = text[match.end() + 1:match.end() + 2]
        if self.quote not in ('"', "'"):
            raise Refused(f"the value of {self.attribute} must be quoted")
        self.place, self.value = "value", ""
        return match.end() + 2

    def _value(self, text, at):
        end = text.find(self.quote, at)
        if end < 0:
            self.value += text[at:]
            return len(text)
        self.value += text[at:end]
        scheme = re.match(r"\s*([^/?#]*):", self.value.split("\0")[0])
        if self.attribute in URL_ATTRIBUTES and scheme and scheme[1].lower() != "https":
            raise Refused(f"the address begins with {scheme[0]!r}; only https and paths may")
        self.place, self.quote, self.attribute = "tag", "", ""
        return end + 1

    def op(self, word):
        """The escaping for a value here."""
        if self.place == "text":
            return "TEMPLATE_WORD" if word else "TEMPLATE_TEXT"
        if self.place != "value":
            names = {"raw": f"<{self.element}>", "tag": "a tag, outside quotes"}
            place = names.get(self.place, self.place)
            raise Refused(f"no value can stand in {place}")
        if self.attribute in REFUSED_ATTRIBUTES:
            raise Refused(f"no value can stand in the attribute {self.attribute}")
        if self.attribute in URL_ATTRIBUTES and self.element != "script":
            if word:
                raise Refused("a word is no address")
            op = "TEMPLATE_URL_PART" if self.value else "TEMPLATE_URL"
        elif self.attribute in URL_ATTRIBUTES:
            if self.value:
                raise Refused("the address of a script is one value")
            op = "TEMPLATE_URL"
        else:
            op = "TEMPLATE_WORD_ATTR" if word else "TEMPLATE_ATTR"
        self.value += "\0"
        return op


class Compiler:
    def __init__(self, path, name, names, keys):
        self.path, self.name, self.names, self.keys = path, name, names, keys
        self.text = path.read_text(encoding="utf-8")
        self.steps, self.open, self.html = [], [], Html()

    def line(self, at):
        return self.text.count("\n", 0, at) + 1

    def raw(self, text):
        if not text:
            return
        self.html.feed(text)
        if self.steps and self.steps[-1][0] == "TEMPLATE_RAW":
            text = self.steps.pop()[1] + text
        self.steps.append(("TEMPLATE_RAW", text, 0))

    def standalone(self, match):
        """A tag alone on its line takes the line with it. Returns (start, end) to leave out."""
        start = self.text.rfind("\n", 0, match.start()) + 1
        end = self.text.find("\n", match.end())
        end = len(self.text) if end < 0 else end + 1
        alone = not (self.text[start:match.start()] + self.text[match.end():end]).strip()
        if alone and match[1][:1] in STANDALONE and match[1][:1]:
            return start, end
        return match.start(), match.end()

    def compile(self):
        at = 0
        for match in TAG.finditer(self.text):
            try:
                start, end = self.standalone(match)
                self.raw(self.text[at:max(at, start)])
                self.tag(match[1])
                at = end
            except Refused as refused:
                raise Refused(f"{self.path}:{self.line(match.start())}: {refused}") from None
        try:
            self.raw(self.text[at:])
            if self.open:
                raise Refused(f"section {self.open[-1][0]} is not closed")
            if self.html.place != "text":
                raise Refused(f"the page ends inside {self.html.place} {self.html.element}")
        except Refused as refused:
            raise Refused(f"{self.path}:{self.line(len(self.text))}: {refused}") from None
        return self.steps

    def tag(self, inner):
        if inner.startswith("{") or inner.startswith("&") or inner.startswith("="):
            raise Refused("raw output and other delimiters do not exist here")
        kind, name = inner[:1], inner[1:].strip()
        if kind == "!":
            return
        if kind == ">":
            self.partial(name)
        elif kind == "%":
            if name not in self.keys:
                raise Refused(f"the word {name} is not in the catalogue")
            self.steps.append((self.html.op(True), name, 0))
        elif kind in ("#", "^", "/"):
            self.section(kind, self.checked(name))
        else:
            self.steps.append((self.html.op(False), self.checked(inner.strip()), 0))

    def checked(self, name):
        if not NAME.fullmatch(name):
            raise Refused(f"{name!r} is no name")
        return name

    def partial(self, name):
        if self.html.place != "text":
            raise Refused("a partial stands between tags only")
        if name.startswith("*"):
            self.steps.append(("TEMPLATE_DYNAMIC", self.checked(name[1:].strip()), 0))
        elif name not in self.names:
            raise Refused(f"there is no template {name}")
        else:
            self.steps.append(("TEMPLATE_PARTIAL", "", self.names.index(name)))

    def section(self, kind, name):
        if self.html.place in ("comment", "raw"):
            raise Refused("a section cannot stand here")
        here = (self.html.state(), self.html.value)
        if kind == "/":
            if not self.open or self.open[-1][0] != name:
                last = self.open[-1][0] if self.open else "nothing"
                raise Refused(f"closes {name}, open is {last}")
            _, index, state = self.open.pop()
            if state[0] != here[0]:
                raise Refused(f"section {name} ends in another place of the HTML than it began")
            op, text, _ = self.steps[index]
            self.steps[index] = (op, text, len(self.steps))
            self.steps.append(("TEMPLATE_END", "", index))
            # Whether something stands before a later value of the same attribute is unknown now.
            self.html.value = state[1] or here[1]
        else:
            self.open.append((name, len(self.steps), here))
            op = "TEMPLATE_SECTION" if kind == "#" else "TEMPLATE_INVERTED"
            self.steps.append((op, name, 0))


def catalogue():
    errors, table = [], {}
    for path in sorted(pathlib.Path("src").rglob("words.vi")):
        read(path, table, errors)
    return table.keys()


def c_table(names, pages):
    lines = ['#include "front/web/template.h"', ""]
    for index, steps in enumerate(pages):
        lines.append(f"static const struct template_step STEPS_{index}[] = {{")
        for op, text, number in steps:
            literal = c_string(text).replace("\n", '\\n"\n        "')
            lines.append(f"    {{{op}, {{{literal}, {len(text.encode())}}}, {number}}},")
        lines += ["    {}," if not steps else "", "};", ""]
    lines.append("const struct template TEMPLATES[] = {")
    for index, (name, steps) in enumerate(zip(names, pages)):
        lines.append(f'    {{{{"{name}", {len(name)}}}, STEPS_{index}, {len(steps)}}},')
    lines += ["    {},", "};", f"const size_t TEMPLATES_COUNT = {len(names)};", ""]
    return "\n".join(lines)


def main(out, root="src"):
    paths = sorted(pathlib.Path(root).rglob("*.html"))
    names = [path.relative_to(root).with_suffix("").as_posix() for path in paths]
    keys, pages, errors = catalogue(), [], []
    for path, name in zip(paths, names):
        try:
            pages.append(Compiler(path, name, names, keys).compile())
        except Refused as refused:
            errors.append(str(refused))
    if errors:
        sys.exit("\n".join(errors))
    write(out, c_table(names, pages))


if __name__ == "__main__":
    main(*sys.argv[1:])
