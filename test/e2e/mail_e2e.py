#!/usr/bin/env python3
"""Letters and short texts as a mail server and a gateway receive them, also while the office's
processes are killed.

    mail_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0

The mail server is written here, by hand on asyncio, so that it can be slow, refuse, or be away.
What is promised: every letter arrives; a letter that was on its way when a process was killed may
arrive a second time, byte for byte the same, under the same Message-ID.
"""
import asyncio
import email
import email.policy
import http.server
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from processes_e2e import answer, free_ports, parts, until  # noqa: E402

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
PROGRAM = str(BUILD / "phoihop")
WAIT_S = 40
LETTERS, KILLS = 24, 3
TOKEN = "the-office-shows-this"


class Mail:
    """An SMTP server with one thread of its own."""

    def __init__(self, port):
        self.port, self.letters, self.slow_s, self.refuse = port, [], 0.0, False
        self.loop = asyncio.new_event_loop()
        self.server = None
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(WAIT_S)

    def open(self):
        async def start():
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.do(start())

    async def serve(self, reader, writer):
        """One connection: RFC 5321, as much of it as a client needs."""
        envelope = {}

        def say(line):
            writer.write(line.encode() + b"\r\n")

        say("220 mail.example ESMTP")
        try:
            while line := await reader.readline():
                word = line.decode("ascii").split(":")[0].split()[0].upper()
                rest = line.decode("ascii").strip().partition(":")[2]
                if word == "EHLO":
                    say("250-mail.example")
                    say("250 8BITMIME")
                elif word in ("MAIL", "RCPT"):
                    envelope[word] = rest.split(">")[0].strip("<> ")
                    say("451 later" if self.refuse else "250 ok")
                elif word == "DATA":
                    say("354 go on")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    await asyncio.sleep(self.slow_s)
                    self.letters.append((dict(envelope), data[:-3], time.time()))
                    say("250 taken")
                elif word == "QUIT":
                    say("221 bye")
                    break
                else:
                    say("250 ok")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed
        writer.close()

    def messages(self):
        return [email.message_from_bytes(data, policy=email.policy.default)
                for _, data, _ in list(self.letters)]


class Gateway(http.server.ThreadingHTTPServer):
    """Takes {"to", "text", "key"}; the first answer of each key is lost, as on a bad day."""

    def __init__(self, port):
        self.texts, self.failed = [], set()
        super().__init__(("127.0.0.1", port), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.texts.append((body, self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass


class Office:
    def __init__(self, folder, code, port):
        self.folder, self.code, self.port = folder, code, port
        self.leash = self.process = None
        answer("init", str(folder), "--office", code, "--name", f"Văn phòng {code}",
               "--port", str(port), "--wire-address", "127.0.0.1")

    def start(self):
        ready, told = os.pipe()
        held, self.leash = os.pipe()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", str(self.folder), "--ready-fd", str(told), "--leash-fd", str(held)],
            pass_fds=(told, held), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(held)
        line = os.read(ready, 4096) if select.select([ready], [], [], WAIT_S)[0] else b""
        os.close(ready)
        assert line, f"{self.code} did not become ready"

    def stop(self):
        if self.leash is not None:
            os.close(self.leash)
            self.leash = None
            self.process.wait(WAIT_S)

    def act(self, who, act, **fields):
        return answer("act", str(self.folder), "--as", who, act,
                      *(f"{name}={value}" if isinstance(value, str)
                        else f"{name}:={json.dumps(value)}" for name, value in fields.items()))

    def view(self, login, view, **fields):
        return answer("view", str(self.folder), "--as", login, view,
                      *(f"{name}={value}" for name, value in fields.items()))

    def kill(self, name):
        os.kill(parts(self.process.pid)[name], signal.SIGKILL)


class Stage:
    """VPCP asks and urges; VPQH has a mail server and a gateway."""

    def __init__(self, root):
        first = free_ports(30)
        self.asker = Office(root / "vpcp", "VPCP", first)
        self.giver = Office(root / "vpqh", "VPQH", first + 1)
        self.mail, self.gateway = Mail(first + 2), Gateway(first + 3)
        self.records = {}
        for office, other in ((self.asker, self.giver), (self.giver, self.asker)):
            card = root / f"{other.folder.name}.card"
            card.write_text(json.dumps(answer("card", str(other.folder))))
            answer("peer", "add", str(office.folder), "--card", str(card), "--address",
                   f"127.0.0.1:{other.port + 10}")
        self.giver_id = answer("card", str(self.giver.folder))["office"]
        self.settings()
        self.asker.act("admin", "office.add_person", login="cv", title="Chuyên viên", officer=True,
                       password="mat-khau-thu")
        self.giver.act("admin", "office.add_person", login="vt", title="Văn thư", registry=True,
                       password="mat-khau-thu", email="vanthu@vpqh.example", phone="+84900000001")
        self.giver.act("vt", "notices.set", sms="each")
        self.asker.start()
        self.giver.start()

    def settings(self):
        ini, token = self.giver.folder / "office.ini", self.giver.folder / "token"
        token.write_text(TOKEN + "\n")
        token.chmod(0o644)
        with ini.open("a") as out:
            out.write(f"\n[mail]\nserver = 127.0.0.1:{self.mail.port}\ntls = none\n"
                      "from = phoihop@vpqh.example\nreply = hanhchinh@vpqh.example\n"
                      f"\n[gateway]\nurl = http://127.0.0.1:{self.gateway.server_port}/sms\n"
                      "token_file = token\n")

    def ask(self, number):
        subject = f"Dự thảo số {number}: quy chế phối hợp giữa các văn phòng"
        record = self.asker.act("cv", "consultation.ask", subject=subject, summary="Nội dung riêng",
                                days=5, urgency="hoa_toc", asked=[{"office": self.giver_id}])
        self.records[record["record"]] = subject
        return record["record"]

    def urge(self, record):
        self.asker.act("cv", "consultation.remind", record=record, text="Đề nghị trả lời sớm")

    def letters_of(self, record):
        return [m for m in self.mail.messages() if record in (m["References"] or "")]

    def close(self):
        self.asker.stop()
        self.giver.stop()


def a_letter_waits_while_the_server_is_away(stage):
    record = stage.ask(0)
    stage.urge(record)
    until(lambda: "Được đôn đốc" in json.dumps(stage.giver.view("vt", "notices.list"),
                                              ensure_ascii=False), "on the page")
    assert stage.mail.letters == []
    stage.mail.open()
    until(lambda: stage.letters_of(record), "the letter comes")


def a_letter_says_what_it_should(stage):
    record = next(iter(stage.records))
    envelope, data, _ = stage.mail.letters[0]
    message = stage.letters_of(record)[0]
    assert envelope == {"MAIL": "phoihop@vpqh.example", "RCPT": "vanthu@vpqh.example"}, envelope
    short = record.split(".")[1][:6]
    wanted = f"[VPQH] Xin ý kiến: {stage.records[record]} #{short}"
    assert message["Subject"] == wanted, message["Subject"]
    assert message["From"] == "phoihop@vpqh.example" and message["To"] == "vanthu@vpqh.example"
    assert message["Reply-To"] == "hanhchinh@vpqh.example"
    assert message["In-Reply-To"].strip() == f"<{record}@vpqh.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset().total_seconds() == 7 * 3600
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    text = message.get_content()
    assert f"/record/{record}" in text and "Được đôn đốc" in text, text
    assert "Nội dung riêng" not in text, "what is asked stays in the office"
    data.decode("ascii")
    assert max(map(len, data.split(b"\r\n"))) <= 78


def a_short_text_has_no_content_and_a_key(stage):
    until(lambda: stage.gateway.texts, "the text comes")
    body, token = stage.gateway.texts[0]
    assert sorted(body) == ["key", "text", "to"] and body["to"] == "+84900000001", body
    assert token == f"Bearer {TOKEN}", token
    assert "Dự thảo" not in body["text"] and "1 việc" in body["text"], body["text"]


def both_sides_see_it_with_its_time(stage):
    record = next(iter(stage.records))
    for office, login in ((stage.asker, "cv"), (stage.giver, "vt")):
        page = json.dumps(office.view(login, "consultation.show", record=record),
                          ensure_ascii=False)
        assert "Đề nghị trả lời sớm" in page and "Đã đôn đốc qua hệ thống" in page, office.code
    until(lambda: "Đã nhắc, đã báo" in json.dumps(
        stage.giver.view("vt", "consultation.show", record=record), ensure_ascii=False), "section")


def a_second_time_on_one_day_is_refused(stage):
    record = next(iter(stage.records))
    done = subprocess.run([PROGRAM, "act", str(stage.asker.folder), "--as", "cv",
                           "consultation.remind", f"record={record}"], capture_output=True,
                          text=True, timeout=WAIT_S, check=False)
    assert done.returncode != 0 and "consultation.urged_today" in done.stderr, done.stderr


def every_letter_arrives_though_processes_are_killed(stage):
    """Each kill may double what was on its way, never lose it, never change it."""
    before = len(stage.mail.letters)
    records = [stage.ask(number + 1) for number in range(LETTERS)]
    stage.mail.slow_s = 0.05
    for record in records:
        stage.urge(record)
    for kill in range(KILLS):
        seen = len(stage.mail.letters)
        until(lambda: len(stage.mail.letters) > seen or all(map(stage.letters_of, records)), "some")
        stage.giver.kill("courier" if kill % 2 == 0 else "worker")
    stage.mail.slow_s = 0.0
    until(lambda: all(map(stage.letters_of, records)), "all letters")
    until(lambda: "notice.post" not in json.dumps(stage.giver.view("admin", "job.list")), "no job")
    doubled = 0
    for record in records:
        letters = stage.letters_of(record)
        assert len({m["Message-ID"] for m in letters}) == 1, record
        assert len({m.as_bytes() for m in letters}) == 1, record
        doubled += len(letters) - 1
    assert len({stage.letters_of(r)[0]["Message-ID"] for r in records}) == LETTERS
    print(f"     {LETTERS} letters, {KILLS} kills, {doubled} came twice under the same Message-ID, "
          f"{len(stage.mail.letters) - before} in all", flush=True)


TESTS = (a_letter_waits_while_the_server_is_away, a_letter_says_what_it_should,
         a_short_text_has_no_content_and_a_key, both_sides_see_it_with_its_time,
         a_second_time_on_one_day_is_refused, every_letter_arrives_though_processes_are_killed)


def main():
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-mail-"))
    root.chmod(0o755)  # the office's user must reach it
    passed = failed = 0
    stage = Stage(root)
    try:
        for test in TESTS:
            try:
                test(stage)
                passed += 1
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"FAIL {test.__name__}: {e}", flush=True)
    finally:
        stage.close()
        shutil.rmtree(root, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
