// SPDX-License-Identifier: Apache-2.0
// Stands where `voltkeep run` expects the reference CSMS, takes the same options, and leads the station through a test: boot, a session, offline
// and back, remote stop, remote start. Ends the test with one line: "interop: good ..." or "interop: " and what is wrong.
import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

import { Csms } from "./csms.mjs";

const names = ["port", "path", "database", "certificates", "key", "trust", "station", "control"];
const { values: options } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: "string" }])) });
const [identity, commonName] = options.station.split("=");
const csms = new Csms({ identity, commonName }, options);

const chargingIn = (transactionId) => (event) => event.transactionInfo.transactionId === transactionId && event.transactionInfo.chargingState === "Charging" && event.eventType === "Updated";
const endOf = (transactionId) => (event) => event.transactionInfo.transactionId === transactionId && event.eventType === "Ended";

/// What a person does with `voltkeep ev plug`.
function plug() {
    return new Promise((done, failed) => {
        const world = createConnection(`${dirname(options.control)}/world.sock`, () => world.end("plug 1\n"));
        world.setEncoding("utf8").on("error", failed).on("data", (line) => done(JSON.parse(line)));
    });
}

async function boot() {
    const { chargingStation } = await csms.said("it has booted", "BootNotification");
    assert.equal(chargingStation.serialNumber, commonName);
    await csms.said("EVSE 1 is available", "StatusNotification", ({ evseId, connectorStatus }) => evseId === 1 && connectorStatus === "Available");
}

/// A car comes by itself when the station is available.
async function charge() {
    await csms.said("somebody wants to charge", "Authorize");
    const { transactionInfo: { transactionId }, evse } = await csms.said("a transaction begins", "TransactionEvent", ({ eventType }) => eventType === "Started");
    assert.deepEqual(evse, { id: 1, connectorId: 1 });
    await csms.said("power flows", "TransactionEvent", chargingIn(transactionId));
    return transactionId;
}

/// The station comes back by its own back-off, a second or more later, and tells what happened meanwhile as such.
async function beOffline(transactionId) {
    const before = csms.calls.length;
    await csms.offline();
    await csms.online();
    await csms.said("what happened offline", "TransactionEvent", (event) => event.transactionInfo.transactionId === transactionId && event.offline === true, before);
    await csms.said("what happens online", "TransactionEvent", (event) => event.transactionInfo.transactionId === transactionId && !event.offline, before);
}

async function stopRemotely(transactionId) {
    const before = csms.calls.length;
    assert.equal((await csms.call("RequestStopTransaction", { transactionId: "no-such-transaction" })).status, "Rejected");
    assert.equal((await csms.call("RequestStopTransaction", { transactionId })).status, "Accepted");
    const end = await csms.said("the transaction ends", "TransactionEvent", endOf(transactionId), before);
    assert.equal(end.transactionInfo.stoppedReason, "Remote");
    assert.ok(csms.transactions.energyOf(end) > 0);
    await csms.said("the car has left", "StatusNotification", ({ connectorStatus }) => connectorStatus === "Available", before);
}

async function startRemotely() {
    const before = csms.calls.length;
    const remoteStartId = 77;
    const idToken = { idToken: "INTEROP-CARD", type: "Central" };
    const started = await csms.call("RequestStartTransaction", { evseId: 1, remoteStartId, idToken });
    assert.equal(started.status, "Accepted");
    assert.deepEqual(await plug(), { ok: true });
    const begin = await csms.said("the remote start", "TransactionEvent", ({ eventType }) => eventType === "Started", before);
    const { transactionId } = begin.transactionInfo;
    assert.equal(begin.transactionInfo.remoteStartId, remoteStartId);
    assert.equal(begin.idToken.idToken, idToken.idToken);
    await csms.said("power flows again", "TransactionEvent", chargingIn(transactionId), before);
    return transactionId;
}

async function lead() {
    await boot();
    const first = await charge();
    await beOffline(first);
    await stopRemotely(first);
    const second = await startRemotely();
    await stopRemotely(second);
    assert.deepEqual(csms.complaints, []);
    return `good: ${csms.calls.length} calls, ${csms.transactions.events(first).length} and ${csms.transactions.events(second).length} events of two transactions`;
}

await csms.online(Number(options.port));
console.log(JSON.stringify({ event: "ready", port: Number(options.port) }));
const verdict = await lead().catch((error) => `NOT good: ${error.message}; ${csms.complaints.join("; ")}; it said last: ${JSON.stringify(csms.calls.slice(-3))}`);
console.log(`interop: ${verdict.replaceAll("\n", " ")}`);
