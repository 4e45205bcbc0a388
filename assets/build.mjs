// Bundles the front end into dist/: stable names, no source of a library in the repository.
import { build } from "esbuild";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const pdfjs = join(here, "node_modules", "pdfjs-dist");

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, "pdf"), { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { app: "src/app.js", viewer: "src/viewer/index.js", upload: "src/upload.js", style: "src/app.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome110", "firefox115", "safari16"],
  legalComments: "linked",
  logLevel: "warning",
});
await cp(join(here, "src", "icon.svg"), join(dist, "icon.svg"));
// The page loads these only when a PDF has no page images. Their source maps are not shipped, so nothing may name them.
for (const [from, to] of [["pdf.min.mjs", "pdf.mjs"], ["pdf.worker.min.mjs", "pdf.worker.mjs"]]) {
  const text = await readFile(join(pdfjs, "legacy", "build", from), "utf8");
  await writeFile(join(dist, "pdf", to), text.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
}
for (const folder of ["cmaps", "standard_fonts", "wasm", "iccs"]) {
  await cp(join(pdfjs, folder), join(dist, "pdf", folder), { recursive: true });
}
