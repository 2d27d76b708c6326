// SPDX-License-Identifier: Apache-2.0
// Writes the vectors as seeds: exi_seeds FOLDER VECTORS.jsonl... makes FOLDER/<grammar>/<number>, one file a vector.
#include <cstdio>
#include <format>
#include <fstream>

#include "fuzzed_fragment.hpp"
#include "schema_names.hpp"
#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/fragments.hpp"

namespace {

using namespace voltkeep;
using namespace voltkeep::iso15118;
using Octets = std::vector<std::byte>;

class Seeds {
public:
    explicit Seeds(std::string folder) : folder_(std::move(folder)) {}

    void add(const exi::Json& vector, std::string_view line) {
        Octets octets(vector.string("hex").size() / 2);
        if (!exi::from_hex(vector.string("hex"), octets)) return;
        write("json_lines", as_bytes(line));
        if (vector.string("kind") == "fragment") return add_fragment(vector, octets);
        add_document(vector.string("v2gtp"), octets);
    }

private:
    void add_document(std::string_view payload_type, const Octets& octets) {
        if (payload_type.size() != 6 || payload_type.back() < '1' || payload_type.back() > '6') return;
        auto number = static_cast<std::size_t>(payload_type.back() - '1');
        write(schema_names[number], octets);
        auto header = make_v2gtp_header({static_cast<PayloadType>(0x8001 + number), static_cast<std::uint32_t>(octets.size())});
        Octets frame(header.begin(), header.end());
        frame.insert(frame.end(), octets.begin(), octets.end());
        write("v2gtp", frame);
    }

    void add_fragment(const exi::Json& vector, const Octets& octets) {
        auto root = std::ranges::find(fragment_roots, vector.string("message"), &FragmentRoot::name);
        bool is_alone = vector.string("schema") == "xmldsig-core-schema.xsd";
        auto selector =
            is_alone ? FuzzedFragment::signed_info_xmldsig : static_cast<FuzzedFragment>(root - fragment_roots.begin());
        Octets input{static_cast<std::byte>(selector)};
        input.insert(input.end(), octets.begin(), octets.end());
        write("fragment", input);
    }

    void write(std::string_view grammar, Bytes bytes) {
        std::ofstream out(std::format("{}/{}/{:04}", folder_, grammar, count_++), std::ios::binary);
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }

    std::string folder_;
    int count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: exi_seeds FOLDER VECTORS.jsonl...\n");
        return 2;
    }
    Seeds seeds(argv[1]);
    for (int i = 2; i < argc; ++i) {
        std::ifstream in(argv[i]);
        for (std::string line; std::getline(in, line);) {
            if (auto vector = exi::Json::parse(line)) seeds.add(*vector, line);
        }
    }
    return 0;
}
