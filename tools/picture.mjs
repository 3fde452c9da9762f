// Draws a DOT file as SVG: node tools/picture.mjs docs/pictures/flow.dot > docs/pictures/flow.svg
import { readFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

const viz = await instance();
process.stdout.write(viz.renderString(readFileSync(process.argv[2], "utf8"), { format: "svg" }));
