// The four-office scene by the command line while processes are killed in the middle of each step:
//   node test/e2e/kill.mjs [ROUNDS]
// In every round each step kills one office's worker, keeper, courier, or everything of it with its
// supervisor; over 16 rounds every step meets every office and every kind. What was acknowledged
// must be there, once, everywhere, and every office must pass `check`. Then storms: many acts at
// once at an office that is killed among them, so that some are stored and never heard of until
// they are asked again.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { command, demoOnce, ended, folder, parts, post, serveStart, view } from "./lib/offices.mjs";
import { check, equal, finish, part, until } from "./lib/tally.mjs";

const ROUNDS = Number(process.argv[2] || 16);
const CODES = ["VPTW", "VPCTN", "VPQH", "VPCP"];
const ASKED = CODES.slice(0, 3);
const KINDS = ["worker", "keeper", "courier", "all"];
const STORMS = ROUNDS;
const STORM_ACTS = 50;
const STORM_MS = 40; // about what so many acts take
const AGAIN_MS = 40 * 1000;
const MOMENT_MS = 14; // what an act takes, its own start included

const offices = await demoOnce(join(folder(), "demo"));
const running = {};
const kills = { worker: 0, keeper: 0, courier: 0, all: 0, supervisor: 0 };
let acknowledged = 0;
let repeated = 0;

async function startOffice(code) {
  // the lock of a killed office goes with the last of its processes, a moment later
  running[code] = await until(`${code} starts again`, AGAIN_MS, () =>
    serveStart(offices[code]).catch(() => null));
}

function killOne(pid) {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false; // it is just being replaced
  }
}

// Everything at once, or the supervisor alone: then its children must end by themselves.
async function killAll(code, alone) {
  const child = running[code];
  const all = alone ? [] : Object.values(parts(child.pid));
  killOne(child.pid);
  all.forEach(killOne);
  kills[alone ? "supervisor" : "all"] += 1;
  await ended(child);
  await startOffice(code);
}

async function strike(code, kind, round) {
  if (kind === "all") return killAll(code, round % 2 === 1);
  const pid = await until(`${code} has a ${kind}`, AGAIN_MS,
    async () => parts(running[code].pid)[kind]);
  if (killOne(pid)) kills[kind] += 1;
  return undefined;
}

// Passes the time of part of a step: the kill must fall anywhere within it.
function moment(part_ms) {
  const end = performance.now() + part_ms;
  return until("a moment", 1000, () =>
    new Promise((done) => setImmediate(() => done(performance.now() >= end))));
}

// An act is asked again with the same key until it is acknowledged; a refusal by a rule is final,
// except that files may still be on their way.
async function act(code, login, name, once, fields) {
  const pairs = Object.entries(fields).map(([key, value]) => `${key}${value}`);
  const args = ["act", offices[code].dir, "--as", login, "--once", once, name, ...pairs];
  const answer = await until(`${once} is acknowledged`, AGAIN_MS, async () => {
    const result = await command(args);
    if (result.code === 0) return result;
    repeated += 1;
    if (/"error":"(invalid|denied|not_found)"/.test(result.out)) throw new Error(result.out);
    return null;
  });
  acknowledged += 1;
  return answer.json.record;
}

const there = (code, login, name, args, look) =>
  until(`${name} at ${code}`, AGAIN_MS, async () => {
    const data = await view(offices[code], login, name, args).catch(() => null);
    return data && look(data) ? data : null;
  });

const officers = {};

const waiting = async (code) => {
  const { json } = await command(["exchange", offices[code].dir]);
  return json ? json.peers.reduce((sum, peer) => sum + peer.waiting, 0) : -1;
};

const quiet = () => Promise.all(CODES.map((code) =>
  until(`${code} has nothing waiting`, AGAIN_MS, async () => await waiting(code) === 0)));

async function facts() {
  for (const code of CODES) {
    const { json } = await command(["user", "list", offices[code].dir]);
    officers[code] = json.people.find((row) => row.login === "chuyenvien").record;
  }
  const { json } = await command(["exchange", offices.VPCP.dir]);
  for (const peer of json.peers) offices[peer.code].id = peer.peer;
  const card = await command(["card", offices.VPCP.dir]);
  offices.VPCP.id = card.json.office;
}

// The steps of a round; each gets what the last ones made.
const STEPS = [
  async (r) => {
    r.record = await act("VPCP", "chuyenvien", "consultation.ask", `ask-${r.n}`, {
      subject: `=Vòng ${r.n}`, days: "=5", urgency: "=normal", files: `=@${r.file}`,
      asked: ":=" + JSON.stringify(ASKED.map((code) => ({ office: offices[code].id }))),
    });
  },
  (r) => Promise.all(ASKED.map((code) => there(code, "vanthu", "consultation.show",
    { record: r.record }, (data) => data.files?.length === 1))),
  ...ASKED.map((code) => (r) =>
    act(code, "vanthu", "consultation.register", `register-${r.n}`, { record: `=${r.record}` })),
  (r) => Promise.all(ASKED.map((code) => act(code, "chanhvp", "consultation.assign",
    `assign-${r.n}`, { record: `=${r.record}`, officer: `=${officers[code]}` }))),
  (r) => Promise.all(ASKED.map((code) => act(code, "chuyenvien", "consultation.draft",
    `draft-${r.n}`, {
      record: `=${r.record}`, answer: "=agree_with_points",
      points: ":=" + JSON.stringify([{ clause: "Điều 5", level: "should", text: `Góp ý ${code}` }]),
    }))),
  (r) => Promise.all(ASKED.map((code) =>
    act(code, "chuyenvien", "consultation.submit", `submit-${r.n}`, { record: `=${r.record}` }))),
  (r) => Promise.all(ASKED.map((code) =>
    act(code, "lanhdao", "consultation.approve", `approve-${r.n}`, { record: `=${r.record}` }))),
  async (r) => {
    const data = await there("VPCP", "chuyenvien", "consultation.table", { record: r.record },
      (table) => table.rows?.length === ASKED.length);
    r.opinions = data.rows.map((row) => row.record);
  },
  async (r) => {
    for (const [i, record] of r.opinions.entries()) {
      await act("VPCP", "chuyenvien", "consultation.answer_point", `point-${r.n}-${i}`,
        { record: `=${record}`, point: "=1", outcome: "=explained", reason: `=Lý do ${i}` });
    }
  },
  (r) => Promise.all(ASKED.map((code) => there(code, "chuyenvien", "consultation.table",
    { record: r.record }, (data) => JSON.stringify(data.rows).includes("Lý do")))),
];

async function playRound(n) {
  const round = { n, file: join(offices.VPCP.dir, "..", "accounts.txt") };
  for (const [s, step] of STEPS.entries()) {
    const code = CODES[(n + s) % CODES.length];
    const kind = KINDS[((n >> 2) + s) % KINDS.length];
    const doing = step(round);
    doing.catch(() => {}); // told below, after the blow
    await moment(Math.random() * MOMENT_MS);
    await strike(code, kind, n);
    await doing;
  }
  return round;
}

const stormed = Object.fromEntries(CODES.map((code) => [code, 0]));

async function storm(n) {
  const home = CODES[n % CODES.length];
  const asked = CODES[(n + 1 + (n >> 2) % 3) % CODES.length];
  const doing = Promise.all(Array.from({ length: STORM_ACTS }, (_, i) =>
    until(`act ${i} of storm ${n} is acknowledged`, AGAIN_MS, async () => {
      const status = await post(offices[home], "chuyenvien", "consultation.ask", `storm-${n}-${i}`,
        { subject: `Bão ${n} ${i}`, days: 5, urgency: "normal",
          asked: [{ office: offices[asked].id }] });
      if (status === 200) acknowledged += 1;
      else repeated += 1;
      return status === 200;
    })));
  doing.catch(() => {}); // told below
  await moment(Math.random() * STORM_MS);
  await strike(home, n % 4 === 3 ? "all" : "worker", n >> 2);
  await doing;
  stormed[home] += STORM_ACTS;
  stormed[asked] += STORM_ACTS;
}

// Reads the stored tables of a stopped office: how many records of each kind, and what waits.
function stored(office) {
  const script = "import json, sqlite3, sys\n" +
    "db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)\n" +
    "kinds = dict(db.execute('SELECT kind, COUNT(*) FROM head GROUP BY kind'))\n" +
    "heads = dict(db.execute('SELECT record, hash FROM head'))\n" +
    "waiting = db.execute('SELECT COUNT(*) FROM outbox WHERE acked_ms IS NULL').fetchone()[0]\n" +
    "numbers = db.execute('SELECT COUNT(*), COUNT(DISTINCT number), MAX(number) " +
    "FROM k_consultation_intake')\n" +
    "print(json.dumps({'kinds': kinds, 'heads': heads, 'waiting': waiting, " +
    "'numbers': numbers.fetchone()}))\n";
  const out = execFileSync("python3", ["-c", script, join(office.dir, "office.db")],
    { encoding: "utf8" });
  return JSON.parse(out);
}

async function stopOffices() {
  for (const code of CODES) {
    running[code].kill("SIGTERM");
    equal(await ended(running[code]), 0, `${code} stops by itself`);
  }
}

function counted(before, rounds) {
  const after = Object.fromEntries(CODES.map((code) => [code, stored(offices[code])]));
  const more = (code, kind) =>
    (after[code].kinds[kind] || 0) - (before[code].kinds[kind] || 0);
  for (const code of CODES) {
    const asked = code !== "VPCP";
    equal(more(code, "consultation.request"), rounds + stormed[code], `${code}: each request once`);
    equal(more(code, "consultation.intake"), asked ? rounds : 0, `${code}: each intake once`);
    equal(more(code, "consultation.draft"), asked ? rounds : 0, `${code}: each draft once`);
    equal(more(code, "consultation.opinion"), asked ? rounds : 3 * rounds, `${code}: each opinion`);
    equal(more(code, "consultation.reply"), asked ? rounds : 3 * rounds, `${code}: each reply`);
    equal(after[code].waiting, 0, `${code}: every delivery is acknowledged`);
  }
  for (const code of ASKED) {
    const [count, different, last] = after[code].numbers;
    check(count === different && count === last, `${code}: registered 1 to ${count}`, last);
    const differs = Object.entries(after[code].heads)
      .filter(([record, hash]) => (after.VPCP.heads[record] ?? hash) !== hash);
    equal(differs.length, 0, `${code} and VPCP hold the same versions`);
  }
}

let before = {};
await part("four offices serve", async () => {
  for (const code of CODES) await startOffice(code);
  await facts();
  await quiet();
  before = Object.fromEntries(CODES.map((code) => [code, stored(offices[code])]));
});
let played = 0;
for (let n = 0; n < ROUNDS; n += 1) {
  await part(`round ${n + 1} of ${ROUNDS}`, async () => {
    await playRound(n);
    played += 1;
  });
}
await part(`${STORMS} storms of ${STORM_ACTS} acts`, async () => {
  for (let n = 0; n < STORMS; n += 1) await storm(n);
});
await part("deliveries complete", quiet);
await part("every office passes its check, running and stopped", async () => {
  for (const code of CODES) {
    const { code: exit, out } = await command(["check", offices[code].dir]);
    check(exit === 0, `${code}: check while it runs`, out);
  }
  await stopOffices();
  for (const code of CODES) {
    const { code: exit, out } = await command(["check", offices[code].dir]);
    check(exit === 0, `${code}: check of the stopped office`, out);
  }
});
await part("all that was acknowledged is there, once", async () => counted(before, played));
check(kills.worker > 0 && kills.all + kills.supervisor > 0, "processes were killed");
console.log(`  ${acknowledged} acts acknowledged, ${repeated} asked again; killed: ` +
  Object.entries(kills).map(([kind, count]) => `${count} ${kind}`).join(", "));
process.exit(finish());
