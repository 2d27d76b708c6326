// SPDX-License-Identifier: Apache-2.0
// What every attack of the book is made of. A folder aNN_name/ has a README.md (what, precedent, oracle, control) and one source
// that registers itself. Each attack runs against a real station, and once more, as its control, against one that lacks the one
// protection which is tried: there it must succeed, or it proves nothing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::attacks {

/// One question, asked many times. It holds if it was asked at all and every expectation was met.
class Oracle {
public:
    /// `what` says what was expected, with the figures that were seen.
    void expect(bool is_met, std::string what) {
        ++expectations_;
        if (!is_met) failures_.push_back(std::move(what));
    }
    /// What was asked elsewhere, of the same question.
    void include(const Oracle& other) {
        expectations_ += other.expectations_;
        failures_.insert(failures_.end(), other.failures_.begin(), other.failures_.end());
    }
    [[nodiscard]] bool holds() const { return expectations_ > 0 && failures_.empty(); }
    [[nodiscard]] unsigned expectations() const { return expectations_; }
    [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

private:
    unsigned expectations_ = 0;
    std::vector<std::string> failures_;
};

/// What one run of an attack has shown.
struct Trial {
    Oracle contained;     ///< what was attacked, and everyone else, is as before
    Oracle on_time;       ///< no turn of the power loop came after its deadline
    Oracle logged;        ///< the audit log or the process manager's events name it
    Oracle control;       ///< without the protection the attack succeeds
    std::vector<std::pair<std::string, std::string>> figures;   ///< measured, for people: name and value with its unit

    void figure(std::string name, std::string value) { figures.emplace_back(std::move(name), std::move(value)); }
};

/// One that is built.
struct Attack {
    std::string_view id;                 ///< "A16"
    Result<> (*run)(Trial& trial);       ///< fills contained, on_time, logged. An error: it could not be run on this machine
    Result<> (*control)(Trial& trial);   ///< fills control
};

/// A static object of the attack's source puts it into the book.
struct Registration {
    explicit Registration(Attack attack);
};

/// All that are linked in, by id.
[[nodiscard]] std::vector<Attack> built();

/// The whole book, built or not.
struct Page {
    std::string_view id;
    std::string_view vectors;     ///< which rows of the threat table it tries: "1,11"
    std::string_view precedent;   ///< what happened in the field
    std::string_view what;
};
[[nodiscard]] const std::vector<Page>& book();

/// docs/attacks.md's table: the book with what is built and what is not.
[[nodiscard]] std::string table_for_docs();

}  // namespace voltkeep::attacks
