#!/usr/bin/env python3
"""A draft goes through LibreOffice: it leaves as our DOCX with clause marks, LibreOffice puts
comments and tracked changes into it and saves it again, and what comes back are the right points.

    word_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0

The part that edits runs in the Python that has LibreOffice's bridge.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
TEST = str(BUILD / "test/main/word_test")
WAIT_S = 90

EDIT = r'''
import sys, threading, time, uno
from com.sun.star.beans import PropertyValue
pipe, source, target = sys.argv[1:]
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext(
    "com.sun.star.bridge.UnoUrlResolver", local)
end = time.monotonic() + 60
while True:
    try:
        context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        break
    except Exception:
        if time.monotonic() > end:
            raise
        threading.Event().wait(0.1)
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
def value(name, what):
    return PropertyValue(Name=name, Value=what)
document = desktop.loadComponentFromURL("file://" + source, "_blank", 0, (value("Hidden", True),))
text = document.Text
def find(words):
    search = document.createSearchDescriptor()
    search.SearchString = words
    found = document.findFirst(search)
    assert found is not None, words
    return found
document.RecordChanges = True
find("05").setString("07")
end_ = find("Quy chế có hiệu lực từ ngày ký.").End
text.insertString(end_, " Trừ Điều 2.", False)
behind = text.createTextCursorByRange(find("1. Trả lời trong").End)
behind.gotoEndOfParagraph(False)
text.insertControlCharacter(behind, 0, False)
text.insertString(behind, "1a. Trường hợp gấp: 02 ngày.", False)
document.storeToURL("file://" + target,
                    (value("FilterName", "OpenDocument Text Flat XML"),))
document.close(True)
try:
    desktop.terminate()
except Exception:
    pass
'''

COMMENTS = [("báo cáo", "Nên ghi rõ báo cáo nào."), ("QUY CHẾ PHỐI HỢP", "Tên nên ngắn hơn.")]

# What must be told: a point at its clause, or an item that waits, and where.
POINTS = [
    ("khoản 2 Điều 2", "Về “báo cáo”: Nên ghi rõ báo cáo nào."),
    ("khoản 1 Điều 2", "Đề nghị bỏ “05”, thay bằng “07”."),
    ("Điều 3", "Đề nghị thêm “Trừ Điều 2.”."),
]
WAITING = [("Sau khoản 1 Điều 2", "Đề nghị thêm “1a. Trường hợp gấp: 02 ngày.”.")]


def commented(xml):
    """Puts the comments into LibreOffice's own format: its program without a screen falls when it
    is told to insert one, for it would draw it."""
    note = ('<office:annotation office:name="c{0}"><dc:creator>Cán bộ góp ý</dc:creator>'
            "<text:p>{1}</text:p></office:annotation>")
    for number, (words, what) in enumerate(COMMENTS):
        assert xml.count(words) == 1, words
        ranged = (note.format(number, what) + words +
                  f'<office:annotation-end office:name="c{number}"/>')
        alone = words + note.format(number, what).replace(f' office:name="c{number}"', "")
        xml = xml.replace(words, ranged if number == 0 else alone)
    return xml


def cells(page):
    """The rows of every section as lists of texts."""
    return [[cell.get("text", "") for cell in row["cells"]]
            for section in page.get("sections", []) for row in section.get("rows", [])]


def soffice(top, *arguments):
    return subprocess.Popen(
        ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{top}/profile",
         *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def edited(top):
    source, flat = top / "di.docx", top / "ve.fodt"
    subprocess.run([TEST, "write", source], check=True, timeout=WAIT_S)
    pipe = f"phoihop-{os.getpid()}"
    office = soffice(top, f"--accept=pipe,name={pipe};urp;")
    try:
        subprocess.run(["/usr/bin/python3", "-c", EDIT, pipe, str(source), str(flat)],
                       check=True, timeout=WAIT_S)
        office.wait(timeout=WAIT_S)
    finally:
        office.kill()
        office.wait()
    flat.write_text(commented(flat.read_text()))
    office = soffice(top, "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(top), str(flat))
    office.wait(timeout=WAIT_S)
    return top / "ve.docx"


def main():
    passed = failed = 0

    def expect(holds, what):
        nonlocal passed, failed
        passed += bool(holds)
        failed += not holds
        if not holds:
            print(f"  FAILED: {what}")

    with tempfile.TemporaryDirectory(prefix="phoihop-word-") as folder:
        target = edited(pathlib.Path(folder))
        done = subprocess.run([TEST, "read", target], capture_output=True, timeout=WAIT_S)
        expect(done.returncode == 0, f"the file is taken: {done.stderr[-400:]}")
        page = json.loads(done.stdout) if done.returncode == 0 else {}
        rows = cells(page)
        for clause, words in POINTS:
            expect(any(row[0] == clause and words in row[2] for row in rows if len(row) > 2),
                   f"{clause}: {words}")
        for place, words in WAITING:
            expect(any(row[0] == place and words in row[2] for row in rows if len(row) > 2),
                   f"{place}: {words}")
        expect(any("Tên nên ngắn hơn." in cell for row in rows for cell in row),
               "a comment at a place")
        expect(not any("không có dấu theo dõi" in cell for row in rows for cell in row),
               "nothing is said to be untracked")
        if failed:
            print(json.dumps(rows, ensure_ascii=False, indent=1))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
