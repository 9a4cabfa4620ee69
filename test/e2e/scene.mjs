// The four-office scene in a browser: node test/e2e/scene.mjs [PART ...]
// Starts the demo in a folder of its own, walks the steps 2 to 4, and then the harder ways
// to the same: without script, by keyboard, with two tabs, with hostile text.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { browserStart } from "./lib/browser.mjs";
import { demoStart, descendants, folder } from "./lib/offices.mjs";
import { drafts } from "./lib/papers.mjs";
import { check, equal, finish, part } from "./lib/tally.mjs";
import { again } from "./scene/again.mjs";
import { ballot } from "./scene/ballot.mjs";
import { hostile } from "./scene/hostile.mjs";
import { keys } from "./scene/keys.mjs";
import { plain } from "./scene/plain.mjs";
import { round } from "./scene/round.mjs";
import { screens } from "./scene/screens.mjs";

const PARTS = { round, again, screens, plain, keys, hostile, ballot };
const chosen = process.argv.slice(2);

const top = folder();
const scene = { dir: join(top, "work") };
scene.drafts = drafts(scene.dir);
await part("the demo starts", async () => {
  scene.demo = await demoStart(join(top, "demo"));
  scene.browser = await browserStart();
});
if (scene.browser) {
  for (const [name, run] of Object.entries(PARTS)) {
    if (chosen.length === 0 || chosen.includes(name)) await part(`part ${name}`, () => run(scene));
  }
  await scene.browser.close();
}
if (scene.demo) {
  await part("Ctrl-C stops everything", async () => {
    const pids = descendants(scene.demo.child.pid);
    check(pids.length >= 16, "four offices of four processes", pids.length);
    equal(await scene.demo.stop(), 0, "exit status");
    equal(pids.filter((pid) => existsSync(`/proc/${pid}`)).length, 0, "no process is left");
  });
}
process.exit(finish());
