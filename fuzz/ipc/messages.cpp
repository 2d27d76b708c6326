// SPDX-License-Identifier: Apache-2.0
// Every type that crosses a channel, as its receiver reads it: whatever the bytes, a value or an error; and a value has one text,
// the bytes it was read from. The first octet is the type, the second says how the rest is used: as the bytes (even), or as
// changes of the bytes of a value that is good (odd), so that most inputs get past the first counts.
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernel/control.hpp"
#include "services/audit/protocol.hpp"
#include "services/iso15118/protocol.hpp"
#include "services/link/protocol.hpp"
#include "services/meter/protocol.hpp"
#include "services/net/protocol.hpp"
#include "services/ocpp/protocol.hpp"
#include "services/operator/protocol.hpp"
#include "services/plc/protocol.hpp"
#include "services/power/protocol.hpp"
#include "services/powerdrv/protocol.hpp"
#include "services/session/protocol.hpp"

namespace {
using namespace voltkeep;
using kernel::Codec;

using Octets = std::vector<std::byte>;
using Try = void (*)(std::span<const std::uint8_t> input, bool is_change);

template <class T>
Octets encoded(const T& value) {
    Octets buffer(kernel::bound<T>);
    kernel::Writer writer(buffer);
    Codec<T>::put(writer, value);
    if (writer.handles().size() != Codec<T>::handles()) std::abort();
    return {writer.written().begin(), writer.written().end()};
}

template <class T>
void attempt(std::span<const std::uint8_t> input, bool is_change) {
    static const Octets good = encoded(*std::make_unique<T>());
    Octets bytes = good;
    if (!is_change) bytes.assign(std::as_bytes(input).begin(), std::as_bytes(input).end());
    else
        for (; input.size() >= 3 && !bytes.empty(); input = input.subspan(3))
            bytes[(input[0] + 256u * input[1]) % bytes.size()] = std::byte{input[2]};
    const std::array<int, kernel::max_handles> handles{100, 101, 102, 103};   // numbers only: nothing here opens or closes them
    kernel::Reader reader(bytes, std::span(handles).first(Codec<T>::handles()));
    const auto value = std::make_unique<T>();
    if (!Codec<T>::get(reader, *value) || !reader.at_end()) return;
    if (encoded(*value) != bytes) std::abort();
}

template <class I>
void add_interface(std::vector<Try>& all) {
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (all.push_back(attempt<typename I::template Message<N>>), ...);
        (all.push_back(attempt<typename I::template Message<N>::Reply>), ...);
    }(std::make_index_sequence<I::count>{});
}

const std::vector<Try>& types() {
    static const std::vector<Try> all = [] {
        using namespace kernel::control;
        std::vector<Try> list{attempt<Record>,
                              attempt<Join>,
                              attempt<State>,
                              attempt<Event>,
                              attempt<Slice>,
                              attempt<iso15118::Config>,
                              attempt<link::Config>,
                              attempt<net::Config>,
                              attempt<ocpp::Config>,
                              attempt<plc::Config>,
                              attempt<power::Config>,
                              attempt<session::Config>,
                              attempt<operator_door::Config>};
        add_interface<audit::Interface>(list);
        add_interface<link::Interface>(list);
        add_interface<meter::Interface>(list);
        add_interface<net::Interface>(list);
        add_interface<plc::Interface>(list);
        add_interface<power::Interface>(list);
        add_interface<powerdrv::Interface>(list);
        add_interface<session::Interface>(list);
        return list;
    }();
    return all;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    types()[data[0] % types().size()]({data + 2, size - 2}, data[1] % 2 == 1);
    return 0;
}
