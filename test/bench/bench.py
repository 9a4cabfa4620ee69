#!/usr/bin/env python3
"""Figures of the product beside the machine's own limits, all in one run, as ratios.

    bench.py BUILD [--quick] [--json FILE]

Two offices are founded in a fresh folder and served by real processes; every figure is of requests
over their sockets. Obligations for the "today" page are written into the stopped office's database
(100,000 rows over real notes), since no person makes that many; everything else is made by acts.
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

REACH = {"acts": 0.5, "today": 2.0, "today_ms": 10.0, "pss_mb": 32.0, "growth": 1.5}


class Office:
    """A founded office and, while it is served, its processes."""

    def __init__(self, program, root, code, port):
        self.program, self.dir, self.port, self.code = program, root / code.lower(), port, code
        made = self.run("init", self.dir, "--office", code, "--name", f"Văn phòng {code}",
                        "--port", port, "--wire-port", port + 50)
        self.admin_password = made["password"]
        for login, roles in (("chuyenvien", "officer"), ("vanthu", "registry")):
            self.run("user", "add", self.dir, "--login", login, "--title", f"Chức danh {login}",
                     "--roles", roles, "--password", f"mat-khau-{login}")
        self.token = {login: self.run("token", "add", self.dir, "--login", login, "--label", "bench")["token"]
                      for login in ("chuyenvien", "vanthu")}
        self.process = None

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def serve(self):
        ready, told = os.pipe()
        self.process = subprocess.Popen([self.program, "serve", str(self.dir), "--ready-fd", str(told)],
                                        pass_fds=(told,), stdout=subprocess.DEVNULL)
        os.close(told)
        with os.fdopen(ready) as pipe:
            if not pipe.readline():
                sys.exit("the office did not start")

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    def processes(self):
        pids = [self.process.pid]
        for pid in pids:
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                pids += [int(child) for child in task.read_text().split()]
        return pids

    def pss_mb(self):
        total = 0
        for pid in self.processes():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1))
        return total / 1024

    def api(self, connection, login, path, body):
        headers = {"Authorization": f"Bearer {self.token[login]}", "Content-Type": "application/json"}
        connection.request("POST" if body is not None else "GET", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {text[:400]!r}")
        return json.loads(text)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def cookie(self, login):
        connection = self.connect()
        connection.request("GET", "/login")
        answer = connection.getresponse()
        page = answer.read().decode()
        jar = [h.split(";")[0] for h in answer.headers.get_all("Set-Cookie") or []]
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        form |= {"login": login, "password": f"mat-khau-{login}"}
        connection.request("POST", "/login", urllib.parse.urlencode(form), {
            "Content-Type": "application/x-www-form-urlencoded", "Cookie": "; ".join(jar),
            "Origin": f"http://127.0.0.1:{self.port}"})
        answer = connection.getresponse()
        answer.read()
        jar += [h.split(";")[0] for h in answer.headers.get_all("Set-Cookie") or []]
        if answer.status not in (302, 303):
            sys.exit(f"login: {answer.status}")
        return "; ".join(jar)


def load(build, office, seconds, connections, request, rate=None):
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        words = [build / "bench/load", "open" if rate else "closed", str(office.port), str(connections),
                 str(seconds), file.name] + ([str(rate)] if rate else [])
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)
    if result["errors"]:
        print(f"  {result['errors']} of {result['requests']} answers were errors", file=sys.stderr)
    return result


def act_request(office, act, body):
    text = json.dumps(body, ensure_ascii=False).encode()
    return (f"POST /api/act/{act} HTTP/1.1\r\nHost: 127.0.0.1:{office.port}\r\n"
            f"Authorization: Bearer {office.token['chuyenvien']}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\n\r\n").encode() + text


def page_request(office, path, cookie):
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{office.port}\r\nCookie: {cookie}\r\n\r\n").encode()


NOTE = {"title": "Ghi chú của bộ đo", "text": "Nội dung một ghi chú có độ dài thường gặp. " * 10}


def notes_until(build, office, count):
    """Writes notes over HTTP until the office holds that many records of the kind."""
    request = act_request(office, "note.write", NOTE)
    while True:
        with sqlite3.connect(f"file:{office.dir}/office.db?mode=ro", uri=True) as db:
            have = db.execute("SELECT count(*) FROM head WHERE kind = 'note.note'").fetchone()[0]
        if have >= count:
            return
        load(build, office, max(1, min(20, (count - have) / 6000)), 64, request)


def obligations_seed(office, count):
    """Open obligations of the whole office over its real notes, due within 60 days."""
    with sqlite3.connect(office.dir / "office.db") as db:
        home = db.execute("SELECT home FROM head WHERE kind = 'office.office'").fetchone()[0]
        notes = [row[0] for row in db.execute("SELECT record FROM head WHERE kind = 'note.note' LIMIT ?", (count,))]
        now = int(time.time() * 1000)
        db.executemany(
            "INSERT INTO obligation (about, what, okey, by_record, by_n, owner, creditor, opened_ms, first_due_ms,"
            " due_day, due_ms, why, title, urgent) VALUES (?, 'consultation.answer', ?, ?, 1, ?, '', ?, ?, ?, ?, '',"
            " 'Việc phải làm của bộ đo', 0)",
            ((notes[i % len(notes)], str(i), notes[i % len(notes)], f"o:{home}", now, due, due // 86400000, due)
             for i, due in ((i, now + (i % 5184) * 1000000) for i in range(count))))
    db.close()


def deliver(sender, receiver, count, clients):
    """Sends requests for opinion with a 10 KB body and a 100 KB file; the receiver's registry takes
    each in as soon as it is complete. Returns times of R1 and R2 in ms, and documents a second."""
    receiver_id = receiver.run("card", receiver.dir)["office"]
    made, failed = [], []
    lock = threading.Lock()

    def send(numbers):
        connection = sender.connect()
        for _ in numbers:
            file = sender_file(connection, os.urandom(100 * 1024))
            result = sender.api(connection, "chuyenvien", "/api/act/consultation.ask", json.dumps({
                "subject": "Dự thảo của bộ đo", "summary": "x" * 10240, "days": 5, "urgency": "normal",
                "files": [file], "asked": [{"office": receiver_id}]}))
            with lock:
                made.append(result["record"])

    def sender_file(connection, data):
        connection.request("POST", "/api/file", data, {"Authorization": f"Bearer {sender.token['chuyenvien']}"})
        answer = connection.getresponse()
        got = json.loads(answer.read())
        return {"root": got["root"], "name": "du-thao.bin", "media": "application/octet-stream", "size": len(data)}

    def register():
        connection, done, end = receiver.connect(), 0, time.monotonic() + 120
        while done < count and time.monotonic() < end:
            with sqlite3.connect(f"file:{receiver.dir}/office.db?mode=ro", uri=True) as db:
                waiting = [row[0] for row in db.execute(
                    "SELECT record FROM k_consultation_request WHERE record NOT IN"
                    " (SELECT request FROM k_consultation_intake)")]
            db.close()
            for record in waiting:
                headers = {"Authorization": f"Bearer {receiver.token['vanthu']}", "Content-Type": "application/json"}
                connection.request("POST", "/api/act/consultation.register", json.dumps({"record": record}), headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    done += 1
                elif b"files_missing" not in text:
                    failed.append(text)
                    return

    start = time.time()
    registry = threading.Thread(target=register)
    registry.start()
    senders = [threading.Thread(target=send, args=(range(i, count, clients),)) for i in range(clients)]
    for thread in senders:
        thread.start()
    for thread in [*senders, registry]:
        thread.join()
    if failed:
        sys.exit(f"register: {failed[0]!r}")
    end = time.monotonic() + 60
    while True:
        with sqlite3.connect(f"file:{sender.dir}/office.db?mode=ro", uri=True) as db:
            r1 = dict(db.execute("SELECT record, acked_ms - created_ms FROM outbox WHERE acked_ms IS NOT NULL"))
            r2 = dict(db.execute(
                "SELECT r.record, r.received_ms - o.created_ms FROM receipt r JOIN outbox o ON o.record = r.record"
                " AND o.n = r.n WHERE r.type = 1"))
            last = db.execute("SELECT max(received_ms) FROM receipt").fetchone()[0]
        db.close()
        if all(record in r2 for record in made) or time.monotonic() > end:
            break
    return ([r1[m] for m in made if m in r1], [r2[m] for m in made if m in r2],
            len(made) / max(0.001, last / 1000 - start))


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="a tenth of the time and of the records")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    build, scale = args.build.resolve(), 10 if args.quick else 1
    seconds = 1 if args.quick else 5
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-bench-"))
    figures, rows = {}, []

    def row(name, value, unit, beside="", ratio="", reach=""):
        rows.append((name, value, unit, beside, ratio, reach))
        print(f"{name:<52}{value:>12} {unit:<8}{beside:<34}{ratio:>9}  {reach}", flush=True)

    try:
        a, b = Office(build / "phoihop", root, "BENA", 8901), Office(build / "phoihop", root, "BENB", 8902)
        for office, peer in ((a, b), (b, a)):
            card = root / f"{peer.code}.card"
            card.write_text(json.dumps(peer.run("card", peer.dir)))
            office.run("peer", "add", office.dir, "--card", card, "--address", f"127.0.0.1:{peer.port + 50}")
        limits = json.loads(subprocess.run([build / "bench/limits", root, str(seconds)], capture_output=True,
                                           text=True, check=True).stdout)
        figures["limits"] = limits
        print(f"{'figure':<52}{'value':>12} {'unit':<8}{'beside':<34}{'ratio':>9}  reach")
        for key, name in (("fsync_s", "machine: fdatasync of 4 KiB"), ("ed25519_sign_s", "machine: Ed25519 signatures"),
                          ("ed25519_verify_s", "machine: Ed25519 verifications")):
            row(name, limits[key], "/s")
        a.serve()
        b.serve()
        time.sleep(1)
        figures["pss_idle_mb"] = a.pss_mb()
        row("memory of an office, idle (PSS, all processes)", f"{a.pss_mb():.1f}", "MB", reach="≤ 32")
        for clients in (1, 8, 64):
            result = load(build, a, seconds, clients, act_request(a, "note.write", NOTE))
            bare = limits[f"bare_acts_s_{clients}"]
            figures[f"acts_{clients}"] = result
            row(f"durable acts, {clients} client{'s' if clients > 1 else ''}", f"{result['rate']:.0f}", "/s",
                f"bare loop, group {clients}: {bare}/s", f"{result['rate'] / bare:.2f}", "≥ 0.5")
        figures["pss_load_mb"] = a.pss_mb()
        row("memory of an office after load (PSS)", f"{a.pss_mb():.1f}", "MB")
        growth(build, a, b, figures, row, seconds, scale)
    finally:
        for office in (locals().get("a"), locals().get("b")):
            if office is not None:
                office.stop()
        shutil.rmtree(root, ignore_errors=True)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures))


def growth(build, a, b, figures, row, seconds, scale):
    """Cost of a page, an act and a delivery at 1,000 and at 100,000 records."""
    sizes = (1000, 100000 // scale)
    cost = {}
    for size in sizes:
        notes_until(build, a, size)
        cookie = a.cookie("chuyenvien")
        page = load(build, a, seconds, 4, page_request(a, "/view/note.list", cookie))
        act = load(build, a, seconds, 1, act_request(a, "note.write", NOTE))
        r1, r2, rate = deliver(a, b, 200 // scale, 4)
        cost[size] = {"page_us": page["p50_us"], "act_us": act["p50_us"], "r1_ms": percentile(r1, 0.5)}
        row(f"document (10 KB, 100 KB file) to R1, {size} records", f"{percentile(r1, 0.5)}", "ms p50",
            f"p99 {percentile(r1, 0.99)} ms", reach="")
        row(f"document to R2, {size} records", f"{percentile(r2, 0.5)}", "ms p50",
            f"p99 {percentile(r2, 0.99)} ms; {rate:.0f} documents/s")
        figures[f"delivery_{size}"] = {"r1_p50_ms": percentile(r1, 0.5), "r1_p99_ms": percentile(r1, 0.99),
                                       "r2_p50_ms": percentile(r2, 0.5), "r2_p99_ms": percentile(r2, 0.99), "per_s": rate}
    small, large = (cost[size] for size in sizes)
    for key, name in (("page_us", "list page"), ("act_us", "act, 1 client"), ("r1_ms", "delivery to R1")):
        ratio = large[key] / max(1, small[key])
        figures[f"growth_{key}"] = ratio
        row(f"growth of a {name}, {sizes[0]} to {sizes[1]} records", large[key], key.rsplit("_", 1)[1],
            f"at {sizes[0]}: {small[key]}", f"{ratio:.2f}", "≤ 1.5")
    a.stop()
    obligations_seed(a, 100000 // scale)
    a.serve()
    cookie = a.cookie("chuyenvien")
    for path, name in (("/keys", "empty page"), ("/view/today.today", f"Hôm nay, {100000 // scale} obligations")):
        result = load(build, a, seconds, 16, page_request(a, path, cookie), rate=500)
        figures[name] = result
    empty, today = (figures[name]["p99_us"] for name in ("empty page", f"Hôm nay, {100000 // scale} obligations"))
    row(f"Hôm nay, {100000 // scale} obligations, open loop 500/s, p99", f"{today / 1000:.2f}", "ms",
        f"empty page p99: {empty / 1000:.2f} ms", f"{today / max(1, empty):.2f}", "≤ 2 and < 10 ms")


if __name__ == "__main__":
    main()
