#!/usr/bin/env python3
"""Calendar programs of Debian against an office that is served: vdirsyncer with khal, and curl.

    caldav_clients.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0

The office believes that TLS ends before it, as behind nginx.
"""
import base64
import http.client
import http.cookiejar
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from processes_e2e import Office, answer, free_ports  # noqa: E402

WAIT_S = 60
PASSWORD = "mat-khau-thu"

EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Test//VI\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20270101T000000Z\r
DTSTART;TZID=Asia/Ho_Chi_Minh:202701{day:02}T{hour:02}0000\r
DTEND;TZID=Asia/Ho_Chi_Minh:202701{day:02}T{hour:02}3000\r
SUMMARY:{title}\r
X-RIENG;A=b:giữ nguyên\r
END:VEVENT\r
END:VCALENDAR\r
"""


def device_password(port, login):
    """Makes a password for a device on the page, as a person does."""
    jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(
        secure_protocols=("http", "https")))
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    base = f"http://127.0.0.1:{port}"

    def post(path, **fields):
        data = urllib.parse.urlencode(fields).encode()
        return browser.open(base + path, data, WAIT_S).read().decode()

    page = post("/login", login=login, password=PASSWORD)
    token = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
    page = post("/you/device", csrf=token, label="máy thử")
    return re.search(r"<strong><code>([a-z2-7-]+)</code></strong>", page).group(1)


class Desk:
    """An office whose secretary keeps a leader's calendar, and the folder of the clients."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_ports(2)
        self.office = Office(folder / "office", self.port)
        self.office.stop()
        ini = folder / "office" / "office.ini"
        text = ini.read_text()
        ini.write_text(text.replace("[web]\n", "[web]\npages = https://lich.example.org\n", 1))
        answer("user", "add", self.office.folder, "--login", "thuky", "--title", "Thư ký",
               "--roles", "secretary", "--password", PASSWORD)
        self.calendar = answer("act", self.office.folder, "--as", "thuky", "calendar.open",
                               "name=Phó Thủ tướng", "type=official")["record"]
        self.office.start()
        self.password = device_password(self.port, "thuky")
        self.base = f"http://127.0.0.1:{self.port}"
        self.home = f"{self.base}/dav/c/thuky/"
        (folder / "config").write_text(f"""
[general]
status_path = "{folder}/status/"
[pair lich]
a = "may"
b = "co_quan"
collections = ["from b"]
conflict_resolution = "b wins"
[storage may]
type = "filesystem"
path = "{folder}/lich/"
fileext = ".ics"
[storage co_quan]
type = "caldav"
url = "{self.base}/dav/"
username = "thuky"
password = "{self.password}"
""")
        (folder / "khal").write_text(f"""
[calendars]
[[lich]]
path = {folder}/lich/*
type = discover
[locale]
timeformat = %H:%M
dateformat = %d/%m/%Y
longdateformat = %d/%m/%Y
datetimeformat = %d/%m/%Y %H:%M
longdatetimeformat = %d/%m/%Y %H:%M
local_timezone = Asia/Ho_Chi_Minh
default_timezone = Asia/Ho_Chi_Minh
[default]
default_calendar = {self.calendar}
[sqlite]
path = {folder}/khal.db
""")

    def run(self, *command, typed=""):
        environment = dict(os.environ, HOME=str(self.folder), LC_ALL="C.UTF-8",
                           VDIRSYNCER_CONFIG=str(self.folder / "config"))
        return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S,
                              env=environment, input=typed)

    def sync(self):
        done = self.run("vdirsyncer", "sync")
        assert done.returncode == 0, done.stderr
        return done.stderr

    def khal(self, *words):
        done = self.run("khal", "-c", str(self.folder / "khal"), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def curl(self, method, path, *more, body=None):
        """Status, head and body."""
        command = ["curl", "-s", "-i", "-u", f"thuky:{self.password}", "-X", method, *more]
        if body is not None:
            command += ["--data-binary", "@-"]
        done = self.run(*command, self.base + path, typed=body or "")
        assert done.returncode == 0, done.stderr
        head, _, text = done.stdout.partition("\n\n")
        return int(head.split()[1]), head, text

    def event(self, name):
        return f"/dav/c/thuky/{self.calendar}/{name}"


def vdirsyncer_finds_the_calendar_and_syncs_both_ways(desk):
    done = desk.run("vdirsyncer", "discover", typed="y\n" * 10)
    assert done.returncode == 0, done.stderr
    answer("act", desk.office.folder, "--as", "thuky", "calendar.book",
           f"record={desk.calendar}", "title=Họp giao ban", "from=2027-01-11T01:00:00.000Z",
           "to=2027-01-11T02:00:00.000Z")
    desk.sync()
    shown = desk.khal("list", "11/01/2027", "1d")
    assert "08:00" in shown and "Họp giao ban" in shown, shown
    desk.khal("new", "-a", desk.calendar, "12/01/2027", "14:00", "15:30", "Tiếp", "khách")
    desk.sync()
    rows = answer("view", desk.office.folder, "--as", "thuky", "calendar.week",
                  f"record={desk.calendar}", "day=2027-01-12")
    assert "Tiếp khách" in str(rows) and "14:00 – 15:30" in str(rows), rows


def vdirsyncer_sees_a_change_and_a_deletion_of_the_page(desk):
    record = re.search(r"[a-z2-7]{26}\.[a-z2-7]{26}", str(answer(
        "view", desk.office.folder, "--as", "thuky", "calendar.week",
        f"record={desk.calendar}", "day=2027-01-12")["data"]["sections"])).group(0)
    answer("act", desk.office.folder, "--as", "thuky", "calendar.move", f"record={record}",
           "from=2027-01-12T09:00:00.000Z", "to=2027-01-12T10:00:00.000Z", "reason=đổi giờ")
    desk.sync()
    shown = desk.khal("list", "11/01/2027", "3d")
    assert "16:00" in shown, shown
    answer("act", desk.office.folder, "--as", "thuky", "calendar.cancel", f"record={record}",
           "reason=thôi")
    desk.sync()
    assert len(list((desk.folder / "lich").rglob("*.ics"))) == 1


def a_clashing_event_is_refused_in_words_and_stays_on_the_device(desk):
    body = EVENT.format(uid="a", day=20, hour=8, title="Một")
    assert desk.curl("PUT", desk.event("a.ics"), "-H", "If-None-Match: *",
                     "-H", "Content-Type: text/calendar", body=body)[0] == 201
    folder = desk.folder / "lich" / desk.calendar
    clash = folder / "trung.ics"
    clash.write_text(EVENT.format(uid="trung", day=20, hour=8, title="Trùng"))
    done = desk.run("vdirsyncer", "sync")
    assert done.returncode != 0
    assert clash.exists()
    status, _, text = desk.curl("PUT", desk.event("b.ics"), "-H", "Content-Type: text/calendar",
                                body=EVENT.format(uid="b", day=20, hour=8, title="Hai"))
    assert status == 403 and "no-overlap" in text and "Một" in text, text
    clash.unlink()
    desk.sync()


def curl_gets_back_every_byte(desk):
    status, head, text = desk.curl("GET", desk.event("a.ics"))
    assert status == 200 and "ETag:" in head
    assert text == EVENT.format(uid="a", day=20, hour=8, title="Một").replace("\r\n", "\n")


def of_many_that_saw_the_same_one_wins(desk):
    _, head, _ = desk.curl("GET", desk.event("a.ics"))
    seen = re.search(r"ETag: (\S+)", head).group(1)
    credentials = base64.b64encode(f"thuky:{desk.password}".encode()).decode()
    said = []

    def put(i):
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=WAIT_S)
        connection.request("PUT", desk.event("a.ics"),
                           EVENT.format(uid="a", day=20, hour=8, title=f"Máy {i}").encode(),
                           {"Authorization": f"Basic {credentials}", "If-Match": seen,
                            "Content-Type": "text/calendar"})
        said.append((connection.getresponse().status, i))
        connection.close()

    threads = [threading.Thread(target=put, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in said) == [204] + [412] * 7, said
    winner = next(i for status, i in said if status == 204)
    assert f"SUMMARY:Máy {winner}" in desk.curl("GET", desk.event("a.ics"))[2]


def discovery_leads_to_the_home(desk):
    status, head, _ = desk.curl("PROPFIND", "/.well-known/caldav")
    assert status == 301 and "Location: /dav/" in head
    status, _, text = desk.curl(
        "PROPFIND", "/dav/", "-H", "Depth: 0", "-H", "Content-Type: application/xml",
        body='<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>')
    assert status == 207 and "<D:href>/dav/p/thuky/</D:href>" in text, text


def a_wrong_password_opens_nothing(desk):
    done = desk.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", "thuky:sai-mat",
                    desk.home)
    assert done.stdout == "401"
    assert desk.curl("PROPFIND", "/dav/", "-H", "Depth: 0")[0] == 207


TESTS = [vdirsyncer_finds_the_calendar_and_syncs_both_ways,
         vdirsyncer_sees_a_change_and_a_deletion_of_the_page,
         a_clashing_event_is_refused_in_words_and_stays_on_the_device,
         curl_gets_back_every_byte, of_many_that_saw_the_same_one_wins,
         discovery_leads_to_the_home, a_wrong_password_opens_nothing]


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-caldav-"))
    failed = 0
    desk = Desk(folder)
    try:
        for test in TESTS:
            try:
                test(desk)
                print(f"ok   {test.__name__.replace('_', ' ')}", flush=True)
            except (AssertionError, subprocess.SubprocessError, OSError, AttributeError) as e:
                failed += 1
                print(f"FAIL {test.__name__.replace('_', ' ')}: {e}", flush=True)
        desk.office.check()
    finally:
        desk.office.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
