// SPDX-License-Identifier: Apache-2.0
// A meter that signs by itself: what is inside its sealed capsule. Its records are OCMF as another maker writes it (white space,
// base64, Wh), so that whoever passes them on must do it byte for byte.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "services/meter/frames.hpp"

namespace voltkeep::plant {

class Capsule {
public:
    /// Its key is in `<stem>.key`, its counter and the first reading of its transaction in `<stem>.page`, made if missing; its
    /// public key in
    /// `<stem>.pub`. Errors: io, tls.
    [[nodiscard]] static Result<std::unique_ptr<Capsule>> open(const std::string& stem);
    ~Capsule();

    /// The record of a reading. Empty: it cannot be signed.
    [[nodiscard]] Text<2048> sign(const meter::SignFrame& wanted, std::string_view serial, std::int64_t import_mwh,
                                  std::int64_t export_mwh, std::int64_t wall_ms);

private:
    struct Inside;
    explicit Capsule(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace voltkeep::plant
