// Compiles solidity/*.sol with the pinned compiler, offline, into artifacts/<Name>.json.
//   node build.mjs           writes the artefacts
//   node build.mjs --check   fails if the committed artefacts differ from a fresh build
// The result depends on the sources and on the two packages in package-lock.json alone: it holds
// no time, path or metadata hash.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const COMPILER = "0.8.37";
const here = dirname(fileURLToPath(import.meta.url));
const artifacts = join(here, "artifacts");

function fail(message) {
  console.error(message);
  process.exit(1);
}

function compiler() {
  try {
    const solc = createRequire(import.meta.url)("solc");
    if (!solc.version().startsWith(`${COMPILER}+`)) fail(`solc ${COMPILER} is needed, this is ${solc.version()}`);
    return solc;
  } catch (error) {
    fail(`the compiler cannot be loaded (${error.code ?? error.message}); run: npm ci`);
  }
}

/** The compiler's settings: what is not here is its default. */
function settings() {
  return {
    evmVersion: "istanbul", // the oldest that permissioned networks in use still run
    optimizer: { enabled: true, runs: 100000 },
    viaIR: true,
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  };
}

function compile(solc) {
  const names = readdirSync(join(here, "solidity")).filter((name) => name.endsWith(".sol")).sort();
  const sources = Object.fromEntries(
    names.map((name) => [name, { content: readFileSync(join(here, "solidity", name), "utf8") }]),
  );
  const imported = {};
  const findImport = (path) => {
    const file = join(here, "node_modules", path);
    if (!path.startsWith("@openzeppelin/contracts/") || !existsSync(file)) return { error: `no file ${path}` };
    imported[path] = readFileSync(file, "utf8");
    return { contents: imported[path] };
  };
  const input = { language: "Solidity", sources, settings: settings() };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport }));
  const problems = (output.errors ?? []).filter(worthStopping).map((error) => error.formattedMessage);
  if (problems.length > 0) fail(problems.join("\n"));
  return { names, sources, imported, output };
}

/** Every warning stops the build, except the one that istanbul is old: that is on purpose. */
function worthStopping(error) {
  return error.severity !== "info" && !/EVM versions older than/.test(error.message);
}

/** SHA-256 over everything that went into the build: settings, then each source by its path. */
function sourceDigest({ sources, imported }) {
  const all = { ...imported };
  for (const [name, { content }] of Object.entries(sources)) all[name] = content;
  const hash = createHash("sha256").update(JSON.stringify(settings()));
  for (const path of Object.keys(all).sort()) hash.update(`\0${path}\0${all[path]}`);
  return hash.digest("hex");
}

function render(solc, built) {
  const sourceSha256 = sourceDigest(built);
  return built.names.flatMap((file) => {
    const name = file.replace(/\.sol$/, "");
    const { abi, evm } = built.output.contracts[file][name];
    if (abi.length === 0) return []; // a library that is compiled into its users
    const artifact = {
      abi,
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      compiler: solc.version(),
      sourceSha256,
    };
    return [[join(artifacts, `${name}.json`), `${JSON.stringify(artifact, null, 1)}\n`]];
  });
}

function check(files) {
  const wrong = files.filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  const expected = new Set(files.map(([path]) => path));
  const extra = readdirSync(artifacts).map((name) => join(artifacts, name)).filter((path) => !expected.has(path));
  const all = [...wrong.map(([path]) => path), ...extra];
  if (all.length > 0) fail(`not what the sources give:\n  ${all.join("\n  ")}\nrun: node build.mjs`);
  console.log(`${files.length} artefacts are what the sources give`);
}

const solc = compiler();
const files = render(solc, compile(solc));
if (process.argv.includes("--check")) {
  check(files);
} else {
  mkdirSync(artifacts, { recursive: true });
  for (const [path, text] of files) writeFileSync(path, text);
  console.log(`wrote ${files.length} artefacts`);
}
