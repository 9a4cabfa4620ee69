#!/usr/bin/env python3
"""Verifies signed objects of offices without any code of the program that wrote them.

    python3 tools/verify.py FILE.jsonl ...

Needs the Python standard library and python3-cryptography. Each line of a file is one object:

    {"purpose": "phoihop-version-v1" | "phoihop-receipt-v1" | "phoihop-feed-v1" | "phoihop-ack-v1" |
                "phoihop-ledger-v1",
     "bytes": base64 of the signed bytes, "hash": hex (may be missing), "sig": base64,
     "public_key": hex, "personal": [{"path", "salt": hex, "value"}],
     "entries": [base64 of each entry of a batch, or of those that an acknowledgement covers],
     "prev": hex chain before them (only with phoihop-ack-v1)}
    {"purpose": "phoihop-key-v1", the same of a change of an office's key: one line as the key
     before signed it (may be missing), one as the new key did}
    {"purpose": "tlog-proof", "bytes": base64 of a c2sp.org/tlog-proof, "object": hex hash of what
     the log holds, "public_key": hex of the log's office, "witnesses": {office: hex key}}

tools/export.py writes such a file, and so is objects.jsonl in what `phoihop evidence` exports.
Exit 0 when everything holds; exit 1 with the first difference named as FILE:LINE: what.
"""
import base64
import hashlib
import json
import re
import sys
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER = ["phoihop", "kind", "schema", "record", "n", "prev", "person", "time", "audience", "alg",
          "key", "passages", "body"]
PASSAGE = ["n", "from", "to", "key", "sig"]  # and "statement", when an office ended
RECEIPT = ["phoihop", "receipt", "record", "n", "hash", "office", "person", "time", "number",
           "reason", "key"]
ENTRY = ["phoihop", "from", "to", "epoch", "seq", "kind", "priority", "record", "n", "object",
         "size"]
HEAD = ["phoihop", "from", "to", "epoch", "seq", "count", "prev", "chain", "time", "key"]
ACK = ["phoihop", "from", "to", "epoch", "seq", "chain", "time", "key", "credit_entries",
       "credit_bytes", "disk", "pause_ms", "call", "heads"]
LEDGER = ["phoihop", "from", "to", "side", "epoch", "first", "last", "held", "aside", "missing",
          "unknown", "lines", "time", "key"]
STATEMENT = ["phoihop", "office", "n", "old", "new", "next", "size", "revoked", "time"]
OPTIONAL = {"next", "revoked", "passages", "prev", "person", "number", "reason", "credit_entries",
            "credit_bytes", "disk", "pause_ms", "call", "heads"}

OFFICE = re.compile(r"[a-z2-7]{26}")
RECORD = re.compile(r"([a-z2-7]{26})\.[a-z2-7]{26}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HASH = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"[0-9a-f]{16}")
DISK = re.compile(r"ok|low|tight|full")
PARTY = re.compile(r"o:[a-z2-7]{26}|[up]:[a-z2-7]{26}\.[a-z2-7]{26}|r:[a-z_]+")
FORMS = {"record": RECORD, "person": RECORD, "office": OFFICE, "from": OFFICE, "to": OFFICE,
         "time": TIME, "hash": HASH, "prev": HASH, "chain": HASH, "object": HASH, "key": KEY,
         "disk": DISK, "old": HASH, "new": HASH, "next": HASH}
NUMBERS = {"phoihop", "schema", "n", "epoch", "seq", "count", "priority", "size",
           "credit_entries", "credit_bytes", "pause_ms"}
ORIGIN = "phoihop/"
INT_MAX = 2**53 - 1
BYTES_MAX = 512 * 1024
DEPTH_MAX = 8


class Wrong(Exception):
    """What does not hold, in words."""


def need(holds, what):
    if not holds:
        raise Wrong(what)


def one_object(pairs):
    names = [name for name, _ in pairs]
    need(len(names) == len(set(names)), f"a name stands twice among {names}")
    return dict(pairs)


def refuse_number(text):
    raise Wrong(f"{text} is not an integer")


def walk(value, depth=1):
    need(depth <= DEPTH_MAX, "nested too deeply")
    if isinstance(value, str):
        need(unicodedata.is_normalized("NFC", value), f"text is not in NFC: {value!r}")
    elif isinstance(value, int):
        need(abs(value) <= INT_MAX, f"{value} is out of range")
    elif isinstance(value, (dict, list)):
        for child in (value.values() if isinstance(value, dict) else value):
            walk(child, depth + isinstance(child, (dict, list)))
        for name in value if isinstance(value, dict) else ():
            walk(name, depth)
    else:
        raise Wrong(f"{value!r} has no place in signed bytes")


def strict(data):
    """Parses the one form of JSON that is signed: writing it again must give the same bytes."""
    need(len(data) <= BYTES_MAX, "too many bytes")
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=one_object, parse_float=refuse_number,
                           parse_constant=refuse_number)
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except (ValueError, RecursionError) as e:
        raise Wrong(f"not strict JSON: {e}") from None
    need(again == data, "not written in the one form (white space, escapes, numbers)")
    need(isinstance(value, dict), "not an object")
    walk(value)
    return value


def shape(value, names, what):
    """The names, their order and the form of each value."""
    need(list(value) == [n for n in names if n in value], f"{what}: names or their order differ")
    for name in names:
        need(name in value or name in OPTIONAL, f"{what}: {name} is missing")
        if name in NUMBERS and name in value:
            need(type(value[name]) is int and value[name] >= 0, f"{what}: {name} is no number")
        elif name in FORMS and name in value:
            form = isinstance(value[name], str) and FORMS[name].fullmatch(value[name])
            need(form, f"{what}: {name} has a wrong form")
    need(value["phoihop"] == 1, f"{what}: another format")


def unpack(text):
    """Base64 in its one form."""
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data


def signature(key, signed, sig, what):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(sig, signed)
    except InvalidSignature:
        raise Wrong(f"{what}: the signature does not hold") from None


def root_of(leaf, index, size, path):
    """RFC 9162 2.1.3.2: the root that the path leads to from the leaf."""
    node, last = index, size - 1
    need(0 <= index < size, "proof: no such leaf")
    for step in path:
        need(last > 0, "proof: the path is too long")
        left = node & 1 or node == last
        leaf = hashlib.sha256(b"\1" + (step + leaf if left else leaf + step)).digest()
        while left and not node & 1 and node:
            node, last = node >> 1, last >> 1
        node, last = node >> 1, last >> 1
    need(last == 0, "proof: the path is too short")
    return leaf


def note(text, lines, name, key, kind):
    """The time of the cosignature (0 for the log's own signature); None when there is none."""
    head = hashlib.sha256(f"{name}\n".encode() + bytes([kind]) + key).digest()[:4]
    for line in lines:
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", "note: a signature line has a wrong form")
        raw = unpack(parts[2])
        if parts[1] != name or raw[:4] != head:
            continue
        time = int.from_bytes(raw[4:12], "big") if kind == 4 else 0
        prefix = f"cosignature/v1\ntime {time}\n" if kind == 4 else ""
        signature(key, (prefix + text).encode(), raw[12:] if kind == 4 else raw[4:], name)
        return time
    return None


class Verifier:
    def __init__(self):
        self.keys = {}      # (office id, public key) -> the first place that used it
        self.changes = {}   # (office id, older key, newer key) -> keys that signed the change
        self.versions = {}  # (record, n) -> (hash, prev, passages, author's office)
        self.passed = []    # how records came to their homes
        self.receipts = []  # spoken of once all versions are known
        self.chains = {}    # (from, to, epoch, seq) -> chain
        self.acks = []
        self.count = 0

    def signed(self, line, data, office, key):
        public = bytes.fromhex(line["public_key"])
        digest = hashlib.sha256(data).digest()
        need(line.get("hash", digest.hex()) == digest.hex(), "hash differs from the bytes")
        need(key == hashlib.sha256(public).hexdigest()[:16], "key id is not that of the public key")
        self.keys.setdefault((office, public), line["at"])
        signature(public, line["purpose"].encode() + b"\0" + digest,
                  unpack(line["sig"]), line["purpose"])
        return digest.hex()

    def author(self, v):
        """The office that wrote the version: where the record's passages had brought it."""
        home, n = RECORD.fullmatch(v["record"])[1], 0
        need(v.get("passages", True), "version: passages are left out when there are none")
        for p in v.get("passages", []):
            names = PASSAGE + ["statement"] * ("statement" in p)
            need(isinstance(p, dict) and list(p) == names, "passage: names or their order differ")
            form = OFFICE.fullmatch(p["to"]) and KEY.fullmatch(p["key"])
            form = form and RECORD.fullmatch(p.get("statement", v["record"]))
            need(form and re.fullmatch("[0-9a-f]{128}", p["sig"]), "passage: form")
            # who ended wrote version n as any other: the next one is the first that tells
            ended = "statement" in p
            later = type(p["n"]) is int and (n < p["n"] or ended and 0 < n == p["n"])
            need(later and p["n"] + ended <= v["n"], "passage: not in order")
            need(p["from"] == home != p["to"], "passage: not from the home")
            home, n = p["to"], p["n"]
        return v["passages"][-1]["from"] if n == v["n"] else home

    def version(self, line, data):
        v = strict(data)
        shape(v, HEADER, "version")
        need(v["schema"] >= 1 and v["n"] >= 1 and v["alg"] == "ed25519", "version: header")
        need(("prev" in v) == (v["n"] > 1), "version: prev belongs to every version but the first")
        parties = [row.get("party", "") for row in v["audience"] if list(row) == ["party"]]
        need(parties and len(parties) == len(v["audience"]), "version: audience")
        need(all(PARTY.fullmatch(p) for p in parties), "version: a party has a wrong form")
        need(len(set(parties)) == len(parties), "version: a party stands twice")
        need(isinstance(v["body"], dict), "version: body is no object")
        home = self.author(v)
        need("person" not in v or v["person"].startswith(home + "."),
             "version: the author is not of the office that was its home")
        digest = self.signed(line, data, home, v["key"])
        at = (v["record"], v["n"])
        need(self.versions.get(at, (digest,))[0] == digest, f"fork: two versions {v['n']}")
        self.versions[at] = (digest, v.get("prev", ""), v.get("passages", []), home)
        self.passed += [(line["at"], v["record"], p) for p in v.get("passages", [])]
        for row in line.get("personal", []):
            sealed = hashlib.sha256(b"phoihop-personal-v1\0" + bytes.fromhex(row["salt"]) +
                                    row["value"].encode()).hexdigest()
            need(v["body"].get(row["path"]) == {"hash": sealed},
                 f"personal value of {row['path']} is not the one signed")

    def receipt(self, line, data):
        r = strict(data)
        shape(r, RECEIPT, "receipt")
        need(r["receipt"] in ("R2", "R-", "R3"), "receipt: type")
        self.signed(line, data, r["office"], r["key"])
        self.receipts.append((line["at"], (r["record"], r["n"]), r["hash"], r["office"]))

    def feed(self, line, data):
        head = strict(data)
        shape(head, HEAD, "batch")
        self.signed(line, data, head["from"], head["key"])
        chain = bytes.fromhex(head["prev"])
        need(len(line["entries"]) == head["count"], "batch: count")
        for i, text in enumerate(line["entries"]):
            raw = unpack(text)
            entry = strict(raw)
            shape(entry, ENTRY, "entry")
            need([entry[n] for n in ("from", "to", "epoch")] ==
                 [head[n] for n in ("from", "to", "epoch")], "entry: of another feed")
            need(entry["seq"] == head["seq"] + i, "entry: not in row")
            before = (head["from"], head["to"], head["epoch"], entry["seq"] - 1)
            need(self.chains.get(before, chain) == chain, "entry: the chain has another past")
            chain = hashlib.sha256(b"phoihop-feed-v1\0" + chain + raw).digest()
            at = before[:3] + (entry["seq"],)
            need(self.chains.setdefault(at, chain) == chain, "entry: a number was used twice")
        need(chain.hex() == head["chain"], "batch: the chain does not come out")

    def ack(self, line, data):
        a = strict(data)
        shape(a, ACK, "acknowledgement")
        need(a.get("call", True) is True, "acknowledgement: call is not written when it is false")
        self.signed(line, data, a["from"], a["key"])
        if "entries" in line:  # beside an acknowledgement: from one entry to what it covers
            chain = bytes.fromhex(line["prev"])
            for raw in (base64.b64decode(text, validate=True) for text in line["entries"]):
                shape(strict(raw), ENTRY, "entry")
                chain = hashlib.sha256(b"phoihop-feed-v1\0" + chain + raw).digest()
            need(chain.hex() == a["chain"], "acknowledgement: the chain does not come out")
        self.acks.append((line["at"], (a["to"], a["from"], a["epoch"], a["seq"]), a["chain"]))

    def ledger(self, line, data):
        s = strict(data)
        shape(s, LEDGER, "ledger")
        self.signed(line, data, s["from"], s["key"])
        need(s["side"] in ("sent", "took"), "ledger: side")
        counted = sum(s[name] for name in ("held", "aside", "missing", "unknown"))
        need(counted == s["last"] - s["first"] + 1, "ledger: the counts are not those of its lines")

    def change(self, line, data):
        s = strict(data)
        shape(s, STATEMENT, "change of a key")
        need(s["old"] != s["new"] and line["public_key"] in (s["old"], s["new"]),
             "change of a key: signed by another one")
        for row in s.get("revoked", []):
            need(list(row) == ["key", "size"] and HASH.fullmatch(row["key"]) and
                 type(row["size"]) is int, "change of a key: revoked")
        public = bytes.fromhex(line["public_key"])
        self.signed(line, data, s["office"], hashlib.sha256(public).hexdigest()[:16])
        link = (s["office"], bytes.fromhex(s["old"]), bytes.fromhex(s["new"]))
        self.changes.setdefault(link, set()).add(public)

    def strangers(self):
        """Keys of an office to which no signed change leads. The new key must have signed it; the
        old one has too, unless it was lost and had promised the new one."""
        kin = {key: {key} for key in self.keys}
        for (office, old, new), signers in self.changes.items():
            if new in signers:
                whole = kin.get((office, old), {(office, old)}) | kin[office, new]
                for key in whole:
                    kin[key] = whole
        first = {}
        for (office, public), at in self.keys.items():
            if (office, public) not in kin[first.setdefault(office, (office, public))]:
                yield at, f"{office} signs with another key"

    def proof(self, line, data):
        head, _, checkpoint = data.decode("utf-8").partition("\n\n")
        first, extra, index, *path = head.split("\n")
        need(first == "c2sp.org/tlog-proof@v1", "proof: another format")
        need(extra.startswith("extra ") and index.startswith("index "), "proof: form")
        leaf = unpack(extra[6:])
        need(len(leaf) == 49 and leaf[1:33].hex() == line["object"], "proof: of another object")
        text, _, lines = checkpoint.partition("\n\n")
        need(lines.endswith("\n"), "note: the last line has no end")
        origin, size, root = text.split("\n")
        text, lines = text + "\n", lines[:-1].split("\n")
        need(origin.startswith(ORIGIN) and OFFICE.fullmatch(origin[len(ORIGIN):]), "note: origin")
        path = [unpack(step) for step in path]
        made = root_of(hashlib.sha256(b"\0" + leaf).digest(), int(index[6:]), int(size), path)
        need(base64.b64encode(made).decode() == root, "proof: does not lead to the signed root")
        key = bytes.fromhex(line["public_key"])
        need(note(text, lines, origin, key, 1) is not None, "note: not signed by its log")
        for office, witness in line.get("witnesses", {}).items():
            seen = note(text, lines, ORIGIN + office, bytes.fromhex(witness), 4)
            need(seen is not None, f"note: not cosigned by {office}")

    def line(self, at, text):
        kinds = {"phoihop-version-v1": self.version, "phoihop-receipt-v1": self.receipt,
                 "phoihop-feed-v1": self.feed, "phoihop-ack-v1": self.ack,
                 "phoihop-ledger-v1": self.ledger, "phoihop-key-v1": self.change,
                 "tlog-proof": self.proof}
        line = json.loads(text)
        line["at"] = at
        need(line["purpose"] in kinds, f"unknown purpose {line['purpose']}")
        kinds[line["purpose"]](line, unpack(line["bytes"]))
        self.count += 1

    def passage(self, record, p):
        """What is wrong with what an office signed when it gave a record on; None: nothing."""
        key = next((public for office, public in self.keys if office == p["from"] and
                    hashlib.sha256(public).hexdigest()[:16] == p["key"]), None)
        if key is None:
            return f"passage: the key of {p['from']} is not known"
        what = {"record": record, "n": p["n"]}
        if "statement" in p:
            what = {"statement": p["statement"]}
        text = json.dumps({"phoihop": 1, **what, **{n: p[n] for n in PASSAGE[1:4]}},
                          separators=(",", ":"))
        try:
            signature(key, b"phoihop-home-v1\0" + hashlib.sha256(text.encode()).digest(),
                      bytes.fromhex(p["sig"]), "passage")
        except Wrong as e:
            return str(e)
        return None

    def finish(self):
        """What speaks of other objects, once all are known. Yields (place, what is wrong)."""
        for (record, n), (_, prev, passages, _) in sorted(self.versions.items()):
            before = self.versions.get((record, n - 1))
            if before is not None and before[0] != prev:
                yield record, f"version {n} does not follow version {n - 1}"
            if before is not None and passages[:len(before[2])] != before[2]:
                yield record, f"version {n} is not of the home that version {n - 1} leaves"
        yield from self.strangers()
        for at, record, passage in self.passed:
            wrong = self.passage(record, passage)
            if wrong is not None:
                yield at, wrong
        for at, about, digest, office in self.receipts:
            home = RECORD.fullmatch(about[0])[1]
            if about in self.versions:
                home = self.versions[about][3]
                if self.versions[about][0] != digest:
                    yield at, "receipt speaks of other bytes"
            if office == home:
                yield at, "receipt: for a version of its own"
        for at, about, chain in self.acks:
            if about in self.chains and self.chains[about].hex() != chain:
                yield at, "acknowledgement of another chain"


def verify(paths):
    """Returns the first difference as text, or None, and the number of objects that hold."""
    verifier = Verifier()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                at = f"{path}:{number}"
                try:
                    verifier.line(at, text)
                except (Wrong, ValueError, KeyError, TypeError, AttributeError) as e:
                    return f"{at}: {e}", verifier.count
    for at, what in verifier.finish():
        return f"{at}: {what}", verifier.count
    return None, verifier.count


def main(paths):
    if not paths:
        sys.exit(__doc__)
    difference, count = verify(paths)
    if difference is not None:
        sys.exit(difference)
    print(f"{count} objects hold")


if __name__ == "__main__":
    main(sys.argv[1:])
