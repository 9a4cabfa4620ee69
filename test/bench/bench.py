#!/usr/bin/env python3
"""Figures of the product beside the machine's own limits, all in one run, as ratios.

    bench.py BUILD [--quick] [--json FILE] [--store pg]

With --store pg everything runs twice, on SQLite and on a PostgreSQL of its own on this machine
(test/pg/with-pg.sh), and the second table has the figures of SQLite beside; then two workers on the
one database are read from.

Two offices are founded in a fresh folder and served by real processes; every figure is of requests
over their sockets. Obligations for the "today" page (100,000 over real notes) and for the figures
(1,000,000, of which 50,000 are open) are written into the stopped office's database, since no
person makes that many; everything else is made by acts.
"""
import argparse
import copy
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from figures import figures_seed


class Office:
    """A founded office and, while it is served, its processes."""

    def __init__(self, program, root, code, port, url=None):
        self.program, self.dir, self.port, self.code = program, root / code.lower(), port, code
        self.url = f"{url}&options=-csearch_path%3D{code.lower()}" if url else None
        made = self.run("init", self.dir, "--office", code, "--name", f"Văn phòng {code}",
                        "--port", port, "--wire-port", port + 50,
                        *(("--store", self.url) if url else ()))
        self.admin_password = made["password"]
        for login, roles in (("chuyenvien", "officer"), ("vanthu", "registry"),
                             ("chanhvp", "chief")):
            self.run("user", "add", self.dir, "--login", login, "--title", f"Chức danh {login}",
                     "--roles", roles, "--password", f"mat-khau-{login}")
        self.token = {}
        for login in ("chuyenvien", "vanthu"):
            made = self.run("token", "add", self.dir, "--login", login, "--label", "bench")
            self.token[login] = made["token"]
        self.process = None

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def psql(self, sql, lines=""):
        return subprocess.run(["psql", self.url, "-Atqc", sql], input=lines, capture_output=True,
                              text=True, check=True).stdout

    def rows(self, sql):
        """What the office's database answers, without touching the office."""
        if self.url:
            return [tuple(int(cell) if cell.lstrip("-").isdigit() else cell or None
                          for cell in line.split("|")) for line in self.psql(sql).splitlines()]
        with sqlite3.connect(f"file:{self.dir}/office.db?mode=ro", uri=True) as db:
            rows = db.execute(sql).fetchall()
        db.close()
        return rows

    def insert(self, table, columns, rows):
        if self.url:
            lines = "".join("\t".join(map(str, row)) + "\n" for row in rows)
            self.psql(f"COPY {table} ({columns}) FROM STDIN", lines)
            self.psql(f"ANALYZE {table}")
            return
        places = ", ".join("?" * (columns.count(",") + 1))
        with sqlite3.connect(self.dir / "office.db") as db:
            db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
        db.close()

    def write(self, sql):
        if self.url:
            self.psql(sql)
            return
        with sqlite3.connect(self.dir / "office.db") as db:
            db.execute(sql)
        db.close()

    def twin(self, port):
        """One more worker of the same office in another folder; the files do not matter here."""
        other = copy.copy(self)
        other.dir, other.port, other.process = self.dir.with_name(f"{self.dir.name}2"), port, None
        shutil.copytree(self.dir / "keys", other.dir / "keys")
        text = (self.dir / "office.ini").read_text()
        for old in (self.port, self.port + 50):
            text = text.replace(f"port = {old}\n", f"port = {old - self.port + port}\n")
        (other.dir / "office.ini").write_text(text)
        owner = self.dir.stat()
        for path in (other.dir, *other.dir.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o700 if path.is_dir() else 0o600)
        return other

    def serve(self):
        ready, told = os.pipe()
        command = [self.program, "serve", str(self.dir), "--ready-fd", str(told)]
        self.process = subprocess.Popen(command, pass_fds=(told,), stdout=subprocess.DEVNULL)
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

    def cpu_s(self):
        """Processor time of its processes so far."""
        fields = [pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                  for pid in self.processes()]
        return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")

    def pss_mb(self):
        total = 0
        for pid in self.processes():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1))
        return total / 1024

    def headers(self, login):
        return {"Authorization": f"Bearer {self.token[login]}", "Content-Type": "application/json"}

    def api(self, connection, login, path, body):
        connection.request("POST", path, body, self.headers(login))
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


class Share:
    """A control group, version 1, whose processes get so much of one processor and no more."""

    PERIOD_US = 50000  # a quota is a millisecond at least

    def __init__(self, name, share):
        self.folder = pathlib.Path(f"/sys/fs/cgroup/cpu/phoihop-bench-{os.getpid()}-{name}")
        self.folder.mkdir()
        (self.folder / "cpu.cfs_period_us").write_text(str(self.PERIOD_US))
        (self.folder / "cpu.cfs_quota_us").write_text(str(int(share * self.PERIOD_US)))

    @staticmethod
    def possible():
        return os.access("/sys/fs/cgroup/cpu/cpu.cfs_period_us", os.W_OK)

    def take(self, office):
        for pid in office.processes():
            (self.folder / "cgroup.procs").write_text(str(pid))

    def close(self):
        """Gives the processes back; the folder goes when none is left."""
        for pid in (self.folder / "cgroup.procs").read_text().split():
            (self.folder.parent / "cgroup.procs").write_text(pid)
        self.folder.rmdir()


def busy_s():
    """Processor time that everything on this machine has used."""
    fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()
    return sum(int(fields[i]) for i in (1, 2, 3, 6, 7)) / os.sysconf("SC_CLK_TCK")


def load(build, office, seconds, connections, request, rate=None):
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        words = [build / "bench/load", "open" if rate else "closed", office.port, connections,
                 seconds, file.name] + ([rate] if rate else [])
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)
    if result["errors"]:
        print(f"  {result['errors']} of {result['requests']} answers were errors", file=sys.stderr)
    return result


def act_request(office, act, body):
    text = json.dumps(body, ensure_ascii=False).encode()
    head = [f"POST /api/act/{act} HTTP/1.1", f"Host: 127.0.0.1:{office.port}",
            *(f"{name}: {value}" for name, value in office.headers("chuyenvien").items()),
            f"Content-Length: {len(text)}", "", ""]
    return "\r\n".join(head).encode() + text


def page_request(office, path, cookie):
    head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{office.port}", f"Cookie: {cookie}", "", ""]
    return "\r\n".join(head).encode()


NOTE = {"title": "Ghi chú của bộ đo",
        "text": "Nội dung một ghi chú có độ dài thường gặp. " * 10}


def notes_until(build, office, count):
    """Writes notes over HTTP until the office holds that many records of the kind."""
    request = act_request(office, "note.write", NOTE)
    while True:
        have = office.rows("SELECT count(*) FROM head WHERE kind = 'note.note'")[0][0]
        if have >= count:
            return
        load(build, office, max(1, min(20, (count - have) / 6000)), 64, request)


def obligations_seed(office, count):
    """Open obligations of the whole office over its real notes, due within 60 days."""
    home = office.rows("SELECT home FROM head WHERE kind = 'office.office'")[0][0]
    notes = [row[0] for row in office.rows(
        f"SELECT record FROM head WHERE kind = 'note.note' LIMIT {count}")]
    now = int(time.time() * 1000)
    office.insert(
        "obligation", "about, what, okey, by_record, by_n, owner, creditor, opened_ms,"
        " first_due_ms, due_day, due_ms, why, title, urgent",
        ((note, "consultation.answer", str(i), note, 1, f"o:{home}", "", now, due, due // 86400000,
          due, "", "Việc phải làm của bộ đo", 0)
         for i, note, due in ((i, notes[i % len(notes)], now + (i % 5184) * 1000000)
                              for i in range(count))))


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
                "subject": "Dự thảo của bộ đo", "summary": "x" * 10240, "days": 5,
                "urgency": "normal", "files": [file], "asked": [{"office": receiver_id}]}))
            with lock:
                made.append(result["record"])

    def sender_file(connection, data):
        connection.request("POST", "/api/file", data, sender.headers("chuyenvien"))
        answer = connection.getresponse()
        got = json.loads(answer.read())
        return {"root": got["root"], "name": "du-thao.bin", "media": "application/octet-stream",
                "size": len(data)}

    def register():
        connection, done, end = receiver.connect(), 0, time.monotonic() + 120
        while done < count and time.monotonic() < end:
            waiting = [row[0] for row in receiver.rows(
                "SELECT record FROM k_consultation_request WHERE record NOT IN"
                " (SELECT request FROM k_consultation_intake)")]
            for record in waiting:
                connection.request("POST", "/api/act/consultation.register",
                                   json.dumps({"record": record}), receiver.headers("vanthu"))
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
    senders = [threading.Thread(target=send, args=(range(i, count, clients),))
               for i in range(clients)]
    for thread in senders:
        thread.start()
    for thread in [*senders, registry]:
        thread.join()
    if failed:
        sys.exit(f"register: {failed[0]!r}")
    end = time.monotonic() + 60
    while True:
        r1 = dict(sender.rows("SELECT record, acked_ms - created_ms FROM outbox"
                              " WHERE acked_ms IS NOT NULL"))
        r2 = dict(sender.rows("SELECT r.record, r.received_ms - o.created_ms FROM receipt r"
                              " JOIN outbox o ON o.record = r.record AND o.n = r.n"
                              " WHERE r.type = 1"))
        last = sender.rows("SELECT max(received_ms) FROM receipt")[0][0]
        if all(record in r2 for record in made) or time.monotonic() > end:
            break
    return ([r1[m] for m in made if m in r1], [r2[m] for m in made if m in r2],
            len(made) / max(0.001, last / 1000 - start))


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Table:
    """Prints rows as they come, with the value that an earlier table had under that name."""

    def __init__(self, before=None):
        self.values, self.before = {}, before
        print(f"{'figure':<52}{'value':>12} {'unit':<8}{'beside':<34}{'ratio':>9}"
              f"{'SQLite' if before else '':>12}  reach")

    def row(self, name, value, unit, beside="", ratio="", reach=""):
        while name in self.values:
            name += " "  # the same figure beside something else
        self.values[name] = value
        sqlite = self.before.values.get(name, "") if self.before else ""
        print(f"{name:<52}{value:>12} {unit:<8}{beside:<34}{ratio:>9}{sqlite:>12}  {reach}",
              flush=True)


class Bench:
    """One run: two offices, a table and the figures as JSON."""

    def __init__(self, build, quick, url=None):
        self.url = url
        self.build, self.scale, self.seconds = build, 10 if quick else 1, 1 if quick else 5
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-bench-"))
        self.root.chmod(0o755)  # the office's user must reach it
        self.figures, self.offices = {}, []

    def found(self):
        program = self.build / "phoihop"
        self.offices = [Office(program, self.root, code, port, self.url)
                        for code, port in (("BENA", 8901), ("BENB", 8902))]
        for office, peer in (self.offices, reversed(self.offices)):
            card = self.root / f"{peer.code}.card"
            card.write_text(json.dumps(peer.run("card", peer.dir)))
            office.run("peer", "add", office.dir, "--card", card,
                       "--address", f"127.0.0.1:{peer.port + 50}")

    def machine(self, table):
        done = subprocess.run([self.build / "bench/limits", self.root, str(self.seconds)],
                              capture_output=True, text=True, check=True)
        limits = self.figures["limits"] = json.loads(done.stdout)
        table.row("machine: fdatasync of 4 KiB", limits["fsync_s"], "/s")
        table.row("machine: Ed25519 signatures", limits["ed25519_sign_s"], "/s")
        table.row("machine: Ed25519 verifications", limits["ed25519_verify_s"], "/s")
        date = limits["date_ns"]
        table.row("a deadline's date, up to 60, no receipt", f"{date / 1000:.2f}", "us",
                  reach="≤ 2")

    def acts(self, table):
        office, limits = self.offices[0], self.figures["limits"]
        time.sleep(1)  # at rest
        idle = self.figures["pss_idle_mb"] = office.pss_mb()
        table.row("memory of an office at rest (PSS, all processes)", f"{idle:.1f}", "MB",
                  reach="≤ 32")
        for clients in (1, 8, 64):
            request = act_request(office, "note.write", NOTE)
            result = load(self.build, office, self.seconds, clients, request)
            bare = limits[f"bare_acts_s_{clients}"]
            self.figures[f"acts_{clients}"] = result
            table.row(f"durable acts over HTTP, {clients} at a time", f"{result['rate']:.0f}", "/s",
                      f"bare loop, group {clients}: {bare}/s", f"{result['rate'] / bare:.2f}",
                      "≥ 0.5")
        loaded = self.figures["pss_load_mb"] = office.pss_mb()
        table.row("memory of an office after that load (PSS)", f"{loaded:.1f}", "MB")

    def deliveries(self, table, size):
        r1, r2, rate = deliver(*self.offices, 200 // self.scale, 4)
        self.figures[f"delivery_{size}"] = {
            "r1_p50_ms": percentile(r1, 0.5), "r1_p99_ms": percentile(r1, 0.99),
            "r2_p50_ms": percentile(r2, 0.5), "r2_p99_ms": percentile(r2, 0.99), "per_s": rate}
        table.row(f"document (10 KB, file 100 KB) to R1, {size} records", percentile(r1, 0.5),
                  "ms p50", f"p99 {percentile(r1, 0.99)} ms")
        table.row(f"document to R2, {size} records", percentile(r2, 0.5), "ms p50",
                  f"p99 {percentile(r2, 0.99)} ms; {rate:.0f} documents/s")
        return percentile(r1, 0.5)

    def growth(self, table):
        """Cost of a page, an act and a delivery at 1,000 and at 100,000 records."""
        office, cost = self.offices[0], {}
        sizes = (1000, 100000 // self.scale)
        for size in sizes:
            notes_until(self.build, office, size)
            page = page_request(office, "/view/note.list", office.cookie("chuyenvien"))
            act = act_request(office, "note.write", NOTE)
            cost[size] = {
                "list page, us": load(self.build, office, self.seconds, 1, page)["p50_us"],
                "act, us": load(self.build, office, self.seconds, 1, act)["p50_us"],
                "delivery to R1, ms": self.deliveries(table, size)}
        small, large = (cost[size] for size in sizes)
        for key, value in large.items():
            ratio = self.figures[f"growth of {key}"] = value / max(1, small[key])
            name, unit = key.split(", ")
            table.row(f"{name}: {sizes[1]} records beside {sizes[0]}", value, unit,
                      f"at {sizes[0]}: {small[key]} {unit}", f"{ratio:.2f}", "≤ 1.5")

    def today(self, table):
        """Three pages of one server: without rows or queries, "Hôm nay" with nothing to do, and
        with 100,000 open obligations."""
        office, count = self.offices[0], 100000 // self.scale
        page = "/view/today.today"
        plain = self.page(office, "/keys")
        idle = self.page(office, page)
        office.stop()
        obligations_seed(office, count)
        office.serve()
        full = self.page(office, page)
        for name, empty in (("a page without rows", plain), ("the same page, nothing to do", idle)):
            ratio = self.figures[f"today beside {name}"] = full / max(1, empty)
            table.row(f"Hôm nay, {count} obligations, 500/s open loop, p99", f"{full / 1000:.2f}",
                      "ms", f"{name}: {empty / 1000:.2f} ms", f"{ratio:.2f}",
                      "≤ 2, < 10 ms")

    def page(self, office, path):
        """p99 in microseconds of a page asked 500 times a second, whatever the answers take."""
        request = page_request(office, path, office.cookie("chuyenvien"))
        runs = [load(self.build, office, self.seconds, 16, request, rate=500) for _ in range(3)]
        self.figures.setdefault(f"open loop {path}", []).extend(runs)
        return sorted(run["p99_us"] for run in runs)[1]

    def cells(self, table):
        """The four cells of a year with every breakdown, and the list behind a rare number."""
        office, count = self.offices[0], 1000000 // self.scale
        office.stop()
        rare = figures_seed(office, count)
        office.serve()
        year = time.gmtime(time.time() + 7 * 3600).tm_year
        for name, path, reach in (
                (f"four cells of a year, all breakdowns, {count}", "figures.show?", "< 50 ms"),
                ("a list behind a number, its first page", "figures.list?cell=late&", ""),
                ("a list of one person's late work", f"figures.list?cell=late&party={rare}&", "")):
            request = page_request(office, f"/view/{path}year={year}", office.cookie("chanhvp"))
            run = self.figures[name] = load(self.build, office, self.seconds, 1, request)
            table.row(name, f"{run['p50_us'] / 1000:.1f}", "ms p50",
                      f"p99 {run['p99_us'] / 1000:.1f} ms", "", reach)

    def workers(self, table):
        """A page read from one worker, then from two on the same database at the same time."""
        office = self.offices[0]
        twin = office.twin(8903)
        self.offices.append(twin)
        twin.serve()
        page = page_request(office, "/view/note.list", office.cookie("chuyenvien"))
        worker_s, all_s = office.cpu_s(), busy_s()
        one = load(self.build, office, self.seconds, 16, page)["rate"]
        reads = one * self.seconds
        worker_us = (office.cpu_s() - worker_s) / reads * 1e6
        rest_us = (busy_s() - all_s) / reads * 1e6 - worker_us
        table.row("processor time of a read", f"{worker_us:.0f}", "us",
                  f"database, load and all else: {rest_us:.0f} us")
        two = self.together((office, twin), page)
        self.figures["reads_one_worker"], self.figures["reads_two_workers"] = one, two
        table.row("list page, two workers", f"{two:.0f}", "/s", f"one worker: {one:.0f}/s",
                  f"{two / one:.2f}", f"≥ 1.6 where cores are free; {os.cpu_count()} here")
        if not Share.possible():
            table.row("the same, each on a part of a core", "-", "", "no control groups here")
            return
        # So that on this machine there is room beside both of them, whatever a database costs.
        part = 0.6 * os.cpu_count() * worker_us / (worker_us + rest_us) / 2
        shares = [Share(worker.port, part) for worker in (office, twin)]
        for share, worker in zip(shares, (office, twin)):
            share.take(worker)
        one = self.together((office,), page)
        two = self.together((office, twin), page)
        for share in shares:
            share.close()
        self.figures["reads_one_part"], self.figures["reads_two_parts"] = one, two
        table.row(f"the same, each on {part:.2f} of a core", f"{two:.0f}", "/s",
                  f"one worker: {one:.0f}/s", f"{two / one:.2f}", "≥ 1.6")

    def together(self, workers, page):
        """Reads per second of all these workers at the same time."""
        rates = {}
        threads = [threading.Thread(target=lambda w=worker: rates.update(
            {w.port: load(self.build, w, self.seconds, 16, page)["rate"]})) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(rates.values())

    def run(self, before=None):
        try:
            self.found()
            table = Table(before)
            self.machine(table)
            for office in self.offices:
                office.serve()
            self.acts(table)
            self.growth(table)
            self.today(table)
            self.cells(table)
            if self.url:
                self.workers(table)
        finally:
            for office in self.offices:
                office.stop()
            shutil.rmtree(self.root, ignore_errors=True)
        return table


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="a tenth of time and records")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures there")
    parser.add_argument("--store", choices=["pg"], help="also on PostgreSQL")
    args = parser.parse_args()
    url = os.environ.get("STORE_URL")
    if args.store and not url:  # again, beside a server
        beside = pathlib.Path(__file__).resolve().parent.parent / "pg" / "with-pg.sh"
        os.execve(beside, [beside, sys.executable, *sys.argv],
                  {**os.environ, "PG_SECONDS": "3600"})
    bench = Bench(args.build.resolve(), args.quick)
    table = bench.run()
    if args.store:
        sqlite, bench = bench.figures, Bench(args.build.resolve(), args.quick, url)
        bench.run(table)
        bench.figures["sqlite"] = sqlite
    if args.json:
        args.json.write_text(json.dumps(bench.figures, indent=1))
    print(json.dumps(bench.figures))


if __name__ == "__main__":
    main()
