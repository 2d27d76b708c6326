// SPDX-License-Identifier: Apache-2.0
// Instances of a schema, often at the edge of what it allows. They stay within what the standard bounds beyond its schemas
// (Part 2 and 4): integers of 32 bits, decimals of 18 digits, and our bounds for texts and lists that have none.
import { resolve } from "./schemas.mjs";

const pieces = ["a", "Z", " ", "\"", "\\", "/", "\u0001", "\u00e4", "\u20ac", "\u{1f50c}"];
const longestText = 250;         // characters, where the schema says nothing: ours ends at 255, and changes make texts longer
const smallest = -(2 ** 31);
const largest = 2 ** 31 - 1;

export class Instances {
    constructor(random) {
        this.random = random;
    }

    /// An instance of the whole message, or of one of its properties.
    of(schema, unresolved = schema, depth = 0) {
        const node = resolve(schema, unresolved);
        if (!node.type) return this.anything();
        if (node.enum) return this.random.of(node.enum);
        if (node.format === "date-time") return this.dateTime();
        switch (node.type) {
            case "boolean": return this.random.onceIn(2);
            case "string": return this.text(this.random.onceIn(6) ? node.maxLength ?? longestText : this.random.below(Math.min(node.maxLength ?? 12, 12) + 1));
            case "integer": return this.integer(node);
            case "number": return this.number(node);
            case "array": return this.array(schema, node, depth);
            case "object": return this.object(schema, node, depth);
        }
        throw new Error(`a type that no schema had: ${node.type}`);
    }

    text(length) {
        const plain = this.random.onceIn(2);
        return Array.from({ length }, () => (plain ? "x" : this.random.of(pieces))).join("");
    }

    anything() {
        return this.random.of([null, true, -3, 1.5, this.text(5), [], [1, null, "x"], {}, { a: { b: [{}] } }]);
    }

    integer({ minimum = smallest, maximum = largest }) {
        if (this.random.onceIn(8)) return minimum;
        if (this.random.onceIn(8)) return maximum;
        const low = minimum === smallest ? -50 : minimum;
        return Math.min(low + this.random.below(100), maximum);
    }

    number({ minimum, maximum }) {
        if (minimum !== undefined && this.random.onceIn(6)) return minimum;
        if (maximum !== undefined && this.random.onceIn(6)) return maximum;
        const thousandths = this.random.below(2_000_001) - 1_000_000;
        const value = this.random.onceIn(3) ? Math.trunc(thousandths / 1000) : thousandths / 1000;
        if (minimum !== undefined && value < minimum) return maximum === undefined ? -value : minimum + Math.abs(value) % (maximum - minimum);
        if (maximum !== undefined && value > maximum) return minimum === undefined ? -value : minimum + value % (maximum - minimum);
        return value;
    }

    dateTime() {
        const two = (bound, first = 0) => String(first + this.random.below(bound)).padStart(2, "0");
        const year = String(1 + this.random.below(9998)).padStart(4, "0");
        const date = `${this.random.onceIn(4) ? year : "2026"}-${two(12, 1)}-${two(28, 1)}`;
        if (this.random.onceIn(20)) return `${date}T23:59:60Z`;
        const fraction = this.random.onceIn(2) ? "" : `.${"123456789".slice(0, 1 + this.random.below(9))}`;
        const offset = this.random.of(["Z", "z", "+00:00", "-00:00", `+${two(14)}:${two(60)}`, `-${two(12)}:${two(60)}`]);
        return `${date}${this.random.of("TTTt")}${two(24)}:${two(60)}:${two(60)}${fraction}${offset}`;
    }

    array(schema, node, depth) {
        const least = node.minItems ?? 0;
        const most = node.maxItems ?? least + 2;
        const few = Math.min(most, least + (depth > 4 ? 0 : 2));
        const count = depth < 2 && most <= 20 && this.random.onceIn(10) ? most : least + this.random.below(few - least + 1);
        return Array.from({ length: count }, () => this.of(schema, node.items, depth + 1));
    }

    object(schema, node, depth) {
        const made = {};
        for (const [name, property] of Object.entries(node.properties)) {
            const rarely = name === "customData" ? 8 : 2 + depth;
            if (node.required?.includes(name) || this.random.onceIn(rarely)) made[name] = this.of(schema, property, depth + 1);
        }
        if (node.additionalProperties !== false && this.random.onceIn(2)) made.own = this.anything();
        return made;
    }
}
