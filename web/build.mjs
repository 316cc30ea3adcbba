// Builds the committed browser assets: `node build.mjs [OUT_DIR]`, ../crates/server/assets by default.
// The output depends on nothing but the sources and the versions in package-lock.json: no hashes, no dates, no paths.
import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../crates/server/assets"));
const assets = join(out, "assets");

/** The page uses the client library as any other page would: as a module beside it, loaded once. */
const libraryBeside = {
  name: "library-beside",
  setup(builder) {
    builder.onResolve({ filter: /^framewire$/ }, () => ({ path: "./framewire.js", external: true }));
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  minify: true,
  logLevel: "warning",
};

await rm(assets, { recursive: true, force: true });
await mkdir(assets, { recursive: true });
await Promise.all([
  build({ ...common, entryPoints: ["src/client/index.ts"], outfile: join(assets, "framewire.js") }),
  build({ ...common, format: "iife", entryPoints: ["src/worker/worker.ts"], outfile: join(assets, "worker.js") }),
  build({ ...common, entryPoints: ["src/app/main.ts"], outfile: join(assets, "app.js"), plugins: [libraryBeside] }),
  build({ ...common, entryPoints: ["src/app/app.css"], outfile: join(assets, "app.css") }),
  copyFile(join(here, "src/app/index.html"), join(out, "index.html")),
]);
