// The program under test: the demo's four offices, single offices, and the command line.
import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const BUILD = process.env.BUILD || join(ROOT, "build");
const PROGRAM = join(BUILD, "phoihop");
const START_WAIT_MS = 60 * 1000;
const STOP_WAIT_MS = 30 * 1000;
const COMMAND_WAIT_MS = 60 * 1000;

// In the order of their ports.
export const OFFICES = [
  { code: "VPTW", folder: "vptw", name: "Văn phòng Trung ương Đảng" },
  { code: "VPCTN", folder: "vpctn", name: "Văn phòng Chủ tịch nước" },
  { code: "VPQH", folder: "vpqh", name: "Văn phòng Quốc hội" },
  { code: "VPCP", folder: "vpcp", name: "Văn phòng Chính phủ" },
];
// Where the demo keeps its offices: in files, or with STORE=pg on the server of test/pg/with-pg.sh.
const STORE_WORDS = process.env.STORE === "pg" ? ["--store", process.env.STORE_URL] : [];
const PORTS = 20; // four for browsers, four for the wire, ten above

// A folder that the office's own user may enter, gone at the end of the process.
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "phoihop-e2e-"));
  chmodSync(path, 0o755);
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

function portFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

// The first of PORTS free ports, below those the kernel gives away.
export async function freePorts() {
  for (let tries = 0; tries < 100; tries += 1) {
    const first = 20000 + PORTS * Math.floor(Math.random() * 500);
    const ports = Array.from({ length: PORTS }, (_, i) => first + i);
    if ((await Promise.all(ports.map(portFree))).every(Boolean)) return first;
  }
  throw new Error("no free ports");
}

// Waits until the process has said `word` on its standard output; its end before that is an error.
function said(child, word, wait_ms) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no "${word}" in time: ${child.heard}`));
    const over = setTimeout(late, wait_ms);
    child.heard = "";
    const hear = (bytes) => {
      child.heard += bytes;
      if (!child.heard.includes(word)) return;
      clearTimeout(over);
      resolve(child.heard);
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", (bytes) => { child.heard += bytes; });
    child.once("exit", (code, signal) => {
      clearTimeout(over);
      reject(new Error(`ended with ${code ?? signal} before "${word}": ${child.heard}`));
    });
  });
}

export function ended(child, wait_ms = STOP_WAIT_MS) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    const over = setTimeout(() => reject(new Error("did not end in time")), wait_ms);
    child.once("exit", (code) => {
      clearTimeout(over);
      resolve(code);
    });
  });
}

// Processes that end with this one, whatever happens.
const started = new Set();
process.on("exit", () => started.forEach((child) => child.kill("SIGTERM")));

function start(args, options = {}) {
  const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
}

export async function demoStart(dir) {
  const port = await freePorts();
  const child = start(["demo", "--dir", dir, "--port", String(port), ...STORE_WORDS]);
  await said(child, "Ctrl-C", START_WAIT_MS);
  const offices = Object.fromEntries(OFFICES.map((office, i) => [
    office.code,
    { ...office, dir: join(dir, office.folder), url: `http://127.0.0.1:${port + i}` },
  ]));
  const password = readFileSync(join(dir, "accounts.txt"), "utf8").split("\n")[0].trim();
  return { child, offices, password, stop: () => (child.kill("SIGINT"), ended(child)) };
}

// Founds four offices by one played scene and leaves them stopped.
export async function demoOnce(dir) {
  const port = await freePorts();
  const words = ["demo", "--dir", dir, "--port", String(port), "--once", ...STORE_WORDS];
  const { code, out } = await command(words);
  if (code !== 0) throw new Error(`demo --once ended with ${code}: ${out}`);
  return Object.fromEntries(OFFICES.map((o) => [o.code, { ...o, dir: join(dir, o.folder) }]));
}

export async function serveStart(office) {
  const child = start(["serve", office.dir], { detached: true });
  child.unref();
  await said(child, '"ready":true', START_WAIT_MS);
  return child;
}

// A run of the program: never throws, says how it ended.
export function command(args, wait_ms = COMMAND_WAIT_MS) {
  return new Promise((resolve) => {
    const options = { timeout: wait_ms, killSignal: "SIGKILL", maxBuffer: 64 << 20 };
    execFile(PROGRAM, args, options, (error, out, err) => {
      const code = error ? (error.code ?? error.signal) : 0;
      resolve({ code, out: out + err, json: code === 0 ? parsed(out) : null });
    });
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function view(office, login, name, args = {}) {
  const pairs = Object.entries(args).map(([key, value]) => `${key}=${value}`);
  const { code, out, json } = await command(["view", office.dir, "--as", login, name, ...pairs]);
  if (code !== 0) throw new Error(`view ${name} at ${office.code}: ${out}`);
  return json.data;
}

// An act over the control socket itself, without the time a program takes to start: its status,
// or 0 when the connection ended without an answer.
export function post(office, login, act, once, input) {
  return new Promise((resolve) => {
    const headers = {
      "Phoihop-As": login, "Idempotency-Key": once, "Content-Type": "application/json",
    };
    const path = `/api/act/${act}`;
    const options = { socketPath: join(office.dir, "control.sock"), path, method: "POST", headers };
    const asked = request({ ...options, timeout: COMMAND_WAIT_MS }, (answer) => {
      answer.resume();
      answer.on("error", () => resolve(0)).on("end", () => resolve(answer.statusCode));
    });
    asked.on("timeout", () => asked.destroy()).on("error", () => resolve(0));
    asked.end(JSON.stringify(input));
  });
}

function children(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" "))
      .filter(Boolean).map(Number);
  } catch {
    return []; // it has just ended
  }
}

export const descendants = (pid) =>
  children(pid).flatMap((child) => [child, ...descendants(child)]);

// The processes a process has started, by the verb each runs: {worker: pid, ...}.
export function parts(pid) {
  const found = {};
  for (const child of children(pid)) {
    try {
      const verb = readFileSync(`/proc/${child}/cmdline`, "utf8").split("\0")[1];
      if (verb) found[verb] = child;
    } catch { /* it has just ended */ }
  }
  return found;
}
