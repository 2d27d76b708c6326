// SPDX-License-Identifier: Apache-2.0
#include "a10_keys/search.hpp"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "kernel/os.hpp"

namespace voltkeep::attacks {
namespace {

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Group = std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)>;
using Point = std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)>;

bool contains(std::string_view bytes, std::string_view part) {
    return part.size() >= 8 &&
           ::memmem(bytes.data(), bytes.size(), part.data(), part.size()) != nullptr;  // string_view::find is slow here
}

std::string base64(std::string_view bytes) {
    std::string text(4 * (bytes.size() / 3 + 1) + 1, '\0');
    text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                         reinterpret_cast<const unsigned char*>(bytes.data()),
                                                         static_cast<int>(bytes.size()))));
    return text;
}

/// Of the number's base64, wherever in a text it begins, what does not depend on its neighbours.
std::vector<std::string> texts_of(const PrivateKey& key) {
    std::vector<std::string> texts;
    for (std::size_t begin = 0; begin < 3; ++begin) {
        const std::size_t whole = (key.number.size() - begin) / 3 * 3;
        texts.push_back(base64(std::string_view(key.number).substr(begin, whole)));
    }
    return texts;
}

bool looks_random(std::string_view bytes) {
    std::bitset<256> seen;
    for (const char c : bytes) seen.set(static_cast<unsigned char>(c));
    return seen.count() > bytes.size() * 2 / 3;
}

}  // namespace

Result<PrivateKey> private_half_of(EVP_PKEY* key) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1) return fail(Errc::malformed, "no private half");
    const Number owned(number, BN_free);
    PrivateKey half{std::string(static_cast<std::size_t>(EVP_PKEY_get_bits(key) + 7) / 8, '\0')};
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(half.number.data()), static_cast<int>(half.number.size()));
    return half;
}

Result<std::string> memory_of(pid_t process) {
    const std::string folder = "/proc/" + std::to_string(process) + "/";
    std::ifstream maps(folder + "maps");
    const kernel::os::Descriptor memory(::open((folder + "mem").c_str(), O_RDONLY | O_CLOEXEC));
    if (!memory) return fail_errno("open", folder + "mem");
    std::string all;
    for (std::string line; std::getline(maps, line);) {
        unsigned long long begin = 0, end = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%llx-%llx %4s", &begin, &end, rights) != 3 || rights[0] != 'r') continue;
        if (rights[1] != 'w' && (line.contains(" /usr/") || line.contains(" /lib"))) continue;
        const std::size_t at = all.size();
        all.resize(at + (end - begin));
        std::size_t done = 0;   // a page that is not there ends a read
        for (ssize_t n; done < end - begin && (n = ::pread(memory.get(), all.data() + at + done, end - begin - done,
                                                           static_cast<off_t>(begin + done))) > 0;)
            done += static_cast<std::size_t>(n);
        all.resize(at + done);
    }
    if (all.empty()) return fail(Errc::io, folder + "mem: nothing can be read");
    return all;
}

bool holds(std::string_view bytes, const PrivateKey& key) {
    const std::string backwards(key.number.rbegin(), key.number.rend());
    const std::size_t third = key.number.size() / 3 / 8 * 8;
    for (const std::string_view number : {std::string_view(key.number), std::string_view(backwards)})
        for (std::size_t at = 0; at + third <= number.size(); at += third)
            if (contains(bytes, number.substr(at, third))) return true;
    std::string text;   // a PEM file has line ends in it
    std::ranges::copy_if(bytes, std::back_inserter(text), [](char c) { return c != '\n' && c != '\r'; });
    return std::ranges::any_of(texts_of(key), [&](const std::string& part) {
        return contains(text, std::string_view(part).substr(0, part.size() - 4));
    });
}

std::optional<PrivateKey> find_private_half(std::string_view memory, const EVP_PKEY* public_half) {
    std::array<char, 32> name{};
    std::array<unsigned char, 133> octets{};
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_utf8_string_param(public_half, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), nullptr) == 1);
    CHECK(EVP_PKEY_get_octet_string_param(public_half, OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size(), &size) == 1);
    const Group group(EC_GROUP_new_by_curve_name(OBJ_sn2nid(name.data())), EC_GROUP_free);
    const Point wanted(EC_POINT_new(group.get()), EC_POINT_free), made(EC_POINT_new(group.get()), EC_POINT_free);
    CHECK(EC_POINT_oct2point(group.get(), wanted.get(), octets.data(), size, nullptr) == 1);
    const std::size_t length = (size - 1) / 2;
    const std::string before{static_cast<char>(length), '\0'};
    for (std::size_t at = 0; (at = memory.find(before, at)) != std::string_view::npos; ++at) {
        const std::string_view number = memory.substr(at + before.size(), length);
        if (number.size() < length || !looks_random(number)) continue;
        const Number tried(BN_bin2bn(reinterpret_cast<const unsigned char*>(number.data()), static_cast<int>(length), nullptr),
                           BN_free);
        if (EC_POINT_mul(group.get(), made.get(), tried.get(), nullptr, nullptr, nullptr) == 1 &&
            EC_POINT_cmp(group.get(), made.get(), wanted.get(), nullptr) == 0)
            return PrivateKey{std::string(number)};
    }
    return std::nullopt;
}

std::string files_with(const std::string& folder, const PrivateKey& key) {
    std::string found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
        if (!entry.is_regular_file(ignored)) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        if (holds(bytes, key)) found += std::filesystem::relative(entry.path(), folder).string() + " ";
    }
    return found;
}

}  // namespace voltkeep::attacks
