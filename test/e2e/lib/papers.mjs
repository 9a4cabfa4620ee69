// Small files as people attach them, and what is in the papers the program writes.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});
const crc32 = (bytes) =>
  ~bytes.reduce((crc, byte) => CRC[(crc ^ byte) & 255] ^ (crc >>> 8), 0xffffffff) >>> 0;

const words16 = (...numbers) => Buffer.from(numbers.flatMap((n) => [n & 255, n >>> 8]));
const word32 = (n) => words16(n & 0xffff, n >>> 16);

// An archive without compression.
function zip(files) {
  const bodies = [];
  const directory = [];
  let at = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const bytes = Buffer.from(text);
    const facts = Buffer.concat([
      words16(0, 0, 0, 0x21), word32(crc32(bytes)), word32(bytes.length), word32(bytes.length),
      words16(name.length, 0),
    ]);
    const body = Buffer.concat([Buffer.from("PK\x03\x04"), words16(20), facts, name, bytes]);
    bodies.push(body);
    directory.push(Buffer.from("PK\x01\x02"), words16(20, 20), facts, words16(0, 0, 0), word32(0),
      word32(at), name);
    at += body.length;
  }
  const index = Buffer.concat(directory);
  const count = bodies.length;
  return Buffer.concat([...bodies, index, Buffer.from("PK\x05\x06"), words16(0, 0, count, count),
    word32(index.length), word32(at), words16(0)]);
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const OFFICE = "http://schemas.openxmlformats.org";

function docx(text) {
  const type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
  return zip({
    "[Content_Types].xml": `${XML}<Types xmlns="${OFFICE}/package/2006/content-types">` +
      '<Default Extension="rels" ' +
      'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      `<Override PartName="/word/document.xml" ContentType="${type}"/></Types>`,
    "_rels/.rels": `${XML}<Relationships xmlns="${OFFICE}/package/2006/relationships">` +
      `<Relationship Id="r1" Type="${OFFICE}/officeDocument/2006/relationships/officeDocument" ` +
      'Target="word/document.xml"/></Relationships>',
    "word/document.xml": `${XML}<w:document xmlns:w="${OFFICE}/wordprocessingml/2006/main">` +
      `<w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`,
  });
}

function pdf(text) {
  const stream = `BT /F1 14 Tf 60 780 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " +
      "/Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let body = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const at = body.length;
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const rows = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  return Buffer.from(`${body}xref\n0 ${count}\n0000000000 65535 f \n${rows}` +
    `trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`);
}

// The three files of the request: text, PDF, DOCX. Returns their paths.
export function drafts(dir) {
  mkdirSync(dir, { recursive: true });
  const files = {
    "Dự thảo Quy chế phối hợp.txt":
      "DỰ THẢO\nĐiều 1. Phạm vi điều chỉnh\nĐiều 5. Thời hạn trả lời\n",
    "to-trinh.pdf": pdf("To trinh ve du thao Quy che phoi hop"),
    "bản thuyết minh.docx": docx("Bản thuyết minh dự thảo Quy chế phối hợp công tác"),
  };
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  });
}

// Opens all papers in one run of LibreOffice and returns the text of each.
export function paperTexts(dir, paths) {
  execFileSync("soffice", [`-env:UserInstallation=file://${dir}/profile`, "--headless",
    "--convert-to", "pdf", "--outdir", dir, ...paths],
  { timeout: 120000, stdio: "pipe", env: { ...process.env, HOME: dir } });
  return paths.map((path) => {
    const made = path.replace(/\.\w+$/, ".pdf");
    return execFileSync("pdftotext", ["-layout", made, "-"], { encoding: "utf8" });
  });
}

// The pages of a PDF as pictures NAME-1.png and so on.
export function pictures(pdfPath, name) {
  execFileSync("pdftoppm", ["-r", "80", "-png", pdfPath, name], { timeout: 60000 });
}
