#!/usr/bin/env python3
"""Opens the papers we write with a foreign office program and reads what it shows.

Usage: paper_opens.py [BUILD]   BUILD is the build folder, "build" unless given.

The test program of the writers makes the samples; the office program turns them into PDF with a
profile of its own; pdftotext tells the words with their places. Prints "N passed, M failed".
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

SAMPLES = ("upright", "landscape", "odd", "list", "letter")
MM = 72 / 25.4
HEAD = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
REPORT = HEAD + [
    "TỈNH ỦY MẪU",
    "VĂN PHÒNG TỈNH ỦY",
    "Số: 05/BC-VPTU",
    "Hà Nội, ngày 06 tháng 01 năm 2026",
    "BÁO CÁO",
    "Tình hình trả lời các yêu cầu phối hợp giữa các văn phòng tháng 12/2025",
    "Kính gửi:",
    "Căn cứ Quy chế phối hợp công tác giữa các văn phòng;",
    "B. Yêu cầu về văn bản, đề án & tờ trình",
    "Gửi kèm hồ sơ <bản chính> và phụ lục.",
    "Tổng cộng",
    "trân trọng báo cáo và đề nghị các cơ quan tiếp tục phối hợp.",
    "KT. CHÁNH VĂN PHÒNG",
    "PHÓ CHÁNH VĂN PHÒNG",
    "Nơi nhận:",
    "- Lưu: VT, TH.",
]
EXPECTED = {
    "upright": REPORT,
    "landscape": REPORT,
    "odd": REPORT + ["Bảng có ô rất dài", "Hết ý kiến dài.", "=1+1", "Bảng không có dòng nào",
                     "Cột trống"],
    "list": HEAD + ["DANH SÁCH", "Việc số 1 cần phối hợp trả lời",
                    "Việc số 1000 cần phối hợp trả lời"],
    "letter": HEAD + ["Hà Nội, ngày …… tháng …… năm ………", "Kính gửi: Văn phòng Quốc hội",
                      "Người ký mẫu"],
}
# A row of a spreadsheet is at most 409 points high, so the end of a longer cell cannot be printed.
BEYOND_THE_FORMAT = {("odd.xlsx", "Hết ý kiến dài.")}
WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">'
                  r"([^<]*)</word>")
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.S)


class Tally:
    """Counts what held and tells what did not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, holds, sentence):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED", sentence)


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, timeout=300, **more).stdout


def squeezed(text):
    """Text without spaces: line breaks and column gaps of the page do not matter."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


def pages_of(pdf):
    """Each page as (width, height, words), a word as (left, top, right, bottom, text)."""
    html = run("pdftotext", "-bbox", str(pdf), "-").decode()
    return [(float(width), float(height),
             [(*map(float, word[:4]), word[4]) for word in WORD.findall(body)])
            for width, height, body in PAGE.findall(html)]


def check_pages(tally, name, pages, landscape):
    long_side, short_side = 297 * MM, 210 * MM
    wanted = (long_side, short_side) if landscape else (short_side, long_side)
    for number, (width, height, words) in enumerate(pages, 1):
        tally.check(abs(width - wanted[0]) < 2 and abs(height - wanted[1]) < 2,
                    f"{name}: page {number} is A4, turned as asked")
        outside = [word[4] for word in words
                   if word[0] < 29 * MM or word[2] > width - 14 * MM
                   or word[1] < 5 * MM or word[3] > height - 5 * MM]
        tally.check(words and not outside, f"{name}: page {number} has words beyond the margins or "
                                           f"none: {outside[:5]}")


def check_numbers(tally, name, pages):
    """DOCX: the page number stands in the middle of the top margin, but not on the first page."""
    for number, (width, _, words) in enumerate(pages, 1):
        top = [word for word in words if word[3] < 20 * MM]
        if number == 1:
            tally.check(not top, f"{name}: the first page has no number")
            continue
        middle = (30 * MM + width - 15 * MM) / 2
        tally.check(len(top) == 1 and top[0][4] == str(number)
                    and abs((top[0][0] + top[0][2]) / 2 - middle) < 3,
                    f"{name}: page {number} is numbered in the middle of its top margin")


def check_sample(tally, folder, name, ending):
    label = f"{name}.{ending}"
    pdf = folder / ending / f"{name}.pdf"
    tally.check(pdf.exists(), f"{label} opens")
    if not pdf.exists():
        return
    shown = squeezed(run("pdftotext", "-layout", str(pdf), "-").decode())
    in_order = squeezed(run("pdftotext", "-raw", str(pdf), "-").decode())
    for sentence in EXPECTED[name]:
        if (label, sentence) in BEYOND_THE_FORMAT:
            continue
        wanted = squeezed(sentence)
        tally.check(wanted in shown or wanted in in_order, f"{label} shows: {sentence}")
    pages = pages_of(pdf)
    check_pages(tally, label, pages, ending == "xlsx" or name in ("landscape", "list"))
    if ending == "docx":
        check_numbers(tally, label, pages)
    if name == "list":
        rows = len(re.findall(r"Việcsố\d+cầnphốihợptrảlời", shown))
        tally.check(rows == 1000, f"{label} has 1000 rows, not {rows}")
        heads = sum(any(word[4] == "TT" for word in words) for _, _, words in pages)
        tally.check(heads == len(pages), f"{label} repeats the heading on each page")
    if name == "odd" and ending == "docx":
        said = shown.count(squeezed("Đề nghị làm rõ trách nhiệm của từng cơ quan."))
        tally.check(said > 290, f"{label} shows the long cell whole: {said}")


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
    writer = build / "test" / "front" / "paper" / "paper_test"
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(str(writer), name)
        environment = dict(os.environ, HOME=name)
        for ending in ("docx", "xlsx"):
            run("soffice", f"-env:UserInstallation=file://{name}/profile", "--headless",
                "--convert-to", "pdf", "--outdir", str(folder / ending),
                *[str(folder / f"{sample}.{ending}") for sample in SAMPLES], env=environment)
            for sample in SAMPLES:
                check_sample(tally, folder, sample, ending)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
