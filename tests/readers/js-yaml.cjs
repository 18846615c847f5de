// Reads YAML from stdin with the js-yaml of the folder PACKC_NODE_MODULES; prints the documents as JSON.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const folder = join(process.env.PACKC_NODE_MODULES, "reader.cjs");
const { loadAll } = createRequire(folder)("js-yaml");

process.stdout.write(JSON.stringify(loadAll(readFileSync(0, "utf8"))));
