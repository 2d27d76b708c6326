// SPDX-License-Identifier: Apache-2.0
// One value, written in one of the ways that JSON has for it: 7 is 7.0 and 70e-1, "a" is "\u0061", and blanks mean nothing.
export function spell(random, value) {
    const blank = () => (random.onceIn(12) ? random.of([" ", "\t", "\r", "  "]) : "");
    if (Array.isArray(value)) return `[${blank()}${value.map((item) => spell(random, item) + blank()).join(",")}]`;
    if (value !== null && typeof value === "object") {
        const members = Object.entries(value).map(([name, member]) => `${spellText(random, name)}${blank()}:${blank()}${spell(random, member)}`);
        return `{${blank()}${members.join(`${blank()},`)}${blank()}}`;
    }
    if (typeof value === "string") return spellText(random, value);
    if (Number.isInteger(value) && random.onceIn(6)) return random.of([`${value}.0`, `${value}e0`, `${value}.00e+00`, `${value}00.0E-2`.replace(/^(-?)0+(?=\d)/, "$1")]);
    return JSON.stringify(value);
}

function spellText(random, text) {
    const plain = JSON.stringify(text);
    if (!random.onceIn(10)) return plain;
    const escaped = Array.from({ length: text.length }, (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`);
    return `"${escaped.join("")}"`;
}
