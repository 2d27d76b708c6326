// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>

#include "wire/ocpp/scan.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

namespace {

constexpr std::int64_t kYear0 = -62'167'219'200'000;      // 0000-01-01T00:00:00Z
constexpr std::int64_t kYear10000 = 253'402'300'800'000;  // 10000-01-01T00:00:00Z

/// Takes the parts of a date and time off the front of a text.
class Parts {
public:
    explicit Parts(std::string_view text) : rest_(text) {}

    /// A number of exactly `digits` digits, -1 if there is none.
    int number(std::size_t digits) {
        if (rest_.size() < digits) return -1;
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (!scan::is_digit(rest_[i])) return -1;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    /// True if the next character was one of these, which is then gone.
    bool skip(std::string_view one_of) {
        if (rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// The first three digits of a fraction as milliseconds, -1 if there is no digit.
    int milliseconds() {
        std::size_t digits = 0;
        int value = 0;
        for (; !rest_.empty() && scan::is_digit(rest_.front()); ++digits) {
            if (digits < 3) value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        for (std::size_t i = digits; i < 3; ++i) value *= 10;
        return digits == 0 ? -1 : value;
    }
    [[nodiscard]] bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

/// Minutes east of UTC at the end of the text.
std::optional<int> offset(Parts& parts) {
    if (parts.skip("Zz")) return 0;
    const bool west = parts.skip("-");
    if (!west && !parts.skip("+")) return std::nullopt;
    const int hours = parts.number(2);
    if (hours < 0 || hours > 23 || !parts.skip(":")) return std::nullopt;
    const int minutes = parts.number(2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    return (west ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<DateTime> DateTime::from(std::string_view rfc3339) {
    using namespace std::chrono;
    Parts parts(rfc3339);
    const int year = parts.number(4);
    if (year < 0 || !parts.skip("-")) return std::nullopt;
    const int month = parts.number(2);
    if (month < 1 || !parts.skip("-")) return std::nullopt;
    const int day = parts.number(2);
    if (day < 1 || !parts.skip("Tt")) return std::nullopt;
    const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;

    const int hours = parts.number(2);
    if (hours < 0 || hours > 23 || !parts.skip(":")) return std::nullopt;
    const int minutes = parts.number(2);
    if (minutes < 0 || minutes > 59 || !parts.skip(":")) return std::nullopt;
    const int seconds = parts.number(2);
    if (seconds < 0 || seconds > 60) return std::nullopt;
    int milliseconds = 0;
    if (parts.skip(".")) {
        milliseconds = parts.milliseconds();
        if (milliseconds < 0) return std::nullopt;
    }
    const auto east = offset(parts);
    if (!east || !parts.done()) return std::nullopt;

    const int minute_of_day = hours * 60 + minutes - *east;
    // RFC 3339, 5.7: a leap second ends a day in UTC. It is the same instant as the first second of the next day here.
    if (seconds == 60 && (minute_of_day + 2 * 1440) % 1440 != 1439) return std::nullopt;
    const std::int64_t day_number = sys_days(date).time_since_epoch().count();
    const WallTime time{((day_number * 1440 + minute_of_day) * 60 + seconds) * 1000 + milliseconds};
    if (time.unix_ms < kYear0 || time.unix_ms >= kYear10000) return std::nullopt;
    return DateTime(time);
}

std::optional<std::string> DateTime::text() const {
    using namespace std::chrono;
    if (time.unix_ms < kYear0 || time.unix_ms >= kYear10000) return std::nullopt;
    const sys_time<milliseconds> instant{milliseconds(time.unix_ms)};
    const auto day = floor<days>(instant);
    const year_month_day date(day);
    const hh_mm_ss of_day(instant - day);
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(of_day.hours().count()), static_cast<int>(of_day.minutes().count()),
                  static_cast<int>(of_day.seconds().count()), static_cast<int>(of_day.subseconds().count()));
    return text;
}

}  // namespace voltkeep::ocpp
