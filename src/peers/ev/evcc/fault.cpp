// SPDX-License-Identifier: Apache-2.0
#include "peers/ev/evcc/fault.hpp"

#include <charconv>

namespace voltkeep::iso15118::evcc {
namespace {

constexpr std::array<std::string_view, 12> misdeeds{"wrong-order",  "wrong-session-id", "session-id-zero", "restart",
                                                    "silence",      "garbage",          "wrong-stream",    "bad-header",
                                                    "huge-length",  "slow-drip",        "disconnect",      "over-voltage"};
static_assert(misdeeds.size() == static_cast<std::size_t>(Misdeed::over_voltage) + 1);

bool is_request_name(std::string_view text) {
    return [&]<class... T>(std::type_identity<std::variant<T...>>) {
        return ((name_of<T> == text && name_of<T>.ends_with("Req")) || ...);
    }(std::type_identity<AnyMessage>{});
}

}  // namespace

std::string_view name(Misdeed misdeed) noexcept { return misdeeds[static_cast<std::size_t>(misdeed)]; }
std::span<const std::string_view> misdeed_names() noexcept { return misdeeds; }

Result<Fault> parse_fault(std::string_view text) {
    const auto at = text.find('@');
    const auto found = std::ranges::find(misdeeds, text.substr(0, at));
    if (at == std::string_view::npos || found == misdeeds.end())
        return fail(Errc::bad_argument, "a fault is MISDEED@MESSAGE[:N]");
    std::string_view message = text.substr(at + 1);
    Fault fault;
    fault.misdeed = static_cast<Misdeed>(found - misdeeds.begin());
    if (const auto colon = message.find(':'); colon != std::string_view::npos) {
        const std::string_view digits = message.substr(colon + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fault.nth);
        if (error != std::errc() || end != digits.data() + digits.size() || fault.nth == 0)
            return fail(Errc::bad_argument, "the N of a fault counts from 1");
        message = message.substr(0, colon);
    }
    if (!is_request_name(message)) return fail(Errc::bad_argument, "a fault happens at a request, for example DC_CableCheckReq");
    fault.at = Text<40>::cut(message);
    return fault;
}

}  // namespace voltkeep::iso15118::evcc
