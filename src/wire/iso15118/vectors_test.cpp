// SPDX-License-Identifier: Apache-2.0
// Bytes on which independent codecs agree (vectors/README.md): each decodes to its fields and encodes to its bytes.
#include <gtest/gtest.h>

#include <fstream>

#include "wire/exi/json.hpp"
#include "wire/iso15118/json_lines.hpp"

namespace voltkeep::iso15118 {
namespace {

using exi::Json;

constexpr std::string_view folder = "src/wire/iso15118/vectors/";

std::vector<std::string> lines_of(std::string_view file) {
    std::ifstream in(std::string(folder) + std::string(file));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

Json parsed(std::string_view text) {
    auto json = Json::parse(text);
    EXPECT_TRUE(json.has_value()) << text;
    return json.value_or(Json());
}

/// Decoding gives the fields and encoding the bytes; nothing else on the line helps.
void expect_both_ways(const Json& vector) {
    SCOPED_TRACE(vector.string("name"));
    Json to_decode = vector;
    to_decode.remove("fields");
    Json decoded = parsed(decode_json_line(to_decode.text()));
    ASSERT_NE(decoded.find("fields"), nullptr) << decoded.string("error");
    EXPECT_EQ(*decoded.find("fields"), *vector.find("fields")) << decoded.find("fields")->text() << "\n"
                                                               << vector.find("fields")->text();

    Json to_encode = vector;
    to_encode.remove("hex");
    Json encoded = parsed(encode_json_line(to_encode.text()));
    EXPECT_EQ(encoded.string("hex"), vector.string("hex")) << encoded.string("error");
}

//= ISO 15118-20 7.9.1.3
TEST(Vectors, every_golden_message_both_ways) {
    auto lines = lines_of("golden.jsonl");
    EXPECT_EQ(lines.size(), 51u);
    for (const std::string& line : lines) expect_both_ways(parsed(line));
}

TEST(Vectors, every_random_instance_both_ways) {
    auto lines = lines_of("random.jsonl");
    EXPECT_EQ(lines.size(), 350u);
    for (const std::string& line : lines) expect_both_ways(parsed(line));
}

/// The little of XML that the recorded sessions use, in the shape of `fields`: prefixes and namespace declarations left out.
class XmlReader {
public:
    explicit XmlReader(std::string_view xml) : rest_(xml) {}

    /// The content of the root element.
    Json document() { return element().second; }

private:
    std::pair<std::string, Json> element() {
        rest_.remove_prefix(1);  // '<'
        std::string name = local(until(" />"));
        Json content = Json::object();
        for (bool more = true; more;) {
            while (rest_.starts_with(' ')) rest_.remove_prefix(1);
            more = !rest_.starts_with('/') && !rest_.starts_with('>');
            if (more) attribute(content);
        }
        if (rest_.starts_with("/>")) {
            rest_.remove_prefix(2);
            return {name, content.members().empty() ? Json(std::string_view()) : content};
        }
        rest_.remove_prefix(1);  // '>'
        return {name, children(std::move(content))};
    }

    Json children(Json content) {
        std::vector<std::pair<std::string, Json>> all;
        std::string text;
        while (!rest_.starts_with("</")) {
            if (rest_.starts_with('<'))
                all.push_back(element());
            else
                text += until("<");
        }
        until(">");
        rest_.remove_prefix(1);
        if (all.empty() && content.members().empty()) return Json(text);
        if (!text.empty()) content.add("#text", Json(text));
        for (std::size_t i = 0; i < all.size();) {
            std::size_t end = i;
            while (end < all.size() && all[end].first == all[i].first) ++end;
            Json list = Json::array();
            for (std::size_t k = i; k < end; ++k) list.add(all[k].second);
            content.add(all[i].first, end - i == 1 ? all[i].second : list);
            i = end;
        }
        return content;
    }

    void attribute(Json& content) {
        std::string name = until("=");
        rest_.remove_prefix(2);
        std::string value = until("\"");
        rest_.remove_prefix(1);
        if (!name.starts_with("xmlns")) content.add("@" + local(name), Json(value));
    }

    static std::string local(std::string name) {
        auto colon = name.find(':');
        return colon == std::string::npos ? name : name.substr(colon + 1);
    }
    std::string until(std::string_view ends) {
        std::string text(rest_.substr(0, rest_.find_first_of(ends)));
        rest_.remove_prefix(text.size());
        return text;
    }

    std::string_view rest_;
};

void expect_session_both_ways(std::string_view file, std::size_t frames) {
    auto lines = lines_of(file);
    EXPECT_EQ(lines.size(), frames);
    for (const std::string& line : lines) {
        Json vector = parsed(line);
        vector.add("fields", XmlReader(vector.string("xml")).document());
        expect_both_ways(vector);
    }
}

TEST(Vectors, the_dc_session_both_ways) { expect_session_both_ways("sessions/dc_dynamic.jsonl", 68); }
TEST(Vectors, the_ac_bidirectional_session_both_ways) { expect_session_both_ways("sessions/ac_bpt_dynamic.jsonl", 44); }
TEST(Vectors, the_plug_and_charge_session_both_ways) { expect_session_both_ways("sessions/dc_bpt_pnc.jsonl", 60); }

TEST(Vectors, signed_info_has_different_bytes_in_its_two_grammars) {
    auto lines = lines_of("golden.jsonl");
    std::vector<std::string> hex;
    for (const std::string& line : lines) {
        Json vector = parsed(line);
        if (vector.string("message") == "SignedInfo") hex.emplace_back(vector.string("hex").substr(0, 8));
    }
    ASSERT_EQ(hex.size(), 3u);
    EXPECT_EQ(std::ranges::count(hex, "808112b4"), 1);
    EXPECT_EQ(std::ranges::count_if(hex, [](const std::string& h) { return h.starts_with("807322"); }), 2);
}

}  // namespace
}  // namespace voltkeep::iso15118
