// SPDX-License-Identifier: Apache-2.0
// A real station with session.mjs in the place of its CSMS. About 12 seconds.
import { spawn } from "node:child_process";
import { chmodSync, cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const build = process.env.VOLTKEEP_BUILD;
const patience = 60;   // seconds for all of it

/// This build with another CSMS, in a folder of its own: the process manager follows no links, so the programs are hard links.
function layOut() {
    const made = join(build, "tests/interop/made");
    rmSync(made, { recursive: true, force: true });
    for (const folder of ["src/cli", "services", "peers", "procmgr"]) mkdirSync(join(made, folder), { recursive: true });
    linkSync(join(build, "src/cli/voltkeep"), join(made, "src/cli/voltkeep"));
    for (const folder of ["services", "peers", "procmgr"])
        for (const entry of readdirSync(join(build, folder), { withFileTypes: true }))
            if (entry.isFile() && entry.name !== "csms") linkSync(join(build, folder, entry.name), join(made, folder, entry.name));
    cpSync(join(build, "manifests"), join(made, "manifests"), { recursive: true, dereference: true });
    const script = fileURLToPath(new URL("session.mjs", import.meta.url));
    writeFileSync(join(made, "peers/csms"), `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
    return join(made, "src/cli/voltkeep");
}

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

/// The verdict of the CSMS, or how the station ended without one.
async function run(tool, state) {
    const station = spawn(tool, ["run", "--json", "--state", state, "--csms-port", String(await freePort()), "--duration", "60"], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = [];
    const ended = new Promise((done) => station.once("close", (status) => done(`the station ended with ${status}`)));
    let timer;
    const late = new Promise((done) => { timer = setTimeout(() => done(`no verdict in ${patience} s`), patience * 1000); });
    const judged = new Promise((done) => createInterface({ input: station.stdout }).on("line", (line) => {
        lines.push(line);
        const said = /"text":"interop: ([^"\\]*(?:\\.[^"\\]*)*)"/.exec(line);
        if (said) done(said[1]);
    }));
    const verdict = await Promise.race([judged, ended, late]);
    clearTimeout(timer);
    station.kill("SIGTERM");
    timer = setTimeout(() => station.kill("SIGKILL"), 20_000);   // what it started ends with it
    await ended;
    clearTimeout(timer);
    return { verdict, lines };
}

const state = mkdtempSync(join(tmpdir(), "voltkeep-interop-"));
chmodSync(state, 0o755);   // services have users of their own
writeFileSync(join(state, "station.toml"), "[metering]\nmeter_interval_ms = 500\n");
try {
    const { verdict, lines } = await run(layOut(), state);
    const isGood = verdict.startsWith("good");
    if (!isGood) console.log(lines.slice(-60).join("\n"));
    console.log(verdict);
    process.exitCode = isGood ? 0 : 1;
} finally {
    rmSync(state, { recursive: true, force: true });
}
