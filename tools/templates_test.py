#!/usr/bin/env python3
"""What tools/templates.py refuses, with the place of the mistake."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from templates import Compiler, Refused  # noqa: E402


def compile_text(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "page.html"
        path.write_text(text, encoding="utf-8")
        return Compiler(path, "page", ["page"], {"web.login"}).compile()


def op(text):
    return next(step[0] for step in compile_text(text) if step[1] == "x")


class Templates(unittest.TestCase):
    def refused(self, text, words, line=1):
        with self.assertRaises(Refused) as caught:
            compile_text(text)
        self.assertIn(words, str(caught.exception))
        self.assertIn(f"page.html:{line}:", str(caught.exception))

    def test_raw_output_does_not_exist(self):
        self.refused("{{{x}}}", "raw output")
        self.refused("a\n{{&x}}", "raw output", 2)
        self.refused("{{=<% %>=}}", "other delimiters")

    def test_values_are_refused_where_no_escaping_is_safe(self):
        self.refused("<script>var x = {{x}};</script>", "<script>")
        self.refused("<style>p { color: {{x}} }</style>", "<style>")
        self.refused("<!-- {{x}} -->", "comment")
        self.refused("<p {{x}}></p>", "outside quotes")
        self.refused("<p title={{x}}></p>", "quoted")
        self.refused("<p title=a></p>", "quoted")
        self.refused('<p style="{{x}}"></p>', "style")
        self.refused('<iframe srcdoc="{{x}}"></iframe>', "srcdoc")
        self.refused('<p onclick="{{x}}"></p>', "event handler")
        self.refused('<p onclick="go()"></p>', "event handler")
        self.refused('<{{x}}>', "'<'")

    def test_addresses_keep_their_scheme(self):
        self.refused('<a href="javascript:{{x}}"></a>', "only https")
        self.refused('<a href="javascript:go()"></a>', "only https")
        self.refused('<a href="{{%web.login}}"></a>', "no address")

    def test_the_place_chooses_the_escaping(self):
        self.assertEqual(op("<p>{{x}}</p>"), "TEMPLATE_TEXT")
        self.assertEqual(op("<textarea>{{x}}</textarea>"), "TEMPLATE_TEXT")
        self.assertEqual(op("<p title='{{x}}'></p>"), "TEMPLATE_ATTR")
        self.assertEqual(op('<a href="{{x}}"></a>'), "TEMPLATE_URL")
        self.assertEqual(op('<a href="/a?b={{x}}"></a>'), "TEMPLATE_URL_PART")
        self.assertEqual(op('<a href="{{y}}{{x}}"></a>'), "TEMPLATE_URL_PART")
        self.assertEqual(op('<a href="{{#s}}/a{{/s}}{{x}}"></a>'), "TEMPLATE_URL_PART")
        self.assertEqual(op('<script src="{{x}}" defer></script>'), "TEMPLATE_URL")

    def test_sections_end_where_they_began(self):
        self.refused("{{#a}}", "not closed")
        self.refused("{{#a}}\n{{/b}}", "closes b", 2)
        self.refused("{{/a}}", "closes a")
        self.refused('<p {{#a}}title="{{/a}}"></p>', "another place")
        self.refused('<p title="{{#a}}">{{/a}}</p>', "another place")
        compile_text("<p{{#a}} class=\"b\"{{/a}}></p>")

    def test_pages_and_names_are_whole(self):
        self.refused("<p title=\"a", "ends inside")
        self.refused("{{>nowhere}}", "no template")
        self.refused("{{%web.nothing}}", "not in the catalogue")
        self.refused("{{a b}}", "is no name")
        self.refused('<p title="{{>page}}"></p>', "between tags only")


if __name__ == "__main__":
    unittest.main()
