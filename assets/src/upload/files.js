// Turns what was dropped or picked into a flat list of {file, path}. Owns: folders, and what is left out.

const SYSTEM_NAMES = /^(\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|~\$.*|\.~lock\..*#)$/i;

function entriesOf(reader) {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function* walk(entry, folder) {
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  if (entry.isFile) {
    yield { file: await fileOf(entry), path };
    return;
  }
  const reader = entry.createReader();
  for (let batch = await entriesOf(reader); batch.length; batch = await entriesOf(reader)) {
    for (const child of batch) yield* walk(child, path); // readEntries gives at most 100 at a time
  }
}

/** All files of a drop, folders included. Entries must be taken before the event handler returns. */
export function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.());
  const plain = [...transfer.files];
  return (async () => {
    if (!entries.length || entries.includes(null) || entries.includes(undefined)) return picked(plain);
    const found = [];
    for (const entry of entries) for await (const one of walk(entry, "")) found.push(one);
    return found;
  })();
}

/** All files of an input, with their folders where the input gave any. */
export function picked(list) {
  return [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Parts the files of the person from those that a desktop system leaves in folders. */
export function sift(found) {
  const kept = found.filter(({ file }) => !SYSTEM_NAMES.test(file.name));
  return { kept, leftOut: found.length - kept.length };
}

async function sha256(blob) {
  if (!globalThis.crypto?.subtle) return null; // plain http outside this machine: no digests in the browser
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What lets the server find the unfinished upload of this file again after the browser was closed. */
export async function fingerprint(file, path) {
  const head = await sha256(file.slice(0, 2 ** 20));
  return [path, file.size, file.lastModified, head || "-"].join("\n");
}

/** The digest of a whole file where it is cheap: small enough to be held in memory for a moment. */
export async function digest(file, limit) {
  return file.size <= limit ? sha256(file) : null;
}
