// SPDX-License-Identifier: Apache-2.0
// What the policy compiler knows of an interface: names, numbers, sizes. Filled from the C++ types, so it cannot drift.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/message.hpp"

namespace voltkeep::kernel {

struct MessageDescription {
    std::string_view name;          ///< as manifests write it
    std::size_t request_bound = 0;  ///< bytes
    std::size_t reply_bound = 0;    ///< bytes
    std::size_t handles = 0;        ///< descriptors in the reply
    std::vector<std::string_view> fields;
};

struct InterfaceDescription {
    std::string_view service;       ///< whose `protocol.hpp` it is
    std::uint64_t fingerprint = 0;
    std::vector<MessageDescription> messages;  ///< index = message number
    std::vector<std::string_view> pulses;      ///< index = pulse code

    /// Null if there is none of this name.
    [[nodiscard]] const MessageDescription* find(std::string_view message) const {
        const auto found = std::ranges::find(messages, message, &MessageDescription::name);
        return found == messages.end() ? nullptr : &*found;
    }
};

namespace detail {
template <class M>
MessageDescription describe_message() {
    MessageDescription d{message_name<M>(), bound<M>, bound<typename M::Reply>, Codec<typename M::Reply>::handles(), {}};
    if constexpr (boost::pfr::tuple_size_v<M> > 0)
        for (std::string_view field : boost::pfr::names_as_array<M>()) d.fields.push_back(field);
    return d;
}
}  // namespace detail

/// A service that sends no pulse.
enum class NoPulse : std::uint8_t { last_ = 0 };

/// describe<session::Interface, session::Pulse>("session")
template <class I, class P = NoPulse>
InterfaceDescription describe(std::string_view service) {
    InterfaceDescription d{service, I::fingerprint, {}, {}};
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (d.messages.push_back(detail::describe_message<typename I::template Message<N>>()), ...);
    }(std::make_index_sequence<I::count>{});
    if constexpr (!std::same_as<P, NoPulse>) d.pulses.assign(names_of<P>.begin(), names_of<P>.end());
    return d;
}

}  // namespace voltkeep::kernel
