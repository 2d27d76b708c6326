// SPDX-License-Identifier: Apache-2.0
#include "peers/plant/capsule.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/json.hpp"
#include "pki/certificate.hpp"
#include "wire/ocmf/ocmf.hpp"

namespace voltkeep::plant {

struct Capsule::Inside {
    std::string stem;
    pki::Key key;
    std::uint64_t page = 0;
    std::string begin;               ///< the first reading of the transaction, as it was written
};

namespace {

std::string read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The file is the old one or the new one, whoever kills this process. It does not wait for the disk: the plant's frames do not
/// either.
Result<> write(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    if (!(std::ofstream(beside, std::ios::binary | std::ios::trunc) << text << std::flush))
        return fail(Errc::io, "cannot write " + beside);
    if (std::rename(beside.c_str(), path.c_str()) != 0) return fail_errno("rename", path);
    return {};
}

/// One register at one time, with every field, as some makers write it.
std::string one(char mark, std::string_view obis, std::int64_t mwh, std::int64_t wall_ms) {
    char value[40];
    std::snprintf(value, sizeof value, "%lld.%03lld", static_cast<long long>(mwh / 1000), static_cast<long long>(mwh % 1000));
    return "{ \"TM\" : \"" + ocmf::time_text(wall_ms, ocmf::TimeStatus::synchronised) + "\", \"TX\" : \"" + mark +
           "\", \"RV\" : " + value + ", \"RI\" : \"" + std::string(obis) +
           "\", \"RU\" : \"Wh\", \"RT\" : \"DC\", \"ST\" : \"G\" }";
}

std::string reading(char mark, std::int64_t import_mwh, std::int64_t export_mwh, std::int64_t wall_ms) {
    return one(mark, ocmf::obis_import, import_mwh, wall_ms) + ", " + one(mark, ocmf::obis_export, export_mwh, wall_ms);
}

}  // namespace

Capsule::Capsule(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Capsule::~Capsule() = default;

Result<std::unique_ptr<Capsule>> Capsule::open(const std::string& stem) {
    auto inside = std::make_unique<Inside>();
    inside->stem = stem;
    if (auto kept = pki::key_from_pem(read(stem + ".key"))) inside->key = std::move(*kept);
    else {
        inside->key = TRY(pki::make_key(pki::Algorithm::p256));
        TRY(write(stem + ".key", pki::to_pem(inside->key.get())));
    }
    TRY(write(stem + ".pub", pki::public_pem(inside->key.get())));
    const std::string kept = read(stem + ".page");
    const std::size_t line = std::min(kept.find('\n'), kept.size());
    inside->page = std::strtoull(kept.c_str(), nullptr, 10);
    inside->begin = kept.substr(std::min(line + 1, kept.size()));
    return std::unique_ptr<Capsule>(new Capsule(std::move(inside)));
}

Text<2048> Capsule::sign(const meter::SignFrame& wanted, std::string_view serial, std::int64_t import_mwh,
                            std::int64_t export_mwh, std::int64_t wall_ms) {
    const std::string now = reading(wanted.mark, import_mwh, export_mwh, wall_ms);
    if (wanted.mark == 'B') inside_->begin = now;
    const std::string both = wanted.mark == 'E' && !inside_->begin.empty() ? inside_->begin + ", " + now : now;
    if (!write(inside_->stem + ".page", std::to_string(++inside_->page) + "\n" + inside_->begin)) return {};
    const std::string identification(JsonObject<2048>().put("ID", wanted.identification.view()).text());
    const std::string payload = "{ \"FV\" : \"1.4\", \"GI\" : \"Voltkeep simulated capsule\", \"PG\" : \"T" +
                                std::to_string(inside_->page) + "\", \"MS\" : \"" + std::string(serial) +
                                "\", \"IS\" : true, \"IT\" : \"" + std::string(wanted.identification_type.view()) + "\", " +
                                identification.substr(1, identification.size() - 2) + ", \"RD\" : [ " + both + " ] }";
    const auto signature = pki::sign_sha256(inside_->key.get(), as_bytes(payload));
    if (!signature || payload.find('|') != std::string::npos) return {};
    return Text<2048>::from("OCMF|" + payload + "|{ \"SA\" : \"ECDSA-secp256r1-SHA256\", \"SE\" : \"base64\", \"SD\" : \"" +
                            ocmf::to_base64(*signature) + "\" }")
        .value_or(Text<2048>());
}

}  // namespace voltkeep::plant
