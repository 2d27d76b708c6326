// SPDX-License-Identifier: Apache-2.0
// What the energy meter says on its bus: readings every 200 ms, and one for each request. A meter that signs by itself answers a
// sign request with its own record, whose bytes are nobody's business but its own. Fixed size, little-endian, counted, with a
// checksum. The socket is SOCK_SEQPACKET, one frame a packet.
#pragma once

#include "base/frame.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace voltkeep::meter {

/// Asks for a reading now. The answer's `answers` is this number.
struct RequestFrame {
    std::uint32_t number = 0;
};

/// What is wrong with the meter, one bit each; a reading with a bit set is no measurement.
enum StatusBit : std::uint16_t { kInternalFault = 1, kOverRange = 2, kCoverOpened = 4 };

struct ReadingFrame {
    std::uint32_t sequence = 0;      ///< counts every reading; restarts with the meter
    std::uint32_t answers = 0;       ///< the request that this answers; 0: unasked
    std::uint64_t time_ms = 0;       ///< the meter's own clock, from its start
    std::int64_t import_mwh = 0;     ///< to the car, 1/1000 Wh, never falls
    std::int64_t export_mwh = 0;     ///< from the car, 1/1000 Wh, never falls
    MilliVolt voltage{};
    MilliAmpere current{};
    Watt power{};
    MilliHertz frequency{};          ///< of the supply; 0 for a DC meter without it
    std::uint16_t status = 0;        ///< StatusBit
    Text<24> serial;
};

/// Asks a meter that signs by itself for a record of the reading now.
struct SignFrame {
    std::uint32_t number = 0;        ///< the answer's `answers`
    char mark = 'C';                 ///< OCMF TX: B, C or E
    Text<16> identification_type;    ///< OCMF IT
    Text<255> identification;        ///< OCMF ID
};

struct RecordFrame {
    std::uint32_t answers = 0;
    Text<2048> record;               ///< OCMF; empty: the meter signs nothing
};

inline constexpr std::size_t kSignSize = 4 + 4 + 1 + 2 + 16 + 2 + 255 + 4;
inline constexpr std::size_t kRecordSize = 4 + 4 + 2 + 2048 + 4;
inline constexpr std::uint32_t kSignMark = 0x31'47'4d'56;    // "VMG1"
inline constexpr std::uint32_t kRecordMark = 0x31'4f'4d'56;  // "VMO1"

inline constexpr std::size_t kRequestSize = 12;
inline constexpr std::size_t kReadingSize = 84;
inline constexpr std::uint32_t kRequestMark = 0x31'51'4d'56;  // "VMQ1"
inline constexpr std::uint32_t kReadingMark = 0x31'52'4d'56;  // "VMR1"
inline constexpr std::int64_t kReadingPeriodUs = 200'000;

[[nodiscard]] inline std::array<std::byte, kRequestSize> encode(const RequestFrame& frame) {
    FrameWriter<kRequestSize> w(kRequestMark);
    w.put(frame.number);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed.
[[nodiscard]] inline Result<RequestFrame> decode_request(Bytes bytes) {
    FrameReader r(bytes);
    if (!r.accepts(kRequestSize, kRequestMark))
        return fail(Errc::malformed, "meter request: size, mark or checksum does not fit");
    return RequestFrame{r.get<std::uint32_t>()};
}

[[nodiscard]] inline std::array<std::byte, kReadingSize> encode(const ReadingFrame& frame) {
    FrameWriter<kReadingSize> w(kReadingMark);
    w.put(frame.sequence);
    w.put(frame.answers);
    w.put(frame.time_ms);
    w.put(frame.import_mwh);
    w.put(frame.export_mwh);
    w.put(frame.voltage.value);
    w.put(frame.current.value);
    w.put(frame.power.value);
    w.put(frame.frequency.value);
    w.put(frame.status);
    w.put(static_cast<std::uint16_t>(frame.serial.size()));
    for (std::size_t i = 0; i < frame.serial.capacity; ++i)
        w.put(static_cast<std::uint8_t>(i < frame.serial.size() ? frame.serial.view()[i] : '\0'));
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// What a register can show: up to 1 TWh. Less than nothing is no count.
[[nodiscard]] constexpr bool is_register(std::int64_t mwh) { return mwh >= 0 && mwh <= 1'000'000'000'000'000; }
inline constexpr std::uint64_t kMostTimeMs = 1'000'000'000'000;   ///< 30 years: the meter's clock

/// Errors: malformed (also a register or a clock that none can show, and a serial number that is too long or not printable).
[[nodiscard]] inline Result<ReadingFrame> decode_reading(Bytes bytes) {
    FrameReader r(bytes);
    if (!r.accepts(kReadingSize, kReadingMark))
        return fail(Errc::malformed, "meter reading: size, mark or checksum does not fit");
    ReadingFrame frame;
    frame.sequence = r.get<std::uint32_t>();
    frame.answers = r.get<std::uint32_t>();
    frame.time_ms = r.get<std::uint64_t>();
    frame.import_mwh = r.get<std::int64_t>();
    frame.export_mwh = r.get<std::int64_t>();
    if (!is_register(frame.import_mwh) || !is_register(frame.export_mwh) || frame.time_ms > kMostTimeMs)
        return fail(Errc::malformed, "meter reading: a register or a clock that none can show");
    frame.voltage = {r.get<std::int32_t>()};
    frame.current = {r.get<std::int32_t>()};
    frame.power = {r.get<std::int32_t>()};
    frame.frequency = {r.get<std::int32_t>()};
    frame.status = r.get<std::uint16_t>();
    const auto length = r.get<std::uint16_t>();
    std::array<char, decltype(frame.serial)::capacity> serial{};
    if (length > serial.size()) return fail(Errc::malformed, "meter reading: serial number too long");
    for (std::size_t i = 0; i < serial.size(); ++i) {
        serial[i] = static_cast<char>(r.get<std::uint8_t>());
        if (i < length && (serial[i] < ' ' || serial[i] > '~'))
            return fail(Errc::malformed, "meter reading: serial number not printable");
    }
    frame.serial = decltype(frame.serial)::cut({serial.data(), length});
    return frame;
}

namespace detail {
template <std::size_t N, std::size_t M>
void put_text(FrameWriter<N>& w, const Text<M>& text) {
    w.put(static_cast<std::uint16_t>(text.size()));
    for (std::size_t i = 0; i < M; ++i) w.put(static_cast<std::uint8_t>(i < text.size() ? text.view()[i] : '\0'));
}
template <std::size_t M>
bool get_text(FrameReader& r, Text<M>& text) {
    const auto length = r.get<std::uint16_t>();
    std::array<char, M> octets{};
    for (char& c : octets) c = static_cast<char>(r.get<std::uint8_t>());
    if (length > M) return false;
    text = Text<M>::cut({octets.data(), length});
    return true;
}
}  // namespace detail

[[nodiscard]] inline std::array<std::byte, kSignSize> encode(const SignFrame& frame) {
    FrameWriter<kSignSize> w(kSignMark);
    w.put(frame.number);
    w.put(static_cast<std::uint8_t>(frame.mark));
    detail::put_text(w, frame.identification_type);
    detail::put_text(w, frame.identification);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed.
[[nodiscard]] inline Result<SignFrame> decode_sign(Bytes bytes) {
    FrameReader r(bytes);
    SignFrame frame;
    if (!r.accepts(kSignSize, kSignMark)) return fail(Errc::malformed, "sign request: size, mark or checksum does not fit");
    frame.number = r.get<std::uint32_t>();
    frame.mark = static_cast<char>(r.get<std::uint8_t>());
    if (!detail::get_text(r, frame.identification_type) || !detail::get_text(r, frame.identification))
        return fail(Errc::malformed, "sign request: a text is too long");
    return frame;
}

[[nodiscard]] inline std::array<std::byte, kRecordSize> encode(const RecordFrame& frame) {
    FrameWriter<kRecordSize> w(kRecordMark);
    w.put(frame.answers);
    detail::put_text(w, frame.record);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed.
[[nodiscard]] inline Result<RecordFrame> decode_record(Bytes bytes) {
    FrameReader r(bytes);
    RecordFrame frame;
    if (!r.accepts(kRecordSize, kRecordMark)) return fail(Errc::malformed, "meter record: size, mark or checksum does not fit");
    frame.answers = r.get<std::uint32_t>();
    if (!detail::get_text(r, frame.record)) return fail(Errc::malformed, "meter record: too long");
    return frame;
}

}  // namespace voltkeep::meter
