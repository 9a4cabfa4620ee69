#!/usr/bin/env python3
"""A record's evidence leaves its office and is proven by those who have nothing but keys: by our
own verifier, by the Python verifier and by OpenSSL. Whatever is changed in the container is found.

    evidence_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0
"""
import base64
import hashlib
import io
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import verify  # noqa: E402

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
PROGRAM = str(BUILD / "phoihop")
OFFICES = ("vptw", "vpctn", "vpqh", "vpcp")
MANIFEST = "META-INF/ASiCManifest001.xml"
SEAL = "META-INF/signature001.p7s"
ROOT_PEM = "META-INF/root001.pem"
WAIT_S = 60


class Container:
    """A container as a list of names and bytes, which tests change."""

    def __init__(self, data):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.parts = [(i.filename, archive.read(i)) for i in archive.infolist()]

    def write(self, path, plain=("mimetype",)):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.parts:
                how = zipfile.ZIP_STORED if name in plain else zipfile.ZIP_DEFLATED
                archive.writestr(name, data, compress_type=how)
        return path

    def get(self, name):
        return dict(self.parts)[name]

    def put(self, name, data):
        self.parts = [(n, data if n == name else d) for n, d in self.parts]

    def digest_again(self, name):
        """Makes the manifest fit the changed part; what is left is the seal."""
        old = base64.b64encode(hashlib.sha256(self.before[name]).digest())
        new = base64.b64encode(hashlib.sha256(self.get(name)).digest())
        self.put(MANIFEST, self.get(MANIFEST).replace(old, new))

    def changed(self, name, data):
        copy = Container.__new__(Container)
        copy.before = dict(self.parts)
        copy.parts = list(self.parts)
        copy.put(name, data)
        return copy


def flipped(data):
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class Scene:
    def __init__(self, top):
        self.top = top
        self.passed = self.failed = 0
        subprocess.run([PROGRAM, "demo", "--dir", top / "demo", "--port", "19281", "--once"],
                       check=True, timeout=WAIT_S, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.cards = top / "cards.jsonl"
        self.cards.write_bytes(b"".join(self.run("card", top / "demo" / o).stdout
                                        for o in OFFICES))
        db = sqlite3.connect(f"file:{top}/demo/vpcp/office.db?mode=ro", uri=True)
        home = json.loads(self.cards.read_text().splitlines()[3])["office"]
        self.records = [row[0] for row in db.execute(
            "SELECT record FROM head WHERE kind = 'consultation.request' AND home = ?", (home,))]
        db.close()

    def run(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=WAIT_S)

    def expect(self, holds, what):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            print(f"  FAILED: {what}")

    def verify(self, path, *more):
        done = self.run("verify", path, *more)
        report = json.loads(done.stdout) if done.stdout else None
        refusal = json.loads(done.stderr.splitlines()[-1]) if done.stderr else None
        return done.returncode, report, refusal


def exported(scene):
    done = scene.run("evidence", scene.top / "demo" / "vpcp", *scene.records)
    scene.expect(done.returncode == 0 and done.stdout[30:38] == b"mimetype", "it is exported")
    scene.expect(done.stdout[38:69] == b"application/vnd.etsi.asic-e+zip", "its type is at byte 38")
    path = scene.top / "whole.asice"
    path.write_bytes(done.stdout)
    return path


def holds_for_everybody(scene, path):
    code, report, _ = scene.verify(path, "--keys", scene.cards)
    scene.expect(code == 0 and report["holds"] and report["keys"] == "given", "it holds")
    scene.expect(report["sealed"]["code"] == "VPCP" and report["files"] > 0, "it is sealed, whole")
    said = {(row["code"], row["what"]) for row in report["held"]}
    for office in ("VPTW", "VPCTN", "VPQH"):
        scene.expect({(office, "R1"), (office, "R2")} <= said, f"R1 and R2 of {office} are there")
    code, report, _ = scene.verify(path)
    scene.expect(code == 0 and report["keys"] == "container", "whose keys, is told")
    folder = scene.top / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    difference, count = verify.verify([str(folder / "objects.jsonl")])
    scene.expect(difference is None and count > 6, f"Python agrees: {difference}")
    openssl = subprocess.run(
        ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / SEAL,
         "-content", folder / MANIFEST, "-CAfile", folder / ROOT_PEM, "-out", "/dev/null"],
        capture_output=True, timeout=WAIT_S)
    scene.expect(openssl.returncode == 0, f"OpenSSL accepts the seal: {openssl.stderr}")


def changes_are_found(scene, path):
    whole = Container(path.read_bytes())
    for name, data in whole.parts:
        if name == ROOT_PEM:
            continue  # a copy of what the seal holds, for public tools
        code, _, refusal = scene.verify(whole.changed(name, flipped(data)).write(
            scene.top / "changed.asice"), "--keys", scene.cards)
        scene.expect(code == 1 and refusal["reason"].startswith("evidence."), f"a bit of {name}")
    for at, line in enumerate(whole.get("objects.jsonl").splitlines()):
        lines = whole.get("objects.jsonl").splitlines()
        value = json.loads(line)
        value["bytes"] = base64.b64encode(flipped(base64.b64decode(value["bytes"]))).decode()
        del value["hash"]
        lines[at] = json.dumps(value).encode()
        forged = whole.changed("objects.jsonl", b"\n".join(lines) + b"\n")
        forged.digest_again("objects.jsonl")
        code, report, _ = scene.verify(forged.write(scene.top / "forged.asice"))
        found = {finding["where"] for finding in report["findings"]}
        scene.expect(code == 1 and f"objects.jsonl:{at + 1}" in found, f"object {at + 1} forged")


def parts_are_counted(scene, path):
    whole = Container(path.read_bytes())
    for name, _ in whole.parts[:-1]:
        without = whole.changed(name, b"")
        without.parts = [part for part in without.parts if part[0] != name]
        code, report, refusal = scene.verify(without.write(scene.top / "without.asice"))
        told = report["findings"] if report else refusal["reason"]
        scene.expect(code == 1 and told, f"{name} taken out")
    more = whole.changed("mimetype", whole.get("mimetype"))
    more.parts.append(("../../etc/cron.d/evil", b"* * * * * root true\n"))
    code, report, _ = scene.verify(more.write(scene.top / "more.asice"))
    scene.expect(code == 1 and "part.unknown" in {f["what"] for f in report["findings"]}, "added")
    other = json.loads(scene.cards.read_text().splitlines()[0])
    own = json.loads(scene.cards.read_text().splitlines()[3])
    own["public_key"] = other["public_key"]
    wrong = scene.top / "wrong.jsonl"
    wrong.write_text(json.dumps(own) + "\n")
    code, report, _ = scene.verify(path, "--keys", wrong)
    scene.expect(code == 1 and not report["holds"], "another key is not believed")


def hostile_containers_are_refused(scene, path):
    data = path.read_bytes()
    whole = Container(data)
    bomb = whole.changed("objects.jsonl", b"\0" * (60 << 20))
    cases = {
        "empty": b"", "no container": b"PK\3\4" + os.urandom(4096), "cut": data[:len(data) // 2],
        "bomb": bomb.write(scene.top / "bomb.asice").read_bytes(),
        "compressed type": whole.changed("mimetype", whole.get("mimetype")).write(
            scene.top / "plain.asice", plain=()).read_bytes(),
        "deep": None, "twice": None,
    }
    deep = whole.changed("objects.jsonl", b'{"personal":' + b"[" * 100000 + b"\n")
    cases["deep"] = deep.write(scene.top / "deep.asice").read_bytes()
    twice = whole.changed("mimetype", whole.get("mimetype"))
    twice.parts.append(("objects.jsonl", b"{}\n"))
    cases["twice"] = twice.write(scene.top / "twice.asice").read_bytes()
    for name, content in cases.items():
        hostile = scene.top / "hostile.asice"
        hostile.write_bytes(content)
        code, report, refusal = scene.verify(hostile)
        scene.expect(code == 1 and refusal["reason"].startswith("evidence."), f"{name}: {refusal}")
    code, _, refusal = scene.verify(path, "--keys", path)
    scene.expect(code == 1 and refusal["reason"] == "verify.keys", "keys that are none")
    gone = scene.run("evidence", scene.top / "demo" / "vpcp", "a" * 26 + "." + "b" * 26)
    scene.expect(gone.returncode == 1 and b"record.not_found" in gone.stderr, "no such record")


def main():
    with tempfile.TemporaryDirectory(prefix="phoihop-e2e-") as top:
        os.chmod(top, 0o755)
        scene = Scene(pathlib.Path(top))
        path = exported(scene)
        holds_for_everybody(scene, path)
        changes_are_found(scene, path)
        parts_are_counted(scene, path)
        hostile_containers_are_refused(scene, path)
        print(f"{scene.passed} passed, {scene.failed} failed")
        return 1 if scene.failed else 0


if __name__ == "__main__":
    sys.exit(main())
