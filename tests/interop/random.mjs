// SPDX-License-Identifier: Apache-2.0
// Chance that is the same in every run with the same seed (Mulberry32).
export class Random {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    /// 0 or more, less than `bound`.
    below(bound) {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let mixed = this.state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000) * bound);
    }

    /// True once in `count` times.
    onceIn(count) {
        return this.below(count) === 0;
    }

    of(list) {
        return list[this.below(list.length)];
    }
}
