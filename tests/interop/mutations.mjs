// SPDX-License-Identifier: Apache-2.0
// Changes of an instance: those that its schema forbids, and blind ones, of which nobody knows beforehand what they do.
import { resolve } from "./schemas.mjs";

const wrongDates = ["", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01",
    "2026-01-01T25:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "x2026-01-01T00:00:00Z", "2026-01-01T00:00:00Zx"];
const farFromTheEnd = 2 ** 31 - 1000;   // OCPP's integers have 32 bits, of which the schemas know nothing
const others = [null, true, 0, -1, 101, 1.5, 2147483647, "", "1", "Accepted", "2026-01-01T00:00:00Z", [], {}, { vendorId: "x" }];

/// Every change of this instance that the schema forbids: functions that are called with nothing and return the changed message. Only
/// one of them may be called.
export function forbidden(schema, instance) {
    const message = { payload: instance };
    const changes = [];
    walk(schema, schema, message, "payload", (change) => changes.push(() => {
        change();
        return message.payload;
    }));
    return changes;
}

function walk(schema, unresolved, holder, key, add) {
    const node = resolve(schema, unresolved);
    if (!node.type) return;
    const value = holder[key];
    const put = (wrong) => add(() => { holder[key] = wrong; });
    put(null);
    if (node.type !== "array") put([]);
    if (node.type !== "boolean") put(true);
    if (node.type !== "string") put("1");
    if (node.type !== "integer" && node.type !== "number") put(1);
    if (node.type !== "object") put({});
    if (node.type === "integer") put(7.5);
    if (node.minimum !== undefined) put(node.minimum - 1);
    if (node.maximum !== undefined) put(node.maximum + 1);
    if (node.maxLength !== undefined) put("\u{1f50c}".repeat(node.maxLength + 1));
    if (node.enum) [`${value} `, value.toLowerCase() === value ? `${value}x` : value.toLowerCase(), ""].forEach(put);
    if (node.format === "date-time") wrongDates.forEach(put);
    if (node.type === "array") walkArray(schema, node, value, put, add);
    if (node.type === "object") walkObject(schema, node, value, add);
}

function walkArray(schema, node, list, put, add) {
    if (node.minItems > 0) put(list.slice(0, node.minItems - 1));
    if (node.maxItems !== undefined) put(Array.from({ length: node.maxItems + 1 }, () => list[0]));
    list.forEach((_, index) => walk(schema, node.items, list, index, add));
}

function walkObject(schema, node, object, add) {
    for (const name of node.required ?? []) add(() => { delete object[name]; });
    if (node.additionalProperties === false) add(() => { object.zzz = 1; });
    for (const name of Object.keys(object)) if (name in node.properties) walk(schema, node.properties[name], object, name, add);
}

/// The message after a change at one of its places, which the schema was not asked about.
export function blind(random, instance) {
    const message = { payload: instance };
    const places = [];
    const collect = (holder, key) => {
        places.push([holder, key]);
        const value = holder[key];
        if (value !== null && typeof value === "object") for (const below of Object.keys(value)) collect(value, below);
    };
    collect(message, "payload");
    const [holder, key] = random.of(places);
    const [from, name] = random.of(places);
    // Our bound of a customData is 16 KiB, of which the schemas know nothing.
    const copy = JSON.stringify(from[name]).length < 1000 ? structuredClone(from[name]) : {};
    switch (random.below(5)) {
        case 0: holder[key] = random.of(others); break;
        case 1: holder[key] = copy; break;
        case 2:
            if (key === "payload") return copy;
            if (Array.isArray(holder)) holder.splice(key, 1);
            else delete holder[key];
            break;
        case 3:
            if (typeof holder[key] === "string") holder[key] += random.of(["x", " ", "xx", "\u20ac"]);
            else if (Math.abs(holder[key]) < farFromTheEnd) holder[key] += random.of([1, -1, 0.5, 100]);
            else holder[key] = random.of(others);
            break;
        default: {
            const into = Array.isArray(holder[key]) ? [...holder[key]] : typeof holder[key] === "object" ? { ...holder[key] } : {};
            if (Array.isArray(into)) into.push(copy);
            else into[random.of(["customData", "evseId", "status", "zzz", name])] = copy;
            holder[key] = into;
        }
    }
    return message.payload;
}
