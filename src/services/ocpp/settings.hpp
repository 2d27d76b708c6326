// SPDX-License-Identifier: Apache-2.0
// What the CSMS has set and the station keeps over a reboot: names of variables and their values, as text.
// In a file of fixed size with two places: a new state is written over the older of the two and is on the disk before anybody is told.
// Whenever the power goes, one of them is whole. The file is opened before the seal; behind it nothing else can be opened, and it cannot grow.
#pragma once

#include <string>

#include "kernel/message.hpp"
#include "kernel/os.hpp"

namespace voltkeep::ocpp {

/// One variable that was set.
struct KeptValue {
    Text<100> variable;   ///< "OCPPCommCtrlr.MessageAttempts[TransactionEvent]"
    Text<500> value;
    friend bool operator==(const KeptValue&, const KeptValue&) = default;
};

struct Settings {
    List<KeptValue, 16> values;

    /// What was set for a variable; nothing: the station's own value holds.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view variable) const;
    /// False, and nothing changed, if it does not fit.
    [[nodiscard]] bool set(std::string_view variable, std::string_view value);
    friend bool operator==(const Settings&, const Settings&) = default;
};

class SettingsFile {
public:
    static constexpr std::size_t place_size = 16'384, size = 2 * place_size;   ///< bytes

    /// Opens the file, made and filled if it is not there: later nothing has to be found on the disk. Errors: io.
    static Result<SettingsFile> open(const std::string& path);

    /// What was kept last; nothing set if nothing was. Errors: integrity (neither place can be read), io.
    [[nodiscard]] Result<Settings> read();
    /// On the disk when this returns. After an error the next start may find either state. Errors: io.
    [[nodiscard]] Result<> write(const Settings& settings);

private:
    explicit SettingsFile(kernel::os::Descriptor file) : file_(std::move(file)) {}

    kernel::os::Descriptor file_;
    std::uint64_t sequence_ = 0;   ///< of the newest place
};

/// No file of this process grows over a settings file, whatever is written from here on: it cannot be taken back behind the seal.
void bound_files();

}  // namespace voltkeep::ocpp
