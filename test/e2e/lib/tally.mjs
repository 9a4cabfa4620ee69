// Counts what was shown. A program that uses it ends with "N passed, M failed" and the matching
// status. A step that throws fails by its own sentence and its part of the walk ends there; what
// other parts show does not depend on it.
let passed = 0;
let failed = 0;

export function check(good, sentence, detail = "") {
  if (good) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`  FAILED: ${sentence}${detail ? "\n    " + String(detail).slice(0, 2000) : ""}`);
}

export function equal(got, wanted, sentence) {
  check(got === wanted, sentence, `wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
}

// Called after a part has failed, to keep what could be seen.
let witness = async () => {};
export function onFailure(run) {
  witness = run;
}

// Runs a part; an exception counts as one failure, and so does taking for ever.
const PART_MS = 120 * 1000;
function over(wait_ms) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${wait_ms} ms`)), wait_ms).unref();
  });
}

export async function part(sentence, steps) {
  const start = Date.now();
  try {
    await Promise.race([steps(), over(PART_MS)]);
    console.log(`  ${sentence} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    check(false, sentence, (error.stack || String(error)).replace(/\x1b\[\d+m/g, ""));
    await witness(sentence.replace(/\W+/g, "-"));
  }
}

// What is looked at again and again until it holds; the look itself takes its time, so no pause.
export async function until(sentence, wait_ms, look) {
  const end = Date.now() + wait_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${wait_ms} ms in vain: ${sentence}`);
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
