// SPDX-License-Identifier: Apache-2.0
// Any text as a signed note, a checkpoint, a key, a proof, a path of a tile, a bundle of entries and an entry. What is read is
// written again as the same bytes: nobody can give one thing two texts. No text is signed by the key that nobody has.
#include <cstdint>
#include <string_view>

#include "wire/audit_log/proof_file.hpp"
#include "wire/audit_log/tiles.hpp"

using namespace voltkeep;
using namespace voltkeep::audit_log;

namespace {

/// A key whose private half was never kept.
const VerifierKey& key() {
    static const VerifierKey known =
        MUST(read_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
    return known;
}

void try_texts(std::string_view text) {
    if (const auto note = read_note(text)) {
        CHECK(write_note(*note) == text);
        if (const auto checkpoint = read_checkpoint(note->text)) CHECK(write_checkpoint(*checkpoint) == note->text);
    }
    CHECK(!check_checkpoint(text, {&key(), 1}));
    if (const auto proof = read_proof(text)) CHECK(write_proof(*proof) == text);
    CHECK(!check_proof(text, {&key(), 1}));
    if (const auto verifier = read_verifier_key(text)) CHECK(write_verifier_key(*verifier) == text);
    if (const auto tile = read_tile_path(text)) CHECK(write_tile_path(*tile) == text);
}

void try_bytes(Bytes bytes) {
    for (unsigned width = 1; width <= 3; ++width) {
        const auto entries = read_entries(bytes, width);
        if (!entries) continue;
        std::vector<std::vector<std::byte>> copies;
        for (const Bytes entry : *entries) copies.emplace_back(entry.begin(), entry.end());
        CHECK(std::ranges::equal(write_entries(copies), bytes));
    }
    if (const auto entry = decode(bytes)) CHECK(std::ranges::equal(encode(*entry), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_texts(text);
    try_bytes(as_bytes(text));
    return 0;
}
