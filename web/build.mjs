// Builds style, script, fonts and icons into OUT/HASH/NAME. Usage: node web/build.mjs OUT
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ICONS } from "./src/icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];

function put(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  mkdirSync(join(out, hash), { recursive: true });
  writeFileSync(join(out, hash, name), bytes);
}

function sprite() {
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(join(here, "node_modules/lucide-static/icons", name + ".svg"), "utf8");
    const inner = svg.replace(/<!--.*?-->/gs, "").replace(/<svg[^>]*>|<\/svg>/g, "").replace(/\s+/g, " ").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

// The address of a font in the style sheet holds the font's own hash, so everything may be kept for ever.
const fonts = {
  name: "fonts",
  setup(b) {
    b.onLoad({ filter: /\.woff2$/ }, (args) => ({ contents: readFileSync(args.path), loader: "file" }));
  },
};

// One small mark for each colour of tokens.css, so that tabs of different offices can be told apart.
function crests() {
  const css = readFileSync(join(here, "src/tokens.css"), "utf8");
  for (const [, number, colour] of css.matchAll(/\[data-crest="(\d)"\] \{ --accent: [^;]+; --accent-bar: (#\w+)/g)) {
    put(`crest-${number}.svg`, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="${colour}"/><circle cx="8" cy="8" r="4" fill="#fff"/></svg>`);
  }
}

rmSync(out, { recursive: true, force: true });
const result = await build({
  entryPoints: [join(here, "src/app.css"), join(here, "src/app.js")],
  outdir: "/assets",
  entryNames: "[name]",
  assetNames: "[hash]/[name]",
  publicPath: "/assets",
  plugins: [fonts],
  bundle: true,
  minify: true,
  write: false,
  charset: "utf8",
  legalComments: "none",
  target: ["chrome109", "firefox115", "safari16"],
  logLevel: "warning",
});
for (const file of result.outputFiles) {
  const parts = file.path.split("/");
  const name = parts.at(-1);
  if (name.endsWith(".woff2")) {
    mkdirSync(join(out, parts.at(-2)), { recursive: true });
    writeFileSync(join(out, parts.at(-2), name), file.contents);
  } else {
    put(name, file.contents);
  }
}
put("icons.svg", sprite());
crests();
