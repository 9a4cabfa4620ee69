#!/usr/bin/env python3
"""Who looks after the exchange: status, tracking, numbers for Prometheus, comparison of ledgers, on
two real offices.

    oversight_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0
"""
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from exchange_e2e import ask, card, know, number, r1_ms, wire
from processes_e2e import Office, answer, command, free_ports, refusal, until

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*")*\}'
SAMPLE = re.compile(rf"({NAME})({LABELS})? (-?\d+)")
SECRET = "Nội dung chỉ người trong việc được biết"


def said(*args):
    done = command(*args, "--lang", "vi")
    assert done.returncode == 0, done.stderr
    return done.stdout


def get(office, path, token=None):
    request = urllib.request.Request(f"http://127.0.0.1:{office.port}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.headers.get("Content-Type"), reply.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers.get("Content-Type"), e.read().decode()


def metrics_of(text):
    """The text-based exposition format 0.0.4, strictly: HELP, TYPE, then the samples of one metric,
    each label set once."""
    values, metric = {}, None
    assert text.endswith("\n")
    lines = iter(text[:-1].split("\n"))
    for line in lines:
        if line.startswith("# HELP "):
            metric = line.split(" ", 3)[2]
            assert next(lines) == f"# TYPE {metric} gauge", metric
            assert not any(name == metric for name, _ in values), f"{metric} stands twice"
            continue
        found = SAMPLE.fullmatch(line)
        assert found and found[1] == metric, line
        assert (metric, found[2]) not in values, line
        values[metric, found[2]] = int(found[3])
    return values


def rows(office, sql, *args):
    with sqlite3.connect(f"file:{office.folder}/office.db?mode=ro", uri=True) as db:
        found = db.execute(sql, args).fetchall()
    db.close()
    return found


def a_document_is_tracked_and_the_same_is_said_while_the_office_is_stopped(a, b):
    record = ask(a, [card(b)["office"]], f"summary={SECRET}")
    r1_ms(a, record, card(b)["office"])
    running = said("track", a.folder, record)
    assert "Đã đến máy chủ, chưa tiếp nhận" in running, running
    assert "Gọi văn thư nơi nhận" in running
    data = answer("track", a.folder, record, "--json")
    assert data["documents"][0]["to"][0]["at"] == "arrived", data
    assert SECRET not in json.dumps(data, ensure_ascii=False)
    a.stop()
    assert said("track", a.folder, record) == running
    a.start()
    assert "Không có văn bản nào" in said("track", a.folder, "999")
    assert refusal("track", a.folder, "x" * 200)["reason"] == "form"


def status_is_said_in_words_and_as_data(a, b):
    text = said("status", a.folder)
    assert f"{card(b)['code']}: Thông suốt" in text, text
    data = answer("status", a.folder, "--json")
    assert data["peers"][0]["waiting"] == 0 and data["alarms"] == [] and data["closed"] == ""


def metrics_are_for_who_has_the_token(a, _):
    token = said("metrics", a.folder, "--token").strip()
    assert get(a, "/metrics")[0] == 401
    assert get(a, "/metrics", token[:-1] + ("0" if token[-1] != "0" else "1"))[0] == 401
    assert get(a, "/api/view/note.list", token)[0] == 401
    status, media, text = get(a, "/metrics", token)
    assert status == 200 and media.startswith("text/plain; version=0.0.4")
    values = metrics_of(text)
    code = answer("status", a.folder, "--json")["peers"][0]["code"]
    assert values["phoihop_feed_waiting", f'{{peer="{code}"}}'] == 0
    assert values["phoihop_feed_acked_entries", f'{{peer="{code}"}}'] >= 1
    assert values["phoihop_closed", None] == 0
    assert SECRET not in text and "admin" not in text
    assert metrics_of(said("metrics", a.folder)[:-1]).keys() == values.keys()
    promtool = shutil.which("promtool")
    if promtool is None:
        print("  promtool is not installed (Debian: prometheus): its own check was skipped")
        return
    done = subprocess.run([promtool, "check", "metrics"], input=text, text=True,
                          capture_output=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


def compare(a, b):
    """Compares now; waits until both ends have it."""
    sql = "SELECT coalesce(max(at_ms), 0) FROM ledger_run"
    before = number(a, sql), number(b, sql)
    answer("act", a.folder, "--as", "admin", "exchange.compare")
    until(lambda: number(a, sql) > before[0] and number(b, sql) > before[1], "a comparison")


def both_ledgers_are_compared_and_a_loss_is_named_on_both_sides(a, b):
    compare(a, b)
    assert number(a, "SELECT count(*) FROM ledger_difference") == 0
    lost = ask(a, [card(b)["office"]])
    r1_ms(a, lost, card(b)["office"])
    b.stop()
    db = sqlite3.connect(f"{b.folder}/office.db")
    with db:
        kept = db.execute("SELECT * FROM version WHERE record = ?", (lost,)).fetchone()
        db.execute("DELETE FROM version WHERE record = ?", (lost,))
    b.start()
    compare(a, b)
    for office in (a, b):
        assert rows(office, "SELECT record, verdict FROM ledger_difference WHERE ended_ms = 0") == \
            [(lost, 2)]
        text = said("status", office.folder)
        assert "Nơi nhận đã xác nhận nhưng không còn giữ" in text and "CẢNH BÁO" in text, text
    b.stop()
    with db:
        db.execute(f"INSERT INTO version VALUES ({','.join('?' * len(kept))})", kept)
    db.close()
    b.start()
    compare(a, b)
    for office in (a, b):
        assert number(office, "SELECT count(*) FROM ledger_difference WHERE ended_ms = 0") == 0
        assert answer("status", office.folder, "--json")["alarms"] == []


TESTS = [a_document_is_tracked_and_the_same_is_said_while_the_office_is_stopped,
         status_is_said_in_words_and_as_data, metrics_are_for_who_has_the_token,
         both_ledgers_are_compared_and_a_loss_is_named_on_both_sides]


def main():
    passed = failed = 0
    top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-oversight-"))
    top.chmod(0o755)  # the office's user must reach it
    a = Office(top / "a", free_ports(60), "VPA")
    b = Office(top / "b", free_ports(60), "VPB")
    know(a, card(b), top, wire(b))
    know(b, card(a), top, wire(a))
    try:
        for test in TESTS:
            try:
                test(a, b)
                passed += 1
                print(f"  {test.__name__}", flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"test/e2e/oversight_e2e.py: {test.__name__}: {e!r}", flush=True)
    finally:
        for office in (a, b):
            office.stop()
        shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
