// SPDX-License-Identifier: Apache-2.0
#include "wire/ocmf/container.hpp"

namespace voltkeep::ocmf {

namespace {

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "container: " + std::string(what)); }

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else out += c;
    }
    return out;
}

Result<std::string> unescaped(std::string_view text) {
    constexpr std::pair<std::string_view, char> entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    if (text.starts_with("<![CDATA[") && text.ends_with("]]>")) return std::string(text.substr(9, text.size() - 12));
    std::string out;
    while (!text.empty()) {
        if (text[0] == '<') return bad("an element where text belongs");
        std::size_t taken = 0;
        for (const auto& [entity, character] : entities)
            if (text.starts_with(entity)) {
                out += character;
                taken = entity.size();
            }
        if (taken == 0 && text[0] == '&') return bad("an unknown entity");
        if (taken == 0) out += text[0];
        text.remove_prefix(std::max<std::size_t>(taken, 1));
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::string_view(" \t\r\n").contains(text.front())) text.remove_prefix(1);
    while (!text.empty() && std::string_view(" \t\r\n").contains(text.back())) text.remove_suffix(1);
    return text;
}

struct Element {
    std::string_view attributes, content;
};

/// The next element of this name, which is taken from the front of `text`; nothing if there is none.
Result<std::optional<Element>> take_element(std::string_view& text, std::string_view name) {
    const std::string open = "<" + std::string(name), close = "</" + std::string(name) + ">";
    for (std::size_t at = 0;; ++at) {
        at = text.find(open, at);
        if (at == std::string_view::npos) return std::nullopt;
        const std::size_t behind = at + open.size();
        if (behind >= text.size() || !std::string_view(" \t\r\n>").contains(text[behind])) continue;
        const std::size_t content = text.find('>', behind);
        const std::size_t end = text.find(close, behind);
        if (content == std::string_view::npos || end == std::string_view::npos || end < content)
            return bad("<" + std::string(name) + "> is not closed");
        const Element element{text.substr(behind, content - behind), text.substr(content + 1, end - content - 1)};
        text.remove_prefix(end + close.size());
        return element;
    }
}

std::string attribute(std::string_view attributes, std::string_view name) {
    const std::size_t at = attributes.find(std::string(name) + "=\"");
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + name.size() + 2;
    return std::string(attributes.substr(begin, std::min(attributes.find('"', begin), attributes.size()) - begin));
}

/// The text of an element as its attribute `encoding` says: plain (also hex, which is plain here) or base64.
Result<std::string> text_of(const Element& element) {
    std::string text = TRY(unescaped(trimmed(element.content)));
    const std::string encoding = attribute(element.attributes, "encoding");
    if (encoding != "base64") return text;
    const auto bytes = TRY(from_base64(text));
    return std::string(as_text(bytes));
}

}  // namespace

std::string write_container(const std::vector<Signed>& values) {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<values>\n";
    for (const Signed& value : values) {
        xml += "  <value>\n    <signedData format=\"OCMF\" encoding=\"plain\">" + escaped(value.record) + "</signedData>\n";
        if (!value.public_key.empty()) xml += "    <publicKey encoding=\"plain\">" + escaped(value.public_key) + "</publicKey>\n";
        xml += "  </value>\n";
    }
    return xml + "</values>\n";
}

Result<std::vector<Signed>> read_container(std::string_view xml) {
    const auto all = TRY(take_element(xml, "values"));
    if (!all) return bad("there is no <values>");
    std::vector<Signed> values;
    for (std::string_view rest = all->content;;) {
        const auto value = TRY(take_element(rest, "value"));
        if (!value) break;
        std::string_view inside = value->content, inside_again = value->content;
        const auto data = TRY(take_element(inside, "signedData"));
        if (!data) return bad("a <value> without <signedData>");
        if (attribute(data->attributes, "format") != "OCMF")
            return fail(Errc::unsupported, "container: a format that is not OCMF");
        Signed signed_value{TRY(text_of(*data)), {}};
        if (const auto key = TRY(take_element(inside_again, "publicKey")))
            signed_value.public_key = TRY(unescaped(trimmed(key->content)));
        values.push_back(std::move(signed_value));
    }
    if (values.empty()) return bad("there is no <value>");
    return values;
}

}  // namespace voltkeep::ocmf
