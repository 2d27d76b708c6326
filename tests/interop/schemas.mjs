// SPDX-License-Identifier: Apache-2.0
// The official schemas of OCPP 2.1, out of the package ocpp-rpc.
import { require } from "./modules.mjs";

/// Each message: {action, direction, schema}, in the order of the package. The schemas have no ids here.
export function messages() {
    return require("ocpp-rpc/lib/schemas/ocpp2_1.json").map(({ $id, ...schema }) => {
        const [, action, suffix] = /^urn:(.+?)(Request|Response)?$/.exec($id);
        return { action, direction: suffix === "Response" ? "response" : "request", schema };
    });
}

/// What ocpp-rpc looks up is "urn:Heartbeat.req", but in its schemas of 2.1 that is "urn:HeartbeatRequest": with those it refuses
/// every message.
export function schemasAsLookedUp() {
    return messages().map(({ action, direction, schema }) => ({ ...schema, $id: `urn:${action}.${direction === "request" ? "req" : "conf"}` }));
}

/// The schema that a property's schema stands for: references go to the definitions of the same message.
export function resolve(schema, node) {
    return node.$ref ? schema.definitions[node.$ref.split("/").at(-1)] : node;
}
