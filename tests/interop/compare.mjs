// SPDX-License-Identifier: Apache-2.0
// Our OCPP validator beside one that others wrote (ajv) on the official schemas: for each message an instance made from its schema, then
// one with a change that the schema forbids, then one with a blind change, and so on. Both are asked about each, and must say the same.
//   compare.mjs [--instances N] [--seed N]     5,000 instances are a few seconds
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

import { Instances } from "./instances.mjs";
import { require } from "./modules.mjs";
import { blind, forbidden } from "./mutations.mjs";
import { Random } from "./random.mjs";
import { messages } from "./schemas.mjs";
import { spell } from "./spelling.mjs";

const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;

const tool = `${process.env.VOLTKEEP_BUILD}/src/cli/voltkeep`;
const atOnce = 5000;        // lines to one process
const deepest = 15;         // objects and lists within each other: ours takes 16 with the array of the whole message
const shownAtMost = 5;      // disagreements with their instance

/// The validator of each message, compiled when it is first asked.
class Theirs {
    constructor() {
        this.ajv = new Ajv({ strict: false });
        addFormats(this.ajv);
        this.compiled = new Map();
    }

    allows(schema, value) {
        if (!this.compiled.has(schema)) this.compiled.set(schema, this.ajv.compile(schema));
        return this.compiled.get(schema)(value);
    }

    why(schema) {
        return this.ajv.errorsText(this.compiled.get(schema).errors);
    }
}

function depthOf(value) {
    if (value === null || typeof value !== "object") return 0;
    return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/// One payload and what its maker knows of it: true, false, or nothing. JSON.parse takes any depth, so that is not compared.
function make(random, message, round) {
    for (;;) {
        const made = makeAtAnyDepth(random, message, round);
        if (depthOf(made.value) <= deepest) return made;
    }
}

function makeAtAnyDepth(random, { schema }, round) {
    const instance = new Instances(random).of(schema);
    if (round % 3 === 0) return { value: instance, expected: true };
    if (round % 3 === 1) return { value: random.of(forbidden(schema, instance))(), expected: false };
    return { value: blind(random, instance) };
}

/// What `voltkeep ocpp check` says of each.
function ours(cases) {
    const input = cases.map(({ action, direction, text }) => `{"action":"${action}","direction":"${direction}","payload":${text}}\n`).join("");
    const asked = spawnSync(tool, ["ocpp", "check"], { input, encoding: "utf8", maxBuffer: 1 << 28 });
    if (asked.status !== 0) throw new Error(`${tool} ended with ${asked.status ?? asked.signal}: ${asked.error ?? asked.stderr}`);
    const answers = asked.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    if (answers.length !== cases.length) throw new Error(`${cases.length} lines were asked and ${answers.length} answered`);
    return answers;
}

/// Counts, and shows the first that differ. `judged` gives the schema by which ajv judges a message.
function compare(all, count, seed, judged = (message) => message.schema) {
    const random = new Random(seed);
    const theirs = new Theirs();
    const found = { refused: 0, differ: 0, shown: [] };
    for (let done = 0; done < count;) {
        const cases = [];
        for (; cases.length < atOnce && done < count; ++done) {
            const message = all[done % all.length];
            const { value, expected } = make(random, message, Math.floor(done / all.length));
            const text = spell(random, value);
            const schema = judged(message);
            const allowed = theirs.allows(schema, JSON.parse(text));
            cases.push({ ...message, text, expected, allowed, why: allowed ? "" : theirs.why(schema) });
        }
        ours(cases).forEach((answer, index) => {
            const { action, direction, text, expected, allowed, why } = cases[index];
            if (!allowed) ++found.refused;
            if (answer.ok === allowed && (expected ?? allowed) === allowed) return;
            ++found.differ;
            if (found.shown.length >= shownAtMost) return;
            const made = expected === undefined ? "a blind change" : expected ? "made to be good" : "made to be wrong";
            found.shown.push(`${action} ${direction}, ${made}: ours ${JSON.stringify(answer)}, ajv ${allowed ? "allows it" : why}\n    ${text}`);
        });
    }
    return found;
}

/// A comparison that cannot fail proves nothing: with one word less in ajv's copy of one schema, it must find that.
function findsOneWord(all, seed) {
    const message = all.find(({ action, direction }) => action === "BootNotification" && direction === "request");
    const poorer = structuredClone(message.schema);
    poorer.definitions.BootReasonEnumType.enum = poorer.definitions.BootReasonEnumType.enum.filter((word) => word !== "PowerUp");
    return compare([message], 200, seed, () => poorer).differ > 0;
}

const { values: options } = parseArgs({ options: { instances: { type: "string", default: "5000" }, seed: { type: "string", default: "20210" } } });
const count = Number(options.instances);
const seed = Number(options.seed);
const all = messages();
const found = compare(all, count, seed);
console.log(`${count} payloads of ${all.length} messages, seed ${seed}: ${found.refused} refused by ajv, ${found.differ} disagreements`);
found.shown.forEach((text) => console.log(text));
const isAwake = findsOneWord(all, seed);
console.log(`control, one word taken out of one of ajv's schemas: ${isAwake ? "found" : "NOT found"}`);
process.exit(found.differ === 0 && isAwake ? 0 : 1);
