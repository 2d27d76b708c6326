// SPDX-License-Identifier: Apache-2.0
#include "pki/development.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "pki/certificate.hpp"

namespace voltkeep::pki {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t authority_days = 3650;
constexpr std::int64_t leaf_days = 398;
constexpr std::int64_t renewal_days = 30;  ///< a certificate with less left is made anew (OCPP A03.FR.02: one month)

struct Authority {
    Key key;
    Certificate certificate;
};

/// One identity with its key, and the files that it needs.
struct Leaf {
    std::string folder;
    Algorithm algorithm;
    Contents contents;
    std::string public_half;  ///< its file without ".pem", if the key is in the TPM or the token; empty: the key is a file
};

class Maker {
public:
    Maker(const Development& wanted, WallTime now) : directory_(wanted.directory), now_(now) {}

    Result<> authority(const std::string& name, Algorithm algorithm, const Subject& subject, int path_length,
                       const std::string& issuer = {}) {
        const std::string folder = "authorities/" + name;
        const Contents contents{.subject = subject,
                                .purpose = Purpose::authority,
                                .path_length = path_length,
                                .dns_name = {},
                                .not_before = before(),
                                .not_after = after(authority_days)};
        Authority made;
        made.key = TRY(key(folder, algorithm));
        const Signer signer = issuer.empty() ? Signer{nullptr, made.key.get()} : signer_of(issuer);
        made.certificate = TRY(certificate(folder + "/certificate.pem", contents, made.key.get(), signer, {}));
        authorities_[name] = std::move(made);
        return {};
    }

    /// chain: the authorities between leaf and root, nearest first.
    Result<> leaf(const Leaf& leaf, const std::string& file, const std::string& issuer, const std::vector<std::string>& chain,
                  std::size_t longest = 0) {
        const Key leaf_key =
            TRY(leaf.public_half.empty() ? key(leaf.folder, leaf.algorithm) : key_elsewhere(leaf.folder, leaf.public_half));
        std::string above;
        for (const std::string& name : chain) above += to_pem(authorities_[name].certificate.get());
        const Certificate made =
            TRY(certificate(leaf.folder + "/" + file, leaf.contents, leaf_key.get(), signer_of(issuer), above));
        if (longest == 0) return {};
        CHECK(der_size(made.get()) <= longest);
        for (const std::string& name : chain) CHECK(der_size(authorities_[name].certificate.get()) <= longest);
        return {};
    }

    /// A key without a certificate: who verifies has the public half from elsewhere.
    Result<> bare_key(const std::string& folder, Algorithm algorithm, const std::string& public_half) {
        const Key made = TRY(public_half.empty() ? key(folder, algorithm) : key_elsewhere(folder, public_half));
        const std::string file = folder + "/public.pem", text = public_pem(made.get());
        return read(file) == text ? Result<>{} : write(file, text, 0644);
    }

    /// The folder without a key: one that was a file is none any more.
    Result<> no_key(const std::string& folder) {
        std::error_code error;
        std::filesystem::create_directories(directory_ + "/" + folder, error);
        if (!error) std::filesystem::remove(directory_ + "/" + folder + "/key.pem", error);
        if (error) return fail(Errc::io, folder + "/key.pem: " + error.message());
        return {};
    }

    Result<> trust(const std::string& folder, const std::vector<std::string>& roots) {
        std::string text;
        for (const std::string& name : roots) text += to_pem(authorities_[name].certificate.get());
        const std::string file = folder + "/trust.pem";
        return read(file) == text ? Result<>{} : write(file, text, 0644);
    }

    [[nodiscard]] WallTime before() const { return {now_.unix_ms - hour_ms}; }
    [[nodiscard]] WallTime after(std::int64_t days) const { return {now_.unix_ms + days * day_ms}; }
    std::vector<std::string> written;

private:
    [[nodiscard]] Signer signer_of(const std::string& name) {
        const Authority& a = authorities_.at(name);
        return {a.certificate.get(), a.key.get()};
    }

    Result<Key> key(const std::string& folder, Algorithm algorithm) {
        const std::string file = folder + "/key.pem";
        if (auto kept = key_from_pem(read(file))) return kept;
        Key made = TRY(make_key(algorithm));
        TRY(write(file, to_pem(made.get()), 0600));
        return made;
    }

    /// The public half alone: no file of a station has the other.
    Result<Key> key_elsewhere(const std::string& folder, const std::string& public_half) {
        TRY(no_key(folder));
        return public_from_pem(read(public_half + ".pem"));
    }

    /// The certificate of the file if it serves and `above` still follows it, else a new one.
    Result<Certificate> certificate(const std::string& file, const Contents& contents, EVP_PKEY* key, const Signer& signer,
                                    const std::string& above) {
        const std::string text = read(file);
        if (auto kept = certificates_from_pem(text);
            kept && text == to_pem(kept->front().get()) + above &&
            check(kept->front().get(), contents, key, signer, {now_.unix_ms + renewal_days * day_ms}))
            return std::move(kept->front());
        Certificate made = TRY(make_certificate(contents, key, signer));
        TRY(write(file, to_pem(made.get()) + above, 0644));
        return made;
    }

    [[nodiscard]] std::string read(const std::string& file) const {
        std::ifstream stream(directory_ + "/" + file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    Result<> write(const std::string& file, const std::string& text, mode_t mode) {
        const std::string path = directory_ + "/" + file;
        const std::string folder = path.substr(0, path.rfind('/'));
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (error) return fail(Errc::io, "mkdir " + folder + ": " + error.message());
        const std::string beside = path + ".new";
        ::unlink(beside.c_str());  // its mode is what an interrupted start left
        const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (descriptor < 0) return fail_errno("open", beside);
        const bool is_whole =
            ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
        const Result<> result = is_whole && ::rename(beside.c_str(), path.c_str()) == 0 ? Result<>{} : fail_errno("write", path);
        ::close(descriptor);
        if (result) written.push_back(file);
        return result;
    }

    std::string directory_;
    WallTime now_;
    std::map<std::string, Authority> authorities_;
};

Subject subject(const std::string& common_name, const std::string& whose = {}) {
    return {.common_name = common_name, .organization = std::string(development_name), .domain_component = whose};
}

//= OCPP 2.1 A00.FR.505
//= OCPP 2.1 A00.FR.412
Result<> make_csms_side(Maker& maker, const Development& wanted) {
    TRY(maker.authority("csms-root", Algorithm::p384, subject("CSMS root"), 0));
    TRY(maker.authority("csms-root-ml-dsa-87", Algorithm::ml_dsa_87, subject("CSMS root ML-DSA-87"), 0));
    const Leaf station{"station",
                       Algorithm::p384,
                       {subject(wanted.station), Purpose::client, 0, {}, maker.before(), maker.after(leaf_days)},
                       wanted.has_tpm ? "tpm/tls-csms" : ""};
    const Leaf csms{"csms",
                    Algorithm::p384,
                    {subject(wanted.csms_host), Purpose::server, 0, wanted.csms_host, maker.before(), maker.after(leaf_days)},
                    {}};
    for (const Leaf& leaf : {station, csms}) {
        TRY(maker.leaf(leaf, "chain.pem", "csms-root", {}));
        TRY(maker.leaf(leaf, "chain-ml-dsa-87.pem", "csms-root-ml-dsa-87", {}));
        TRY(maker.trust(leaf.folder, {"csms-root", "csms-root-ml-dsa-87"}));
    }
    return {};
}

//= ISO 15118-20 [V2G20-2674] P-521 with SHA-512 throughout.
Result<> make_v2g_side(Maker& maker, const Development& wanted) {
    constexpr Algorithm algorithm = Algorithm::p521;
    for (const auto& [prefix, name, whose] :
         {std::tuple{std::string("v2g"), "V2G", "V2G"}, std::tuple{std::string("oem"), "OEM", "OEM"}}) {
        TRY(maker.authority(prefix + "-root", algorithm, subject(std::string(name) + " root", whose), 2));
        TRY(maker.authority(prefix + "-sub1", algorithm, subject(std::string(name) + " sub-CA 1", whose), 1, prefix + "-root"));
        TRY(maker.authority(prefix + "-sub2", algorithm, subject(std::string(name) + " sub-CA 2", whose), 0, prefix + "-sub1"));
    }
    const Leaf secc{"secc",
                    algorithm,
                    {subject(wanted.secc, "CPO"), Purpose::server, 0, {}, maker.before(), maker.after(leaf_days)},
                    wanted.has_token ? "token/secc" : ""};
    const Leaf vehicle{"vehicle",
                       algorithm,
                       {subject(wanted.vehicle, "OEM"), Purpose::client, 0, {}, maker.before(), maker.after(leaf_days)},
                       {}};
    TRY(maker.leaf(secc, "chain.pem", "v2g-sub2", {"v2g-sub2", "v2g-sub1"}, v2g_certificate_bound));
    TRY(maker.leaf(vehicle, "chain.pem", "oem-sub2", {"oem-sub2", "oem-sub1"}, v2g_certificate_bound));
    TRY(maker.trust("secc", {"v2g-root", "oem-root"}));
    TRY(maker.trust("vehicle", {"v2g-root"}));
    return {};
}

}  // namespace

Result<std::vector<std::string>> make_development(const Development& wanted, WallTime now) {
    Maker maker(wanted, now);
    TRY(make_csms_side(maker, wanted));
    TRY(make_v2g_side(maker, wanted));
    for (int meter = 1; meter <= wanted.meters; ++meter) {
        const std::string name = "meter@" + std::to_string(meter);
        TRY(maker.bare_key(name, Algorithm::p256, meter <= wanted.meters_in_tpm ? "tpm/" + name : ""));
    }
    if (wanted.has_tpm)
        TRY(maker.no_key("audit"));  // crypto has it, and makes it itself
    else
        TRY(maker.bare_key("audit", Algorithm::ml_dsa_44, ""));
    return std::move(maker.written);
}

}  // namespace voltkeep::pki
