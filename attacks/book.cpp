// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "attack.hpp"

namespace voltkeep::attacks {

namespace {
std::vector<Attack>& registered() {
    static std::vector<Attack> attacks;   // filled before main by the sources of the attacks, in no order
    return attacks;
}
}  // namespace

Registration::Registration(Attack attack) { registered().push_back(attack); }

std::vector<Attack> built() {
    std::vector<Attack> attacks = registered();
    std::ranges::sort(attacks, {}, &Attack::id);
    return attacks;
}

const std::vector<Page>& book() {
    static const std::vector<Page> pages{
        {"A01", "1", "CVE-2024-26288, DCeption", "a proxy offers ws://, TLS 1.0 to 1.2, weak suites"},
        {"A02", "1,11", "downgrade of the key exchange", "the hybrid group is stripped from the ClientHello"},
        {"A03", "1", "certificate checks left out", "rogue CA, expired, wrong name, wrong use, revoked CSMS certificate"},
        {"A04", "2", "SaiFlow; CISA 2026", "a second client connects with the station's identity"},
        {"A05", "2", "session replay", "captured calls and old authorizations are sent again"},
        {"A06", "2", "ESET's cloned cards", "a cloned card twice, offline, after its revocation"},
        {"A07", "2", "CVE-2026-24445, CVE-2026-31904", "guessing credentials at the gateway and the local interface"},
        {"A08", "3", "CVE-2025-12357, DCeption", "SLAC and SDP are spoofed on the cable, SDP says \"no TLS\""},
        {"A09", "3,5", "EVerest's CVEs, HYC50's charging gun", "EXI and V2GTP crashers against the running charger side"},
        {"A10", "3", "theft of contract certificates",
         "the memory of every process and the disk are searched for the station's private keys"},
        {"A11", "4", "Wall Connector", "flipped bits in each boot stage, old signed image, wrong slot"},
        {"A12", "4", "Autel, CHARX VDE-2024-022", "open ports from the first moment, built-in credentials"},
        {"A13", "5", "Autel's NFC overflow 2026", "an owned driver tries to get out of its sandbox"},
        {"A14", "5", "CVE-2024-23971", "shell, format and path strings in every text field of OCPP"},
        {"A15", "6", "CVE-2024-4622", "an owned screen calls power, keys, log and updates"},
        {"A16", "6", "EVerest: schema checks off",
         "malformed, oversized, unlisted and flooding messages from each client to its servers"},
        {"A17", "7", "billing fraud", "meter frames are altered, readings replayed, tariffs swapped"},
        {"A18", "7", "load-altering attacks", "forged limits from the grid, absurd values, oscillation"},
        {"A19", "7,8", "ZDI at Black Hat 2025", "a car draws twice what it is offered; the meter's driver lies"},
        {"A20", "8", "CVE-2024-7392", "floods and bombs from the cable and the CSMS; processor and memory hogs in zone 3"},
        {"A21", "8", "CVE-2026-26008", "a malicious CSMS floods resets, availability changes and profiles"},
        {"A22", "9", "hijacked updates", "mirror in the middle, swapped, cut and old images, kill at every step"},
        {"A23", "9,11", "stolen signing keys", "one of two signatures is bad, revoked or missing"},
        {"A24", "10", "evidence erased", "the log is cut, edited, reordered, forked; the clock set back; the disk filled"},
        {"A25", "11", "harvest now, decrypt later", "unsigned crypto profile, disabled algorithm, hot swap under load"},
    };
    return pages;
}

std::string table_for_docs() {
    std::string text = "| attack | vectors | what | as in | state |\n| --- | --- | --- | --- | --- |\n";
    const std::vector<Attack> there = built();
    for (const Page& page : book()) {
        const bool is_built = std::ranges::find(there, page.id, &Attack::id) != there.end();
        text += "| " + std::string(page.id) + " | " + std::string(page.vectors) + " | " + std::string(page.what) + " | " +
                std::string(page.precedent) + " | " + (is_built ? "done" : "not done") + " |\n";
    }
    return text;
}

}  // namespace voltkeep::attacks
