// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/note.hpp"

#include <gtest/gtest.h>

#include "wire/audit_log/digest.hpp"
#include "wire/audit_log/test_signer.hpp"

namespace voltkeep::audit_log {
namespace {

// The note and the keys that the format was first shown with.
constexpr std::string_view known_key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view known_note =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

std::string note_with(std::string_view text, std::string_view signatures) {
    return std::string(text) + "\n" + std::string(signatures);
}

constexpr std::string_view line = "\xe2\x80\x94 a AAAAAQI=\n";

}  // namespace

TEST(SignedNote, the_known_note_is_signed_by_the_known_key_and_by_no_other) {
    const auto note = read_note(known_note);
    ASSERT_TRUE(note);
    ASSERT_EQ(note->signatures.size(), 1u);
    const auto key = read_verifier_key(known_key);
    ASSERT_TRUE(key);
    EXPECT_EQ(note->signatures[0].name, "PeterNeumann");
    EXPECT_EQ(note->signatures[0].key_id, 0xc74f20a3u);
    EXPECT_EQ(key_id(*key), 0xc74f20a3u);
    EXPECT_TRUE(verify_bytes(*key, as_bytes(note->text), note->signatures[0].bytes));
    EXPECT_EQ(verify_bytes(*key, as_bytes(note->text + " "), note->signatures[0].bytes).error().code, Errc::integrity);
    const auto other = read_verifier_key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
    ASSERT_TRUE(other);
    EXPECT_FALSE(verify_bytes(*other, as_bytes(note->text), note->signatures[0].bytes));
    EXPECT_EQ(write_note(*note), known_note);
    EXPECT_EQ(write_verifier_key(*key), known_key);
}

TEST(SignedNote, the_text_ends_at_the_last_empty_line) {
    const auto note = read_note(note_with("a\n\nb\n", line));
    ASSERT_TRUE(note);
    EXPECT_EQ(note->text, "a\n\nb\n");
}

TEST(SignedNote, no_other_form_is_taken) {
    EXPECT_TRUE(read_note(note_with("a\n", line)));
    EXPECT_FALSE(read_note(note_with("a\n", ""))) << "no signature";
    EXPECT_FALSE(read_note("a\n"));
    EXPECT_FALSE(read_note(""));
    EXPECT_FALSE(read_note(note_with("a\n", line.substr(0, line.size() - 1)))) << "the last line does not end";
    EXPECT_FALSE(read_note(note_with("a\r\n", line))) << "a control character";
    EXPECT_FALSE(read_note(note_with("a\xff\n", line))) << "no UTF-8";
    EXPECT_FALSE(read_note(note_with("a\n", "- a AAAAAQI=\n"))) << "no em dash";
    EXPECT_FALSE(read_note(note_with("a\n", "\xe2\x80\x94 a+b AAAAAQI=\n"))) << "a plus in a name";
    EXPECT_FALSE(read_note(note_with("a\n", "\xe2\x80\x94 a\xc2\xa0z AAAAAQI=\n"))) << "a space in a name";
    EXPECT_FALSE(read_note(note_with("a\n", "\xe2\x80\x94  AAAAAQI=\n"))) << "no name";
    EXPECT_FALSE(read_note(note_with("a\n", "\xe2\x80\x94 a AAAAAQJ=\n"))) << "spare bits of base64";
    EXPECT_FALSE(read_note(note_with("a\n", "\xe2\x80\x94 a AAAAAQI\n"))) << "no padding";
    EXPECT_FALSE(read_note(note_with("a\n", "\xe2\x80\x94 a AAAAAA==\n"))) << "a key id and nothing behind it";
    std::string many;
    for (std::size_t i = 0; i < note_signature_bound; ++i) many += line;
    EXPECT_TRUE(read_note(note_with("a\n", many)));
    EXPECT_FALSE(read_note(note_with("a\n", many + std::string(line))));
    EXPECT_FALSE(read_note(note_with(std::string(note_bound, 'a') + "\n", line)));
}

TEST(SignedNote, a_verifier_key_is_whole_its_own_and_of_a_kind_that_is_known) {
    for (const SignatureType type : {SignatureType::ed25519, SignatureType::ecdsa_p256, SignatureType::ml_dsa_44}) {
        const VerifierKey key = TestSigner("voltkeep.test/log", type).key();
        const std::string text = write_verifier_key(key);
        ASSERT_TRUE(read_verifier_key(text));
        EXPECT_EQ(*read_verifier_key(text), key);
        EXPECT_FALSE(read_verifier_key(text.substr(0, text.size() - 4))) << "a short key";
        EXPECT_FALSE(read_verifier_key(text + "AAAA")) << "a long key";
        if (type != SignatureType::ecdsa_p256) { EXPECT_FALSE(read_verifier_key("x" + text)) << "the id binds the name"; }
    }
    std::string other(known_key);
    other.replace(other.find("+AR") + 1, 2, "BB");
    EXPECT_EQ(read_verifier_key(other).error().code, Errc::unsupported);
    EXPECT_FALSE(read_verifier_key("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
    EXPECT_FALSE(read_verifier_key("PeterNeumann"));
    EXPECT_FALSE(read_verifier_key("PeterNeumann+c74f20a3+"));
}

TEST(Base64, has_one_text_for_the_same_bytes) {
    for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
        EXPECT_EQ(as_text(*from_base64(to_base64(as_bytes(bytes)))), bytes);
    EXPECT_EQ(to_base64(as_bytes("fooba")), "Zm9vYmE=");   // RFC 4648, 10
    for (const std::string_view text :
         {"Zg", "Zg=", "Zg===", "Zh==", "Zm9vYmF=", "Zm9v YmE=", "=", "====", "Zg==Zg==", "Zm9\nv", "Zm9-"})
        EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace voltkeep::audit_log
