// SPDX-License-Identifier: Apache-2.0
#include "backlog.hpp"

namespace voltkeep::session {

namespace {

/// The older status of what waits is of no interest beside a newer one.
void drop_status(Backlog::Batch& batch) {
    std::erase_if(batch.commit.events, [](const Event& event) { return event.kind == EventKind::status; });
    std::erase_if(batch.actions,
                  [](const charging::Action& action) { return std::holds_alternative<charging::StatusChanged>(action); });
}

}  // namespace

void Backlog::add(Batch batch) {
    if (!is_full()) {
        batches_.push_back(std::move(batch));
        ++added_;
        return;
    }
    Batch& last = batches_.back();   // never the one on its way: that is the first of many
    if (batch.commit.durable) last.commit.durable = std::move(batch.commit.durable);
    const bool has_status =
        std::ranges::any_of(batch.commit.events, [](const Event& event) { return event.kind == EventKind::status; });
    if (has_status) drop_status(last);
    std::ranges::move(batch.commit.events, std::back_inserter(last.commit.events));
    std::erase_if(last.actions,
                  [](const charging::Action& action) { return std::holds_alternative<charging::EvDecided>(action); });
    std::ranges::move(batch.actions, std::back_inserter(last.actions));
    std::ranges::move(batch.then, std::back_inserter(last.then));
}

void Backlog::when_durable(Then then) {
    if (batches_.empty()) return then();
    batches_.back().then.push_back(std::move(then));
}

const Commit* Backlog::begin() {
    if (is_on_its_way_ || batches_.empty()) return nullptr;
    is_on_its_way_ = true;
    return &batches_.front().commit;
}

Backlog::Batch Backlog::done() {
    CHECK(is_on_its_way_ && !batches_.empty());
    is_on_its_way_ = false;
    ++done_;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    return batch;
}

void Backlog::promise(const charging::SetPower& power) {
    gift_.power = power;
    gift_rests_on_ = added_;
}

void Backlog::promise(const charging::GiveConsent& consent) {
    gift_.consent = consent;
    gift_rests_on_ = added_;
}

Gift Backlog::take_gift() { return done_ >= gift_rests_on_ ? std::exchange(gift_, {}) : Gift{}; }

}  // namespace voltkeep::session
