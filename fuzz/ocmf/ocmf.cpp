// SPDX-License-Identifier: Apache-2.0
// Any text as a signed reading, as what is inside one, and as the container of many. What is read can be written, and then says
// and bills the same; what is signed are bytes of the text itself.
#include <cstdint>
#include <string_view>

#include "wire/ocmf/container.hpp"
#include "wire/ocmf/ocmf.hpp"

using namespace voltkeep;

namespace {

void check_same(const Result<std::int64_t>& a, const Result<std::int64_t>& b) {
    CHECK(a.has_value() == b.has_value());
    if (a) CHECK(*a == *b && *a >= 0);
}

void try_payload(std::string_view text) {
    const auto p = ocmf::read(text);
    if (!p) return;
    CHECK(!p->readings.empty());
    const auto written = ocmf::write(*p);
    if (!written) {   // what was shorter with another's abbreviations
        CHECK(written.error().code == Errc::full);
        return;
    }
    CHECK(written->find('|') == std::string::npos);
    const auto again = ocmf::read(*written);
    CHECK(again.has_value());
    CHECK(again->pagination == p->pagination && again->meter_serial.size() <= 3 * p->meter_serial.size() &&
          again->readings.size() == p->readings.size());
    for (std::size_t i = 0; i < p->readings.size(); ++i) {
        const ocmf::Reading &a = p->readings[i], &b = again->readings[i];
        CHECK(a.value == b.value && a.wall_ms == b.wall_ms && a.time == b.time && a.reason == b.reason && a.status == b.status);
    }
    check_same(ocmf::billed_mwh(*p), ocmf::billed_mwh(*again));
    check_same(ocmf::returned_mwh(*p), ocmf::returned_mwh(*again));
}

void try_record(std::string_view text) {
    const auto record = ocmf::split(text);
    if (!record) return;
    CHECK(record->payload.data() >= text.data() && record->payload.data() + record->payload.size() <= text.data() + text.size());
    CHECK(!record->signature.bytes.empty());
    const std::string joined = ocmf::join(record->payload, record->signature);
    const auto again = ocmf::split(joined);
    if (again) CHECK(again->payload == record->payload && again->signature.bytes == record->signature.bytes);
    try_payload(record->payload);
}

void try_container(std::string_view text) {
    const auto values = ocmf::read_container(text);
    if (!values) return;
    CHECK(!values->empty());
    (void)ocmf::write_container(*values);
    for (const ocmf::Signed& value : *values) try_record(value.record);
}

void try_encodings(std::string_view text) {
    if (const auto bytes = ocmf::from_hex(text)) CHECK(*ocmf::from_hex(ocmf::to_hex(*bytes)) == *bytes);
    if (const auto bytes = ocmf::from_base64(text)) CHECK(*ocmf::from_base64(ocmf::to_base64(*bytes)) == *bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_record(text);
    try_payload(text);
    try_container(text);
    try_encodings(text);
    return 0;
}
