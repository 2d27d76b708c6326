// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include "base/json.hpp"

namespace voltkeep::operator_door {
namespace {

using Object = JsonObject<1536>;

template <class E, std::size_t N>
std::string_view word(E value, const std::string_view (&words)[N]) {
    static_assert(N == static_cast<std::size_t>(E::last_) + 1);
    return words[static_cast<std::size_t>(value)];
}

std::string_view word(rot::Condition c) {
    static constexpr std::string_view words[] = {"absent", "starting", "ready", "lost", "refused"};
    return word(c, words);
}
std::string_view word(rot::Key k) {
    static constexpr std::string_view words[] = {"tls-csms", "tls-witness", "log", "attestation", "meter"};
    return word(k, words);
}
std::string_view word(rot::Purpose p) {
    static constexpr std::string_view words[] = {"tls_client", "certificate_request", "checkpoint", "reading"};
    return word(p, words);
}
std::string_view word(crypto::Key k) {
    static constexpr std::string_view words[] = {"tls-csms", "tls-witness",       "meter", "meter-record",
                                                 "log",      "attestation-token", "secc"};
    return word(k, words);
}
std::string_view word(crypto::Purpose p) {
    static constexpr std::string_view words[] = {"tls_client", "certificate_request", "reading", "record", "checkpoint",
                                                 "token",      "tls_server"};
    return word(p, words);
}

template <class Use>
std::string use_object(const Use& use, std::string_view place) {
    std::string name(word(use.key));
    if (use.evse.number != 0) name += "@" + std::to_string(use.evse.number);
    return std::string(Object()
                           .put("key", name)
                           .put("place", place)
                           .put("uses", use.uses)
                           .put("last", use.last ? word(*use.last) : "")
                           .put("last_ms", use.last_ms)
                           .text()
                           .view());
}

}  // namespace

std::string keys_object(const Result<rot::GetState::State>& tpm, const Result<crypto::GetState::State>& software) {
    std::string keys;
    const auto add = [&](const std::string& object) { keys += (keys.empty() ? "" : ",") + object; };
    if (tpm)
        for (const auto& use : tpm->keys) add(use_object(use, "tpm"));
    if (software)
        for (const auto& use : software->keys)
            if (use.place != crypto::Place::tpm)  // those are in its own list
                add(use_object(use, use.place == crypto::Place::token ? "token" : "crypto"));
    Object object;
    if (tpm) {
        object.put("tpm", word(tpm->condition))
            .put("reason", tpm->reason.view())
            .put("part", tpm->part.view())
            .put("has_endorsement", tpm->has_endorsement);
        object.put("resets", tpm->resets).put("increments_left", tpm->increments_left).put("slowest_ms", tpm->slowest_ms);
    } else
        object.put("tpm", "unknown").put("reason", name(tpm.error().code));
    object.put("software_keys", software && software->has_software_keys);
    object.put("software_reason", software ? software->reason.view() : name(software.error().code));
    object.put("token", software && software->has_token);
    object.put("token_reason", software ? software->token_reason.view() : "");
    std::string text(object.text().view());
    text.pop_back();
    return text + ",\"keys\":[" + keys + "]}";
}

std::string no_keys_object() { return R"({"tpm":"none","keys":[]})"; }

}  // namespace voltkeep::operator_door
