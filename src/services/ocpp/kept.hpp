// SPDX-License-Identifier: Apache-2.0
// A value that the station keeps over a reboot, in a file of fixed size with two places: a new state is written over the older of
// the two and is on the disk before anybody is told. Whenever the power goes, one of them is whole. The file is opened before the
// seal; behind it nothing else can be opened, and it cannot grow.
#pragma once

#include <functional>
#include <string>

#include "kernel/message.hpp"
#include "kernel/os.hpp"

namespace voltkeep::ocpp {

/// The two places, whatever stands in them.
class TwoPlaces {
public:
    static constexpr std::size_t head_size = 32;   ///< bytes of a place that are not the value's

    /// Opens the file, made and filled if it is not there: later nothing has to be found on the disk. Errors: io.
    static Result<TwoPlaces> open(const std::string& path, std::size_t place_size);

    /// Offers what is whole and of this build, the newest first, until `take` takes it. False: nothing was ever written.
    /// Errors: integrity (nothing of what was written could be taken), io.
    [[nodiscard]] Result<bool> read(std::uint64_t build, const std::function<bool(Bytes)>& take);
    /// On the disk when this returns. After an error the next start may find either state. Errors: io.
    [[nodiscard]] Result<> write(std::uint64_t build, Bytes value);

private:
    TwoPlaces(kernel::os::Descriptor file, std::size_t place_size) : file_(std::move(file)), place_size_(place_size) {}

    kernel::os::Descriptor file_;
    std::size_t place_size_;
    std::uint64_t sequence_ = 0;   ///< of the newest place
};

template <class T>
class KeptFile {
public:
    static constexpr std::size_t place_size = (TwoPlaces::head_size + kernel::bound<T> + 4095) / 4096 * 4096;   ///< bytes
    static constexpr std::size_t size = 2 * place_size;

    static Result<KeptFile> open(const std::string& path) { return KeptFile(TRY(TwoPlaces::open(path, place_size))); }

    /// What was kept last; an empty T if nothing was. Errors: integrity (neither place can be read), io.
    [[nodiscard]] Result<T> read() {
        T value;
        TRY(places_.read(build(), [&value](Bytes bytes) {
            auto decoded = kernel::decode<T>(bytes);
            if (decoded) value = std::move(*decoded);
            return decoded.has_value();
        }));
        return value;
    }
    /// As TwoPlaces::write.
    [[nodiscard]] Result<> write(const T& value) {
        std::vector<std::byte> buffer(kernel::bound<T>);
        return places_.write(build(), kernel::encode(value, buffer));
    }

private:
    explicit KeptFile(TwoPlaces places) : places_(std::move(places)) {}

    static std::uint64_t build() {
        kernel::Fingerprint f;
        kernel::Codec<T>::mix(f);
        return f.value();
    }

    TwoPlaces places_;
};

/// No file of this process grows over so many bytes, whatever is written from here on: it cannot be taken back behind the seal.
void bound_files(std::size_t most);

}  // namespace voltkeep::ocpp
