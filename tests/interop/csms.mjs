// SPDX-License-Identifier: Apache-2.0
// A CSMS out of the package ocpp-rpc, security profile 3: TLS 1.3 with both certificates. It validates all that it gets and sends by the
// official schemas, and remembers it.
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

import { require } from "./modules.mjs";
import { schemasAsLookedUp } from "./schemas.mjs";
import { Transactions } from "./transactions.mjs";

const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;
const { RPCServer } = require("ocpp-rpc");
const { Validator } = require("ocpp-rpc/lib/validator");

export class Csms extends EventEmitter {
    /// `station`: {identity, commonName}; `files`: {certificates, key, trust}, PEM.
    constructor(station, files) {
        super();
        this.station = station;
        this.transactions = new Transactions();
        this.complaints = this.transactions.complaints;
        this.calls = [];              // what the station has said: {method, params}
        this.tls = {
            cert: readFileSync(files.certificates),
            key: readFileSync(files.key),
            ca: readFileSync(files.trust),
            requestCert: true,
            rejectUnauthorized: true,
            minVersion: "TLSv1.3",
            ciphers: "TLS_AES_256_GCM_SHA384",
            ecdhCurve: "SecP384r1MLKEM1024",
            sigalgs: "ecdsa_secp384r1_sha384",
        };
        const ajv = new Ajv({ strict: false });
        addFormats(ajv);
        ajv.addSchema(schemasAsLookedUp());
        const validator = new Validator("ocpp2.1", ajv);
        this.expectRefusal(() => validator.validate("urn:Heartbeat.req", { unknown: 1 }));
        this.rpc = new RPCServer({ protocols: ["ocpp2.1"], strictMode: true, strictModeValidators: [validator], callTimeoutMs: 5000 });
        this.rpc.auth((accept, reject, handshake) => this.admit(accept, reject, handshake));
        this.rpc.on("client", (client) => this.onStation(client));
    }

    /// A validator that takes anything would make this whole test say yes.
    expectRefusal(wrong) {
        try {
            wrong();
        } catch {
            return;
        }
        this.complaints.push("ocpp-rpc's validator does not validate");
    }

    async online(port) {
        this.port = port ?? this.port;
        this.server = createServer(this.tls);
        this.server.on("upgrade", this.rpc.handleUpgrade);
        await new Promise((done, failed) => this.server.once("error", failed).listen(this.port, "127.0.0.1", done));
    }

    /// The connection is cut, not closed, and nobody listens.
    async offline() {
        const { server, client } = this;
        const closed = new Promise((done) => server.close(done));
        await client.close({ force: true });
        server.closeAllConnections();
        await closed;
    }

    /// The profile's rule: the certificate names the station that the URL names.
    admit(accept, reject, { identity, request }) {
        const { subject } = request.socket.getPeerCertificate();
        if (identity === this.station.identity && subject?.CN === this.station.commonName) return accept();
        this.complaints.push(`${identity} came with the certificate of ${subject?.CN}`);
        return reject(403);
    }

    onStation(client) {
        this.client = client;
        client.on("strictValidationFailure", ({ method, error }) => this.complaints.push(`${method} is against its schema: ${error.message}`));
        client.on("badMessage", ({ buffer, error }) => this.complaints.push(`not OCPP: ${error.message}: ${buffer}`));
        client.handle("BootNotification", (call) => this.answer(call, { currentTime: new Date().toISOString(), interval: 60, status: "Accepted" }));
        client.handle("Heartbeat", (call) => this.answer(call, { currentTime: new Date().toISOString() }));
        client.handle("Authorize", (call) => this.answer(call, { idTokenInfo: { status: "Accepted" } }));
        client.handle("TransactionEvent", (call) => {
            this.transactions.take(call.params);
            return this.answer(call, call.params.idToken ? { idTokenInfo: { status: "Accepted" } } : {});
        });
        client.handle((call) => this.answer(call, {}));
        this.emit("said");
    }

    answer({ method, params }, response) {
        this.calls.push({ method, params });
        setImmediate(() => this.emit("said"));
        return response;
    }

    call(method, params) {
        return this.client.call(method, params);
    }

    /// Waits until `condition` gives something, which is looked at whenever the station has said something.
    async until(what, condition, seconds = 12) {
        for (const end = Date.now() + seconds * 1000; ;) {
            const found = condition();
            if (found) return found;
            let timer;
            const isLate = await new Promise((done) => {
                timer = setTimeout(() => done(true), end - Date.now());
                this.once("said", () => done(false));
            });
            clearTimeout(timer);
            if (isLate) throw new Error(`the station did not say within ${seconds} s: ${what}`);
        }
    }

    /// The first call of this method that fits, from the call number `from` on.
    said(what, method, fits = () => true, from = 0) {
        return this.until(what, () => this.calls.slice(from).find((call) => call.method === method && fits(call.params))?.params);
    }
}
