// SPDX-License-Identifier: Apache-2.0
// What of one EVSE waits for the disk: bounded, in order, one commit at a time. Pure.
//
// A commit that is not on the disk has not happened: what it allows (a word to the CSMS, a verdict for the car, power that was
// not flowing) waits behind it. While the disk fails, commits that are too many are made one with the last that waits: the newest
// durable state, the newest status, every record. What may still come then is bounded by the session, which begins nothing and
// ends what runs.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "services/session/protocol.hpp"

namespace voltkeep::session {

/// One transaction of the database: all of it is there after the completion, or nothing.
struct Commit {
    EvseId evse;
    std::optional<charging::Durable> durable;
    std::vector<Event> events;                 ///< their sequence numbers are given by the database
};

/// Power that was not flowing before: given only when what it rests on is on the disk, and only if nobody has taken it back
/// meanwhile.
struct Gift {
    std::optional<charging::SetPower> power;
    std::optional<charging::GiveConsent> consent;
};

class Backlog {
public:
    static constexpr std::size_t bound = 32;
    using Then = std::move_only_function<void()>;

    struct Batch {
        Commit commit;
        std::vector<charging::Action> actions;   ///< to be done when it is on the disk
        std::vector<Then> then;
    };

    void add(Batch batch);
    /// When everything that was added before is on the disk: at once, if nothing waits.
    void when_durable(Then then);
    [[nodiscard]] bool is_full() const { return batches_.size() >= bound; }
    [[nodiscard]] std::size_t size() const { return batches_.size(); }

    /// The next commit for the disk. Null: nothing waits, or one is on its way.
    [[nodiscard]] const Commit* begin();
    /// The one on its way failed: `begin` gives it again.
    void failed() { is_on_its_way_ = false; }
    /// The one on its way is on the disk.
    Batch done();

    /// Replaces what was promised before; rests on everything that was added until now.
    void promise(const charging::SetPower& power);
    void promise(const charging::GiveConsent& consent);
    /// Power is taken back: nothing that was promised before is given any more.
    void withdraw() { gift_ = {}; }
    /// What is promised and rests on nothing that is still waiting; once.
    [[nodiscard]] Gift take_gift();

private:
    std::deque<Batch> batches_;
    bool is_on_its_way_ = false;
    std::uint64_t added_ = 0, done_ = 0;       ///< batches, in all
    Gift gift_;
    std::uint64_t gift_rests_on_ = 0;          ///< this many batches
};

}  // namespace voltkeep::session
