#!/usr/bin/env python3
"""Sends malformed and unusual HTTP/1.1 to a running server and checks how it answers.

    http_conformance.py HOST:PORT             prints "N passed, M failed"; exit 1 when M > 0
    http_conformance.py HOST:PORT --nginx     the same, and lists where nginx answers otherwise

The server must answer GET / with a final status below 500 and must not need a login to do so much
as parse. A refusal is a 4xx or 5xx status (or a closed connection where a row allows it) after
which the connection closes, so that nothing behind the malformed request is ever served.
"""
import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

WAIT_S = 5
HOST = b"Host: localhost\r\n"
GET = b"GET / HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
TE = b"Transfer-Encoding: chunked\r\n"
END = b"\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
SERVED = "served"

# name, bytes, the statuses allowed; SERVED is any final status of the application itself.
REFUSED = [
    ("RFC 9112 2.2 bare LF as line end", b"GET / HTTP/1.1\nHost: localhost\n\n", {400}),
    ("RFC 9112 2.2 bare LF in a header", GET + b"Host: localhost\nX: a\r\n\r\n", {400}),
    ("RFC 9112 2.2 bare CR in a value", GET + HOST + b"X: a\rb\r\n\r\n", {400}),
    ("RFC 9112 2.2 white space before the first header", GET + b" X: a\r\n" + HOST + END, {400}),
    ("RFC 9112 2.3 lower-case version", b"GET / http/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 2.3 version HTTP/1.10", b"GET / HTTP/1.10\r\n" + HOST + END, {400}),
    ("RFC 9112 2.3 version HTTP/11", b"GET / HTTP/11\r\n" + HOST + END, {400}),
    ("RFC 9110 2.5 version HTTP/2.0", b"GET / HTTP/2.0\r\n" + HOST + END, {505}),
    ("RFC 9110 2.5 version HTTP/9.9", b"GET / HTTP/9.9\r\n" + HOST + END, {505}),
    ("RFC 9112 3 no version", b"GET /\r\n\r\n", {400}),
    ("RFC 9112 3 two spaces", b"GET  / HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 3 space at the line's end", b"GET / HTTP/1.1 \r\n" + HOST + END, {400}),
    ("RFC 9112 3 tab as separator", b"GET\t/ HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9110 9.1 method that is no token", b"G(T / HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 3.2 target without slash", b"GET x HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 3.2 fragment in the target", b"GET /a#b HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 3986 2.1 broken escape", b"GET /%zz HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 3986 3.3 escaped NUL", b"GET /a%00b HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 3986 3.3 escaped slash", b"GET /a%2fb HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 3986 6.2.2.3 climbing path", b"GET /../etc/passwd HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 3986 6.2.2.3 escaped climbing path", b"GET /%2e%2e/x HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 3.2.2 absolute form, other host", b"GET http://b/ HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 3.2.3 CONNECT", b"CONNECT a:1 HTTP/1.1\r\n" + HOST + END, {400, 405, 501}),
    ("RFC 9112 3.2.4 GET *", b"GET * HTTP/1.1\r\n" + HOST + END, {400}),
    ("RFC 9112 3.2 no Host", GET + END, {400}),
    ("RFC 9112 3.2 two Hosts", GET + HOST + b"Host: b\r\n\r\n", {400}),
    ("RFC 9112 3.2 two equal Hosts", GET + HOST + HOST + END, {400}),
    ("RFC 9112 3.2 Host with a space", GET + b"Host: a b\r\n\r\n", {400}),
    ("RFC 9112 3.2 Host with a slash", GET + b"Host: a/b\r\n\r\n", {400}),
    ("RFC 9112 3.2 Host with user information", GET + b"Host: a@b\r\n\r\n", {400}),
    ("RFC 9112 5.1 space before the colon", GET + HOST + b"X : a\r\n\r\n", {400}),
    ("RFC 9112 5 no colon", GET + HOST + b"Xa\r\n\r\n", {400}),
    ("RFC 9112 5 empty name", GET + HOST + b": a\r\n\r\n", {400}),
    ("RFC 9110 5.1 name that is no token", GET + HOST + b"X(y): a\r\n\r\n", {400}),
    ("RFC 9112 5.2 folded header", GET + HOST + b"X: a\r\n b\r\n\r\n", {400}),
    ("RFC 9110 5.5 NUL in a value", GET + HOST + b"X: a\x00b\r\n\r\n", {400}),
    ("RFC 9110 5.5 control in a value", GET + HOST + b"X: a\x01b\r\n\r\n", {400}),
    ("RFC 9110 8.6 length +5", POST + b"Content-Length: +5\r\n\r\nhello", {400}),
    ("RFC 9110 8.6 length -5", POST + b"Content-Length: -5\r\n\r\nhello", {400}),
    ("RFC 9110 8.6 length 0x5", POST + b"Content-Length: 0x5\r\n\r\nhello", {400}),
    ("RFC 9110 8.6 length 5,5", POST + b"Content-Length: 5,5\r\n\r\nhello", {400}),
    ("RFC 9110 8.6 length 5 5", POST + b"Content-Length: 5 5\r\n\r\nhello", {400}),
    ("RFC 9110 8.6 empty length", POST + b"Content-Length:\r\n\r\n", {400}),
    ("RFC 9110 8.6 length of 30 digits",
     POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", {400, 413}),
    ("RFC 9112 6.3 two lengths",
     POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", {400}),
    ("RFC 9112 6.3 two equal lengths",
     POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", {400}),
    ("RFC 9112 6.1 length and chunked",
     POST + b"Content-Length: 5\r\n" + TE + b"\r\n0\r\n\r\n", {400}),
    ("RFC 9112 6.1 chunked in HTTP/1.0",
     b"POST / HTTP/1.0\r\n" + HOST + TE + b"\r\n0\r\n\r\n", {400}),
    ("RFC 9112 6.1 chunked twice",
     POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400}),
    ("RFC 9112 6.1 chunked on two lines", POST + TE + TE + b"\r\n0\r\n\r\n", {400}),
    ("RFC 9112 6.3 chunked not last",
     POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", {400}),
    ("RFC 9112 6.1 unknown coding", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {501}),
    ("RFC 9112 6.1 identity", POST + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", {400, 501}),
    ("RFC 9112 6.1 tab-like byte in the coding",
     POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", {400}),
    ("RFC 9112 6.1 quoted coding", POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', {400}),
    ("RFC 9112 7.1 chunk size 0x1", POST + TE + b"\r\n0x1\r\na\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1 chunk size +1", POST + TE + b"\r\n+1\r\na\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1 chunk size with space", POST + TE + b"\r\n1 \r\na\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1 empty chunk size", POST + TE + b"\r\n\r\na\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1 huge chunk size", POST + TE + b"\r\nfffffffffffffffff\r\na\r\n", {400, 413}),
    ("RFC 9112 7.1 chunk longer than its size", POST + TE + b"\r\n1\r\nab\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1 bare LF behind a chunk size", POST + TE + b"\r\n1\na\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1 bare LF behind a chunk", POST + TE + b"\r\n1\r\na\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1.1 bare LF in an extension", POST + TE + b"\r\n1;a\nb\r\na\r\n0\r\n\r\n", {400}),
    ("RFC 9112 7.1.2 trailer without colon", POST + TE + b"\r\n0\r\nXy\r\n\r\n", {400}),
    ("RFC 9110 10.1.1 unknown expectation",
     POST + b"Expect: tea\r\nContent-Length: 0\r\n\r\n", {417}),
    ("RFC 9110 15.5.15 request line too long",
     b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + END, {414}),
    ("RFC 6585 5 head too large", GET + HOST + b"X: " + b"a" * 60000 + b"\r\n\r\n", {431}),
    ("RFC 6585 5 too many headers", GET + HOST + b"X: a\r\n" * 1000 + END, {431}),
    ("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 40, {400}),
]

ACCEPTED = [
    ("plain GET", GET + HOST + b"Connection: close\r\n\r\n", {SERVED}),
    ("HTTP/1.0 without Host", b"GET / HTTP/1.0\r\n\r\n", {SERVED}),
    ("RFC 9112 2.2 one empty line first",
     END + GET + HOST + b"Connection: close\r\n\r\n", {SERVED}),
    ("RFC 9112 3.2.2 absolute form",
     b"GET http://localhost/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
     {SERVED}),
    ("RFC 9110 9.3.2 HEAD without body",
     b"HEAD / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", {SERVED}),
    ("RFC 9112 7.1 chunked body",
     POST + b"Connection: close\r\n" + TE + b"\r\n1;x=y\r\na\r\n0\r\nX: y\r\n\r\n",
     {SERVED}),
    ("RFC 4918 9.1 PROPFIND",
     b"PROPFIND / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", {SERVED}),
    ("query with brackets and bars",
     b"GET /?a[]=|b HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", {SERVED}),
    ("64 byte header values above 127",
     GET + HOST + b"X: " + b"\xc4\x91" * 32 + b"\r\nConnection: close\r\n\r\n",
     {SERVED}),
]

# Why ours refuses what nginx 1.22 serves. A difference without a reason counts as a failure.
LF = "nginx takes LF alone for a line end, as the RFC allows; we leave readers nothing to differ on"
SPACE = "nginx reads leniently around spaces, as the RFC allows; we have no old clients to spare"
HEADER = "nginx leaves out a header line it finds invalid; the RFC calls the message malformed"
REASONS = {
    "RFC 9112 2.2 bare LF as line end": LF,
    "RFC 9112 2.2 bare LF in a header": LF,
    "RFC 9112 2.3 version HTTP/1.10":
        "nginx reads a minor number of several digits; the grammar has one",
    "RFC 9112 3 no version": "nginx still answers HTTP/0.9",
    "RFC 9112 3 two spaces": SPACE,
    "RFC 9112 3 space at the line's end": SPACE,
    "RFC 9112 3.2 fragment in the target": "nginx cuts the fragment off; no browser sends one",
    "RFC 3986 3.3 escaped slash": "nginx decodes it into a path separator; we refuse the ambiguity",
    "RFC 9112 3.2.2 absolute form, other host":
        "nginx serves the target's host; one request, one name",
    "RFC 9112 3.2 Host with user information":
        "nginx takes the whole for a name; RFC 9110 7.2 has no user there",
    "RFC 9112 5 no colon": HEADER,
    "RFC 9110 5.1 name that is no token": HEADER,
    "RFC 9110 5.5 control in a value": "nginx lets controls other than NUL, CR and LF pass",
    "RFC 9112 7.1 chunk size with space": SPACE,
    "RFC 9112 7.1 bare LF behind a chunk size": LF,
    "RFC 9112 7.1 bare LF behind a chunk": LF,
    "RFC 9112 7.1.2 trailer without colon": "nginx does not look at trailers",
    "RFC 9110 10.1.1 unknown expectation":
        "nginx ignores expectations it does not know; the RFC has 417",
}


def talk(address, data):
    """Returns everything the server sends until it closes, and whether it closed."""
    received = b""
    with socket.create_connection(address, WAIT_S) as sock:
        sock.settimeout(WAIT_S)
        with contextlib.suppress(OSError):
            sock.sendall(data)
        try:
            while piece := sock.recv(65536):
                received += piece
        except TimeoutError:
            return received, False
        except OSError:
            pass
    return received, True


def statuses(received):
    """The statuses of all replies. Bodies of refusals are short text without "HTTP/1."."""
    found = []
    for part in received.split(b"HTTP/1.1 ")[1:]:
        with contextlib.suppress(ValueError):
            found.append(int(part[:3]))
    return found


def verdict(address, data, refused):
    """One word for what happened: statuses joined, "closed" or "hangs"."""
    received, closed = talk(address, data + (NEXT if refused else b""))
    codes = statuses(received)
    if not closed:
        return "hangs", codes
    if not codes:
        return ("closed" if not received else "not HTTP/1.1"), codes
    return "+".join(map(str, codes)), codes


def judge(allowed, word, codes):
    if word in ("hangs", "closed", "not HTTP/1.1") or len(codes) != 1:
        return False
    return codes[0] in allowed or (SERVED in allowed and codes[0] < 500 and codes[0] != 400)


def head_has_no_body(address):
    received, _ = talk(address, b"HEAD / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    return received.endswith(b"\r\n\r\n") and received.count(b"\r\n\r\n") == 1


def continue_is_sent(address):
    with socket.create_connection(address, WAIT_S) as sock:
        sock.settimeout(WAIT_S)
        head = b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        sock.sendall(POST + head)
        first = sock.recv(1000)
        if not first.startswith(b"HTTP/1.1 100 "):
            return statuses(first)[:1] != [417]  # a final answer at once is allowed
        sock.sendall(b"ab")
        return bool(sock.recv(1000))


def pipeline_in_order(address):
    keep = GET + HOST + END
    received, closed = talk(address, keep * 20 + GET + HOST + b"Connection: close\r\n\r\n")
    return closed and len(statuses(received)) == 21


def slow_heads_do_not_block(address):
    """Two hundred clients that send one byte each must not keep another from its answer."""
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            sock = stack.enter_context(socket.create_connection(address, WAIT_S))
            sock.sendall(b"G")
        start = time.monotonic()
        received, closed = talk(address, GET + HOST + b"Connection: close\r\n\r\n")
        return closed and bool(statuses(received)) and time.monotonic() - start < 2


def byte_by_byte(address):
    with socket.create_connection(address, WAIT_S) as sock:
        sock.settimeout(WAIT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in POST + b"Connection: close\r\n" + TE + b"\r\n2\r\nab\r\n0\r\n\r\n":
            sock.sendall(bytes([byte]))
        received = b""
        while piece := sock.recv(65536):
            received += piece
        return len(statuses(received)) == 1 and statuses(received)[0] not in (400, 408)


BEHAVIOURS = [
    ("RFC 9110 9.3.2 HEAD has no body", head_has_no_body),
    ("RFC 9110 10.1.1 100 Continue is sent", continue_is_sent),
    ("RFC 9112 9.3.2 pipelined requests are all answered", pipeline_in_order),
    ("a request byte by byte is the same request", byte_by_byte),
    ("200 slow heads do not block others", slow_heads_do_not_block),
]


def check(address):
    passed = failed = 0
    for rows, refused in ((REFUSED, True), (ACCEPTED, False)):
        for name, data, allowed in rows:
            word, codes = verdict(address, data, refused)
            good = judge(allowed, word, codes)
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"FAILED {name}: {word}, want {sorted(map(str, allowed))}")
    for name, behaves in BEHAVIOURS:
        good = False
        with contextlib.suppress(OSError, IndexError):
            good = behaves(address)
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"FAILED {name}")
    print(f"{passed} passed, {failed} failed")
    return failed


NGINX = """
daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log crit;
events {{ worker_connections 512; }}
http {{
    access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
    keepalive_timeout 2s; client_header_timeout 3s; client_body_timeout 3s; lingering_close off;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{behind}; }} }}
    server {{ listen 127.0.0.1:{behind}; location / {{ return 200 "ok"; }} }}
}}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def nginx():
    """nginx as a proxy before itself, so that it reads bodies; gives its address."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with tempfile.TemporaryDirectory() as folder:
        port, behind = free_port(), free_port()
        conf = pathlib.Path(folder, "nginx.conf")
        conf.write_text(NGINX.format(dir=folder, port=port, behind=behind))
        command = [program, "-c", str(conf), "-p", folder]
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + WAIT_S
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
            yield "127.0.0.1", port
        finally:
            child.terminate()
            child.wait(10)


def same(ours, theirs):
    """Says that both refused, or both served as often; the statuses may differ."""
    return len(ours) == len(theirs) > 0 and (ours[0] >= 400) == (theirs[0] >= 400)


def differences(address):
    count = unexplained = others = 0
    with nginx() as other:
        for rows, refused in ((REFUSED, True), (ACCEPTED, False)):
            for name, data, _ in rows:
                ours, our_codes = verdict(address, data, refused)
                theirs, their_codes = verdict(other, data, refused)
                if same(our_codes, their_codes):
                    others += our_codes[0] >= 400 and our_codes != their_codes
                    continue
                reason = REASONS.get(name)
                count, unexplained = count + 1, unexplained + (reason is None)
                print(f"DIFFERS {name}: ours {ours}, nginx {theirs}: {reason or 'NOT EXPLAINED'}")
    print(f"{count} differences from nginx, {unexplained} not explained; "
          f"{others} refused by both with another status")
    return unexplained


def main(argv):
    host, _, port = argv[1].rpartition(":")
    address = (host or "127.0.0.1", int(port))
    failed = check(address)
    if "--nginx" in argv[2:]:
        failed += differences(address)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv))
