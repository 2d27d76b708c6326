// SPDX-License-Identifier: Apache-2.0
// The wiring of one EVSE's state machine: frames from link, facts and orders to and from session, answers back through link.
// Nothing here decides; whatever a step says is done, and the position is left with link. A call that fails never loses a frame:
// link has it until it is answered, and what link has is where a session goes on.
#pragma once

#include "diary.hpp"
#include "telling.hpp"
#include "services/iso15118/protocol.hpp"
#include "services/iso15118/secc/secc.hpp"
#include "services/link/protocol.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::iso15118 {

class Charger {
public:
    Charger(kernel::Service& self, const Config& config);

    /// Takes up what link holds: accepts cars, goes on where a predecessor stood.
    void begin();

private:
    struct Frame {
        link::TakeFrame::Piece first;      ///< with the frame's size, kind and times
        std::vector<std::byte> bytes;
    };

    // the connection
    void look_at_link();
    void take_up(const link::GetState::State& state);
    void lost();
    [[nodiscard]] std::optional<Frame> take_frame();
    void take_frames();
    [[nodiscard]] bool put(const Frame& frame, const secc::Turn& turn);
    [[nodiscard]] bool release(const Frame& frame, const secc::Session& session);
    void resynchronise();

    // one turn
    /// False: the station could not be asked yet, or is not as far as the answer would say, and there is time to wait.
    [[nodiscard]] bool answer(const Frame& frame);
    [[nodiscard]] secc::Moment moment_of(const secc::Station& station) const;
    [[nodiscard]] std::optional<secc::Station> station_for(const Frame& frame, bool is_loop);
    void order(const secc::Session& session, const secc::Actions& actions);
    void conclude(const secc::Turn& turn);
    void tell_needs();
    void tell_stop();

    // time
    void watch_deadline();
    void on_deadline();

    kernel::Service& self_;
    secc::Settings settings_;
    Duration performance_, loop_performance_;
    kernel::Client<link::Interface> link_;
    kernel::Client<session::Interface> session_;
    Diary diary_;

    std::uint32_t connection_ = 0;         ///< 0: no car
    bool is_tls13_ = false;
    secc::Session position_;
    secc::VehicleHash vehicle_{};           ///< of the certificate that link has verified
    std::optional<secc::Paused> paused_;    ///< not kept over a death of this process: the car gets a new session then
    std::optional<secc::Station> station_; ///< as session said last
    Instant station_at_;
    std::optional<session::StopByEv> stop_;   ///< not told yet
    Telling telling_;
    std::optional<kernel::TimerId> deadline_;
    bool is_waiting_ = false;              ///< a frame waits for the station's word
    bool is_unsure_ = false;               ///< a call failed: nothing is done before link has been asked
};

}  // namespace voltkeep::iso15118
