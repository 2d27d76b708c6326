// SPDX-License-Identifier: Apache-2.0
// What a CSMS keeps of the transactions of a station, and what it can hold against it: numbers that are missing, doubled or out of order.
import { isDeepStrictEqual } from "node:util";

export class Transactions {
    constructor() {
        this.all = new Map();
        this.complaints = [];
    }

    take(event) {
        const { transactionId } = event.transactionInfo;
        if (!this.all.has(transactionId)) this.all.set(transactionId, []);
        const events = this.all.get(transactionId);
        // Sent once more, word for word, when the connection was cut before the answer: that is how nothing gets lost.
        if (isDeepStrictEqual(event, events.at(-1))) return;
        if (event.seqNo !== events.length) this.complaints.push(`${transactionId}: number ${event.seqNo} where ${events.length} was due`);
        if ((event.eventType === "Started") !== (events.length === 0)) this.complaints.push(`${transactionId}: ${event.eventType} as number ${events.length}`);
        if (events.at(-1)?.eventType === "Ended") this.complaints.push(`${transactionId}: goes on behind its end`);
        if (this.energyOf(events.at(-1)) > this.energyOf(event)) this.complaints.push(`${transactionId}: the meter runs backwards`);
        events.push(event);
    }

    /// The register in a reading, Wh; nothing if there is none.
    energyOf(event) {
        return event?.meterValue?.[0].sampledValue.find(({ measurand }) => measurand === "Energy.Active.Import.Register")?.value;
    }

    events(transactionId) {
        return this.all.get(transactionId) ?? [];
    }
}
