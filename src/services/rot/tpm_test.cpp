// SPDX-License-Identifier: Apache-2.0
// The TPM itself, emulated inside the test: what is made at the first start, found later, signed, counted, sealed and refused.
#include "tpm.hpp"

#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "pki/certificate.hpp"
#include "test_tpm.hpp"

namespace voltkeep::rot {
namespace {

using testing::Folder;
using testing::InProcess;

/// One station's TPM and file. What `start` gives ends in order (the emulation writes down that it did).
struct Station {
    Folder folder;
    std::uint8_t meters = 2;
    std::string tpm = "tpm";

    [[nodiscard]] std::string file() const { return folder / "keys"; }
    [[nodiscard]] Result<std::unique_ptr<Tpm>> start() const {
        return Tpm::attach(std::make_unique<InProcess>(folder / tpm), {file(), meters});
    }
};

/// A process that uses the TPM, until the power is cut: nothing is ended, nothing is written down. What `use` gives.
std::uint32_t until_the_power_is_cut(const std::function<std::uint32_t()>& use) {
    std::array<int, 2> pipe{};
    CHECK(::pipe(pipe.data()) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const std::uint32_t result = use();
        ::_exit(::write(pipe[1], &result, sizeof result) == sizeof result ? 0 : 1);
    }
    ::close(pipe[1]);
    std::uint32_t result = UINT32_MAX;
    EXPECT_EQ(::read(pipe[0], &result, sizeof result), static_cast<ssize_t>(sizeof result));
    ::close(pipe[0]);
    ::waitpid(pid, nullptr, 0);
    return result;
}

Sign certificate_verify(Key key) {
    std::string text(64, ' ');
    text += std::string("TLS 1.3, client CertificateVerify\0", 34) + std::string(48, 'h');
    return {key, {}, Purpose::tls_client, *Blob<content_bound>::from(as_bytes(text))};
}
Sign reading(std::uint8_t evse) {
    return {Key::meter, {evse}, Purpose::reading, *Blob<content_bound>::from(as_bytes(R"({"FV":"1.4","GI":"x"})"))};
}

/// ECDSA by OpenSSL with the digest that belongs to the curve.
bool verifies(Bytes spki, Bytes content, Bytes der) {
    const pki::Key key = MUST(pki::public_from_der(spki));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const EVP_MD* const digest = EVP_PKEY_get_bits(key.get()) == 384 ? EVP_sha384() : EVP_sha256();
    const auto octets = [](Bytes b) { return reinterpret_cast<const unsigned char*>(b.data()); };
    return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), octets(der), der.size(), octets(content), content.size()) == 1;
}

Errc code_of(const auto& result) { return result ? Errc::ok : result.error().code; }

}  // namespace

TEST(Tpm, first_start_makes_every_key_and_every_later_one_finds_them) {
    Station station;
    std::map<std::string, Blob<160>> first;
    {
        const auto tpm = MUST(station.start());
        for (const KeyName name : keys_of(2)) first[role_of(name)] = MUST(tpm->get_public(name)).spki;
    }
    EXPECT_EQ(first.size(), 6u);
    const auto tpm = MUST(station.start());
    for (const KeyName name : keys_of(2)) EXPECT_EQ(MUST(tpm->get_public(name)).spki, first[role_of(name)]) << role_of(name);
    EXPECT_EQ(code_of(tpm->get_public({Key::meter, {3}})), Errc::not_found);
    EXPECT_FALSE(tpm->part().name.empty());
}

TEST(Tpm, keys_cannot_leave_and_count_for_no_lockout) {
    Station station;
    const auto tpm = MUST(station.start());
    for (const KeyName name : keys_of(2)) {
        const Blob<256> octets = MUST(tpm->get_public(name)).area;
        TPMT_PUBLIC area{};
        std::size_t used = 0;
        ASSERT_EQ(
            Tss2_MU_TPMT_PUBLIC_Unmarshal(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size(), &used, &area),
            TSS2_RC_SUCCESS);
        constexpr TPMA_OBJECT wanted =
            TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA;
        EXPECT_EQ(area.objectAttributes & wanted, wanted) << role_of(name);
        EXPECT_EQ((area.objectAttributes & TPMA_OBJECT_RESTRICTED) != 0, name.key == Key::attestation) << role_of(name);
    }
}

TEST(Tpm, signs_what_has_the_shape_of_its_purpose) {
    Station station;
    const auto tpm = MUST(station.start());
    const Sign wanted = certificate_verify(Key::tls_csms);
    const auto tls = MUST(tpm->sign(wanted, "crypto"));
    const auto public_part = MUST(tpm->get_public({Key::tls_csms, {}}));
    EXPECT_TRUE(verifies(public_part.spki, wanted.content, tls.der));
    Blob<content_bound> other = wanted.content;
    other.data()[other.size() - 1] ^= std::byte{1};
    EXPECT_FALSE(verifies(public_part.spki, other, tls.der));

    const auto signed_reading = MUST(tpm->sign(reading(2), "crypto"));
    EXPECT_TRUE(verifies(MUST(tpm->get_public({Key::meter, {2}})).spki, reading(2).content, signed_reading.der));
    EXPECT_FALSE(verifies(MUST(tpm->get_public({Key::meter, {1}})).spki, reading(2).content, signed_reading.der))
        << "each EVSE has its own";

    const Sign checkpoint{
        Key::log,
        {},
        Purpose::checkpoint,
        *Blob<content_bound>::from(as_bytes("voltkeep/VK-DEV-0001\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))};
    EXPECT_TRUE(
        verifies(MUST(tpm->get_public({Key::log, {}})).spki, checkpoint.content, MUST(tpm->sign(checkpoint, "audit")).der));
}

TEST(Tpm, refuses_a_key_for_another_purpose_caller_or_shape) {
    Station station;
    const auto tpm = MUST(station.start());
    const Sign good = certificate_verify(Key::tls_csms);
    ASSERT_TRUE(tpm->sign(good, "crypto"));
    EXPECT_EQ(code_of(tpm->sign(good, "link")), Errc::refused) << "who speaks to the outside";
    EXPECT_EQ(code_of(tpm->sign(good, "audit")), Errc::refused);
    Sign other = good;
    other.purpose = Purpose::reading;
    EXPECT_EQ(code_of(tpm->sign(other, "crypto")), Errc::refused) << "not this key's purpose";
    other = good;
    other.key = Key::log;
    EXPECT_EQ(code_of(tpm->sign(other, "audit")), Errc::refused);
    other = good;
    other.key = Key::attestation;
    EXPECT_EQ(code_of(tpm->sign(other, "crypto")), Errc::refused) << "it signs what the TPM says, and nothing from outside";
    other = good;
    other.content = *Blob<content_bound>::from(as_bytes("pay 1000 to the bearer"));
    EXPECT_EQ(code_of(tpm->sign(other, "crypto")), Errc::refused) << "not the shape";
    other = good;
    other.content.data()[64 + 9] = std::byte{'s'};   // "TLS 1.3, server ..."
    EXPECT_EQ(code_of(tpm->sign(other, "crypto")), Errc::refused) << "not our role";
}

TEST(Tpm, signs_a_certificate_request_for_its_own_key_only) {
    Station station;
    const auto tpm = MUST(station.start());
    const auto request_for = [](Bytes spki) {
        const pki::Key key = MUST(pki::public_from_der(spki));
        const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
        X509_REQ_set_pubkey(request.get(), key.get());
        unsigned char* der = nullptr;
        const int size = i2d_re_X509_REQ_tbs(request.get(), &der);
        auto content = *Blob<content_bound>::from(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
        OPENSSL_free(der);
        return content;
    };
    const auto own = MUST(tpm->get_public({Key::tls_csms, {}})).spki, others = MUST(tpm->get_public({Key::tls_witness, {}})).spki;
    const Sign good{Key::tls_csms, {}, Purpose::certificate_request, request_for(own)};
    EXPECT_TRUE(verifies(own, good.content, MUST(tpm->sign(good, "crypto")).der));
    EXPECT_EQ(code_of(tpm->sign({Key::tls_csms, {}, Purpose::certificate_request, request_for(others)}, "crypto")),
              Errc::refused);
}

TEST(Tpm, counters_rise_over_cuts_of_power_and_wear_is_bounded) {
    Station station;
    std::uint64_t last = 0;
    for (int cut = 0; cut < 3; ++cut) {
        const std::uint32_t raised = until_the_power_is_cut([&] {
            Tpm* const tpm = MUST(station.start()).release();
            const std::uint64_t found = MUST(tpm->read(Counter::log)).value;
            const std::uint64_t next = MUST(tpm->increment(Counter::log)).value;
            return next == found + 1 ? static_cast<std::uint32_t>(next) : 0u;
        });
        EXPECT_GT(raised, last) << cut;
        last = raised;
    }
    const auto tpm = MUST(station.start());
    EXPECT_EQ(MUST(tpm->read(Counter::log)).value, last);
    int more = 0;
    while (more < 100 && tpm->increment(Counter::replay)) ++more;
    EXPECT_EQ(more, 54 - 3) << "the wear outlives the process";
    EXPECT_EQ(code_of(tpm->increment(Counter::replay)), Errc::refused);
    EXPECT_TRUE(tpm->read(Counter::replay));
}

TEST(Tpm, certifies_a_counter_together_with_a_digest) {
    Station station;
    const auto tpm = MUST(station.start());
    Certify wanted{Counter::log, {}};
    wanted.digest.fill(0x5a);
    const auto certified = MUST(tpm->certify(wanted));
    EXPECT_EQ(certified.value, MUST(tpm->read(Counter::log)).value);
    EXPECT_TRUE(verifies(MUST(tpm->get_public({Key::attestation, {}})).spki, certified.attest, certified.der));
    TPMS_ATTEST statement{};
    std::size_t used = 0;
    ASSERT_EQ(Tss2_MU_TPMS_ATTEST_Unmarshal(reinterpret_cast<const std::uint8_t*>(certified.attest.data()),
                                            certified.attest.size(), &used, &statement),
              TSS2_RC_SUCCESS);
    EXPECT_EQ(statement.magic, TPM2_GENERATED_VALUE);
    EXPECT_EQ(statement.type, TPM2_ST_ATTEST_NV);
    EXPECT_TRUE(std::ranges::equal(std::span(statement.extraData.buffer, statement.extraData.size), wanted.digest));
}

TEST(Tpm, quotes_the_registers_and_what_was_extended_shows) {
    Station station;
    const auto tpm = MUST(station.start());
    Quote wanted;
    ASSERT_TRUE(wanted.nonce.resize(31));
    EXPECT_EQ(code_of(tpm->quote(wanted)), Errc::bad_argument);
    ASSERT_TRUE(wanted.nonce.resize(32));
    const auto value_of = [](const Quote::Quoted& quoted, std::uint8_t pcr) {
        return std::ranges::find(quoted.measurements, pcr, &Measurement::pcr)->value;
    };
    const auto before = MUST(tpm->quote(wanted));
    ASSERT_EQ(before.measurements.size(), 11u);
    EXPECT_TRUE(verifies(MUST(tpm->get_public({Key::attestation, {}})).spki, before.attest, before.der));

    Extend head{Register::log, {}};
    head.digest.fill(0x11);
    EXPECT_EQ(code_of(tpm->extend(head, "crypto")), Errc::refused);
    ASSERT_TRUE(tpm->extend(head, "audit"));
    const auto after = MUST(tpm->quote(wanted));
    std::array<unsigned char, 64> input{};   // old value, then the hash of the event
    SHA256(head.digest.data(), head.digest.size(), input.data() + 32);
    std::array<unsigned char, 32> expected{};
    SHA256(input.data(), input.size(), expected.data());
    EXPECT_TRUE(std::ranges::equal(value_of(after, 14).view(), std::as_bytes(std::span(expected))));
    EXPECT_EQ(value_of(after, 7), value_of(before, 7));
    wanted.bank = Bank::sha384;
    EXPECT_EQ(value_of(MUST(tpm->quote(wanted)), 14).size(), 48u);
}

TEST(Tpm, a_sealed_secret_comes_back_to_its_owner_alone) {
    Station station;
    const Seal wanted{.label = "token-pin", .secret = *Blob<secret_bound>::from(as_bytes("31415926")), .bound = {}};
    Blob<1024> sealed;
    {
        const auto tpm = MUST(station.start());
        sealed = MUST(tpm->seal(wanted, "crypto")).sealed;
        EXPECT_EQ(std::string_view(as_text(sealed)).find("31415926"), std::string_view::npos);
    }
    const auto tpm = MUST(station.start());
    EXPECT_EQ(as_text(MUST(tpm->unseal({"token-pin", sealed}, "crypto")).secret), "31415926");
    EXPECT_EQ(code_of(tpm->unseal({"token-pin", sealed}, "session")), Errc::refused);
    EXPECT_EQ(code_of(tpm->unseal({"data-key", sealed}, "crypto")), Errc::refused);
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        Blob<1024> bent = sealed;
        bent.data()[at] ^= std::byte{1};
        EXPECT_FALSE(tpm->unseal({"token-pin", bent}, "crypto")) << at;
    }
}

TEST(Tpm, a_secret_bound_to_a_counter_is_gone_when_it_rises) {
    Station station;
    const auto tpm = MUST(station.start());
    const std::uint64_t release = MUST(tpm->read(Counter::firmware)).value;
    const Seal wanted{.label = "data-key",
                      .secret = *Blob<secret_bound>::from(as_bytes("k")),
                      .is_bound_to_boot = true,
                      .bound = Bound{Counter::firmware, release}};
    const auto sealed = MUST(tpm->seal(wanted, "crypto")).sealed;
    EXPECT_TRUE(tpm->unseal({"data-key", sealed}, "crypto"));
    ASSERT_TRUE(tpm->increment(Counter::firmware));
    EXPECT_EQ(code_of(tpm->unseal({"data-key", sealed}, "crypto")), Errc::refused);
}

TEST(Tpm, gives_random_bytes) {
    Station station;
    const auto tpm = MUST(station.start());
    const auto a = MUST(tpm->random(256)), b = MUST(tpm->random(256));
    EXPECT_EQ(a.octets.size(), 256u);
    EXPECT_FALSE(a.octets == b.octets);
    EXPECT_EQ(code_of(tpm->random(0)), Errc::bad_argument);
    EXPECT_EQ(code_of(tpm->random(257)), Errc::bad_argument);
}

/// Signs once with a key that is made like ours, but counts for the lockout. Whether it could.
bool signs_with_a_key_that_counts(Stack& stack) {
    TPM2B_PUBLIC wanted = template_of({Key::log, {}});
    wanted.publicArea.objectAttributes &= ~static_cast<TPMA_OBJECT>(TPMA_OBJECT_NODA);
    const TPM2B_SENSITIVE_CREATE nothing{};
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION no_registers{};
    ESYS_TR made = ESYS_TR_NONE;
    EXPECT_TRUE(judged(Esys_CreatePrimary(stack.esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &nothing,
                                          &wanted, &outside, &no_registers, &made, nullptr, nullptr, nullptr, nullptr),
                       "make the control's key"));
    const Loaded key(stack, made);
    const TPM2B_DIGEST digest{.size = 32, .buffer = {}};
    const TPMT_SIG_SCHEME own{.scheme = TPM2_ALG_NULL, .details = {}};
    const TPMT_TK_HASHCHECK no_ticket{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
    TPMT_SIGNATURE* signature = nullptr;
    const bool is_signed = Esys_Sign(stack.esys(), key.handle(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &own,
                                     &no_ticket, &signature) == TSS2_RC_SUCCESS;
    Esys_Free(signature);
    return is_signed;
}

TEST(Tpm, cuts_of_power_lock_nobody_out) {
    Station station;
    for (int cut = 0; cut < 5; ++cut) {
        const testing::Killable part(station.folder / "part");
        const auto tpm = MUST(Tpm::attach(part.wire(), {station.file(), 1}));
        EXPECT_TRUE(tpm->sign(certificate_verify(Key::tls_csms), "crypto")) << cut;
        EXPECT_TRUE(tpm->increment(Counter::log)) << cut;
        EXPECT_EQ(MUST(tpm->lockout_count()), 0u) << cut;
    }
    Folder control;   // as it would be with keys as they are made by default
    for (int cut = 0; cut < 4; ++cut) {
        const testing::Killable part(control / "part");
        const auto stack = MUST(Stack::open(part.wire()));
        EXPECT_EQ(signs_with_a_key_that_counts(*stack), cut < 3) << cut;
    }
}

TEST(Tpm, goes_on_with_the_same_part_when_the_process_dies) {
    Station station;
    const testing::Killable part(station.folder / "part");
    const auto start = [&] { return MUST(Tpm::attach(part.wire(), {station.file(), 1})); };
    Extend head{Register::log, {}};
    Quote wanted;
    ASSERT_TRUE(wanted.nonce.resize(32));
    auto tpm = start();
    ASSERT_TRUE(tpm->extend(head, "audit"));
    const auto measured = MUST(tpm->quote(wanted)).measurements;
    tpm.reset();
    tpm = start();
    EXPECT_EQ(MUST(tpm->quote(wanted)).measurements.back().value, measured.back().value)
        << "who ends us does not set the registers back";
}

TEST(Tpm, what_a_killed_process_left_loaded_is_taken_away) {
    Station station;
    (void)MUST(station.start());
    {
        auto stack = MUST(Stack::open(std::make_unique<InProcess>(station.folder / station.tpm)));
        const auto root = MUST(stack->find(0x81000001));
        ASSERT_TRUE(root);
        for (int i = 0; i < 3; ++i) {   // all the slots that there are
            ESYS_TR session = ESYS_TR_NONE;
            const TPMT_SYM_DEF none{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
            ASSERT_EQ(Esys_StartAuthSession(stack->esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                            nullptr, TPM2_SE_HMAC, &none, TPM2_ALG_SHA256, &session),
                      TSS2_RC_SUCCESS);
        }
        ESYS_TR one_more = ESYS_TR_NONE;
        const TPMT_SYM_DEF none{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
        EXPECT_NE(Esys_StartAuthSession(stack->esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        nullptr, TPM2_SE_HMAC, &none, TPM2_ALG_SHA256, &one_more),
                  TSS2_RC_SUCCESS)
            << "the control: they are all taken";
        // The same TPM, still running, for the next process.
        EXPECT_EQ(MUST(stack->handles(TPM2_LOADED_SESSION_FIRST)).size(), 3u);
        ASSERT_TRUE(stack->flush_all());
        EXPECT_TRUE(MUST(stack->handles(TPM2_LOADED_SESSION_FIRST)).empty());
    }
    EXPECT_TRUE(MUST(station.start())->sign(certificate_verify(Key::tls_csms), "crypto"));
}

TEST(Tpm, another_TPM_is_refused) {
    Station station;
    (void)MUST(station.start());
    station.tpm = "exchanged";
    EXPECT_EQ(code_of(station.start()), Errc::integrity);
    const std::string file = station.file();
    ASSERT_TRUE(std::filesystem::remove(file));
    EXPECT_TRUE(station.start()) << "the control: without the file it would be set up anew";
}

TEST(Tpm, a_bent_file_or_keys_in_each_others_place_are_refused) {
    Station station;
    (void)MUST(station.start());
    const auto good = MUST(read_file(station.file(), 65536));
    std::string swapped(as_text(good));   // the wrapped key of one meter under the name of the other
    const std::size_t one = swapped.find("meter@1"), two = swapped.find("meter@2");
    ASSERT_NE(one, std::string::npos);
    ASSERT_NE(two, std::string::npos);
    swapped[one + 6] = '2';
    swapped[two + 6] = '1';
    ASSERT_TRUE(write_file(station.file(), as_bytes(swapped)));
    EXPECT_EQ(code_of(station.start()), Errc::integrity);

    ASSERT_TRUE(write_file(station.file(), Bytes(good).first(good.size() - 1)));
    EXPECT_FALSE(station.start());
    ASSERT_TRUE(write_file(station.file(), good));
    EXPECT_TRUE(station.start()) << "the control";
}

TEST(Tpm, a_first_start_that_is_cut_off_anywhere_is_made_to_its_end_by_the_next) {
    for (int after = 1;; ++after) {
        Station station;
        int commands = 0;
        auto cut = std::make_unique<testing::Tapped>(std::make_unique<InProcess>(station.folder / station.tpm),
                                                    [&](std::span<const std::uint8_t>) { return ++commands <= after; });
        const bool is_whole = Tpm::attach(std::move(cut), {station.file(), 1}).has_value();
        station.meters = 1;
        const auto tpm = station.start();
        ASSERT_TRUE(tpm) << "cut off after " << after << " commands: " << tpm.error().what.view();
        EXPECT_TRUE((*tpm)->sign(certificate_verify(Key::tls_csms), "crypto")) << after;
        if (is_whole) break;
        after += 4;   // every fifth: each needs two starts
    }
}

TEST(Tpm, a_station_that_grows_gets_the_keys_that_are_new) {
    Station station;
    station.meters = 1;
    auto tpm = MUST(station.start());
    const auto before = MUST(tpm->get_public({Key::meter, {1}})).spki;
    tpm.reset();
    station.meters = 3;
    tpm = MUST(station.start());
    EXPECT_EQ(MUST(tpm->get_public({Key::meter, {1}})).spki, before);
    EXPECT_TRUE(tpm->sign(reading(3), "crypto"));
}

}  // namespace voltkeep::rot
