// SPDX-License-Identifier: Apache-2.0
#include "billing.hpp"

#include <gtest/gtest.h>

#include <set>

#include "pki/certificate.hpp"

namespace voltkeep::meter {
namespace {

class MeterBilling : public testing::Test {
protected:
    MeterBilling() : key(MUST(pki::make_key(pki::Algorithm::p256))) {
        config.gateway = "Voltkeep DC50";
        config.gateway_serial = "VK50-000001-1";
        config.evse = "DE*VLT*E1";
        config.current_type = "DC";
    }

    Billing open() {
        return MUST(Billing::open(
            config, disk,
            [this](std::string_view text) -> Result<> {
                if (disk_fails) return fail(Errc::full, "no space");
                disk = text;
                if (killed_behind_disk) return fail(Errc::io, "killed here");
                return {};
            }));
    }
    Result<Sign::Signed> sign(Billing& b, const Sign& wanted, const Sample& at) {
        const auto prepared = TRY(b.prepare(wanted, at));
        if (key_fails) return fail(Errc::tls, "no key");
        return prepared.with(TRY(pki::sign_sha256(key.get(), as_bytes(prepared.payload))));
    }
    Sample sample(std::int64_t import_mwh, std::int64_t second) const {
        Sample s;
        s.import_mwh = import_mwh;
        s.taken_ns = second * 1'000'000'000;
        s.taken_wall_ms = 1'800'000'000'000 + second * 1'000;
        s.serial = "VK-DC-100001";
        return s;
    }
    static Sign ask(Mark mark, std::string_view transaction = "t-1") {
        Sign s;
        s.mark = mark;
        s.transaction = Text<36>::cut(transaction);
        s.identification_type = "CENTRAL";
        s.identification = "VK-DEMO-DRIVER";
        return s;
    }
    /// The payload of a record whose signature is good.
    ocmf::Payload verified(const Sign::Signed& s) {
        const auto record = MUST(ocmf::split(s.record));
        EXPECT_TRUE(pki::verify_sha256(key.get(), as_bytes(record.payload), record.signature.bytes));
        const auto p = MUST(ocmf::read(record.payload));
        EXPECT_EQ(p.pagination, s.page);
        return p;
    }

    Config config;
    pki::Key key;
    std::optional<std::string> disk;
    bool disk_fails = false, killed_behind_disk = false, key_fails = false;
};

}  // namespace

TEST_F(MeterBilling, the_record_of_the_end_bills_by_itself_over_a_restart) {
    {
        Billing b = open();
        const auto p = verified(MUST(sign(b, ask(Mark::begin), sample(1'000'000, 0))));
        EXPECT_EQ(p.pagination, 1u);
        EXPECT_EQ(p.readings.at(0).reason, ocmf::Reason::begin);
        EXPECT_EQ(p.readings.at(0).value, "1.000000");
        EXPECT_EQ(p.identification, "VK-DEMO-DRIVER");
        EXPECT_TRUE(p.is_assigned);
        EXPECT_EQ(verified(MUST(sign(b, ask(Mark::intermediate), sample(1'500'000, 60)))).readings.at(0).reason,
                  ocmf::Reason::charging);
    }
    Billing b = open();
    const auto p = verified(MUST(sign(b, ask(Mark::end), sample(3'000'005, 120))));
    EXPECT_EQ(p.pagination, 3u);
    EXPECT_EQ(*ocmf::billed_mwh(p), 2'000'005);
    EXPECT_EQ(p.readings.at(2).wall_ms - p.readings.at(0).wall_ms, 120'000);
}

TEST_F(MeterBilling, energy_from_the_car_is_signed_beside_the_energy_to_it_over_a_restart) {
    const auto at = [this](std::int64_t import_mwh, std::int64_t export_mwh, std::int64_t second) {
        Sample s = sample(import_mwh, second);
        s.export_mwh = export_mwh;
        return s;
    };
    {
        Billing b = open();
        const auto p = verified(MUST(sign(b, ask(Mark::begin), at(1'000'000, 400, 0))));
        ASSERT_EQ(p.readings.size(), 2u);
        EXPECT_EQ(p.readings[1].identification, ocmf::obis_export);
        EXPECT_EQ(p.readings[1].value, "0.000400");
    }
    Billing b = open();
    EXPECT_EQ(sign(b, ask(Mark::intermediate), at(1'000'000, 399, 30)).error().code, Errc::integrity) << "it falls";
    const auto p = verified(MUST(sign(b, ask(Mark::end), at(1'000'100, 2'000'400, 60))));
    ASSERT_EQ(p.readings.size(), 4u);
    EXPECT_EQ(*ocmf::billed_mwh(p), 100);
    EXPECT_EQ(*ocmf::returned_mwh(p), 2'000'000);
    EXPECT_EQ(b.known()->export_mwh, 2'000'400);
}

TEST_F(MeterBilling, a_beginning_that_was_kept_without_energy_from_the_car_has_no_end) {
    {
        Billing b = open();
        MUST(sign(b, ask(Mark::begin), sample(1'000, 0)));
    }
    const std::size_t where = disk->rfind(R"("export_mwh":0,)");
    ASSERT_NE(where, std::string::npos);
    disk->erase(where, 15);
    Billing b = open();
    EXPECT_EQ(sign(b, ask(Mark::end), sample(2'000, 1)).error().code, Errc::bad_state);
    EXPECT_GE(MUST(sign(b, ask(Mark::begin, "t-2"), sample(2'000, 1))).page, 2u) << "the numbers go on";
}

TEST_F(MeterBilling, a_page_number_is_never_used_twice_wherever_the_power_goes) {
    std::set<std::uint64_t> used;
    std::uint64_t highest = 0;
    for (int i = 0; i < 40; ++i) {
        Billing b = open();   // each time after a power cut
        disk_fails = i % 5 == 1;
        killed_behind_disk = i % 5 == 2;
        key_fails = i % 5 == 3;
        const auto done = sign(b, ask(Mark::begin), sample(1'000'000 + i, i));
        EXPECT_EQ(done.has_value(), !disk_fails && !killed_behind_disk && !key_fails);
        disk_fails = killed_behind_disk = key_fails = false;
        if (!done) continue;
        EXPECT_TRUE(used.insert(done->page).second) << done->page;
        EXPECT_GT(done->page, highest);
        highest = done->page;
    }
    EXPECT_EQ(used.size(), 16u);
}

TEST_F(MeterBilling, in_one_life_a_number_whose_disk_failed_is_not_used_either) {
    Billing b = open();
    disk_fails = true;
    EXPECT_EQ(sign(b, ask(Mark::begin), sample(1, 0)).error().code, Errc::full);
    EXPECT_TRUE(b.has_disk_failed()) << "so it may be asked again";
    disk_fails = false;
    EXPECT_EQ(MUST(sign(b, ask(Mark::begin), sample(1, 0))).page, 2u);
    EXPECT_FALSE(b.has_disk_failed());
    key_fails = true;
    EXPECT_FALSE(sign(b, ask(Mark::begin), sample(1, 0)));
    EXPECT_FALSE(b.has_disk_failed()) << "what else fails is final";
}

TEST_F(MeterBilling, signs_nothing_when_its_number_is_lost) {
    for (const char* damaged :
         {"", "{", "{}", "[]", R"({"next_page":0})", R"({"next_page":-1})", R"({"next_page":"x"})", R"({"next_page":1.5})"}) {
        const auto b = Billing::open(config, damaged, [](std::string_view) { return Result<>{}; });
        ASSERT_FALSE(b) << damaged;
        EXPECT_EQ(b.error().code, Errc::integrity);
    }
}

TEST_F(MeterBilling, an_end_needs_its_beginning_on_the_same_meter) {
    Billing b = open();
    EXPECT_EQ(sign(b, ask(Mark::end), sample(1, 0)).error().code, Errc::bad_state);
    MUST(sign(b, ask(Mark::begin), sample(1'000, 0)));
    EXPECT_EQ(sign(b, ask(Mark::end, "t-2"), sample(2'000, 1)).error().code, Errc::bad_state);
    Sample other = sample(2'000, 1);
    other.serial = "VK-DC-900001";
    EXPECT_EQ(sign(b, ask(Mark::end), other).error().code, Errc::integrity);
    EXPECT_EQ(sign(b, ask(Mark::end), sample(999, 1)).error().code, Errc::integrity);
    Sample frozen = sample(2'000, 1);
    frozen.condition = Condition::frozen;
    EXPECT_EQ(sign(b, ask(Mark::end), frozen).error().code, Errc::integrity);
    EXPECT_TRUE(sign(b, ask(Mark::end), sample(2'000, 1)));
    EXPECT_EQ(b.known()->import_mwh, 2'000);
}

TEST_F(MeterBilling, the_time_says_what_it_is_worth) {
    using ocmf::TimeStatus;
    Billing b = open();
    EXPECT_EQ(verified(MUST(sign(b, ask(Mark::begin), sample(1, 10)))).readings.at(0).time, TimeStatus::informative);
    const auto end = verified(MUST(sign(b, ask(Mark::end), sample(2, 60))));
    EXPECT_EQ(end.readings.at(0).time, TimeStatus::informative);
    EXPECT_EQ(end.readings.at(2).time, TimeStatus::relative) << "a duration that the machine confirms";
    Sample set = sample(3, 120);
    set.taken_wall_ms += 5'000;   // somebody has set the clock
    const auto jumped = verified(MUST(sign(b, ask(Mark::end), set)));
    EXPECT_EQ(jumped.readings.at(2).time, TimeStatus::informative);
    EXPECT_EQ(jumped.readings.at(2).error_flags, "t");
    EXPECT_EQ(*ocmf::billed_mwh(jumped), 2) << "energy is good all the same";
    Billing next = open();
    EXPECT_EQ(verified(MUST(sign(next, ask(Mark::intermediate), sample(3, 180)))).readings.at(0).time, TimeStatus::relative)
        << "the machine's clock went on";
    set = sample(3, 181);
    set.taken_wall_ms += 5'000;   // somebody has set the clock, and the process was started again in between
    const auto after_death = verified(MUST(sign(next, ask(Mark::end), set)));
    EXPECT_EQ(after_death.readings.at(2).time, TimeStatus::informative);
    EXPECT_EQ(after_death.readings.at(2).error_flags, "t");
    Sample rebooted = sample(3, 200);
    rebooted.taken_ns = 5'000'000'000;   // the machine was started again: another monotonic clock
    const auto after_reboot = verified(MUST(sign(next, ask(Mark::end), rebooted)));
    EXPECT_EQ(after_reboot.readings.at(2).time, TimeStatus::informative) << "nobody has watched the clock";
    EXPECT_EQ(after_reboot.readings.at(2).error_flags, "");
    Sample never_set = sample(1, 0);
    never_set.taken_wall_ms = 1'000;
    EXPECT_EQ(verified(MUST(sign(next, ask(Mark::begin), never_set))).readings.at(0).time, TimeStatus::unknown);
    config.is_clock_synchronised = true;
    Billing good = open();
    MUST(sign(good, ask(Mark::begin), sample(5, 0)));
    EXPECT_EQ(verified(MUST(sign(good, ask(Mark::end), sample(6, 1)))).readings.at(2).time, TimeStatus::synchronised);
}

TEST_F(MeterBilling, the_longest_identification_fits_and_a_hostile_one_is_refused_whole) {
    Billing b = open();
    Sign s = ask(Mark::begin, std::string(36, 'a'));
    s.identification = Text<255>::cut(std::string(255, 'x'));
    MUST(sign(b, s, sample(1, 0)));
    s.mark = Mark::end;
    EXPECT_EQ(verified(MUST(sign(b, s, sample(9'000'000'000'000, 1)))).identification.size(), 255u);
    s.identification = Text<255>::cut(std::string(255, '\x01'));
    EXPECT_EQ(sign(b, s, sample(9'000'000'000'001, 1)).error().code, Errc::full);
}

/// A meter that signs by itself, as another maker writes it.
class MeterCapsule : public MeterBilling {
protected:
    MeterCapsule() : capsule(MUST(pki::make_key(pki::Algorithm::p256))) {}
    struct Written {
        std::uint64_t page = 10;
        std::string serial = "VK-DC-100001", reason = "B", value = "1000.5", identification = "VK-DEMO-DRIVER", status = "G",
                    returned{};
    };
    std::string write(const Written& w) {
        const std::string payload =
            "{ \"PG\" : \"T" + std::to_string(w.page) + "\", \"MS\":\"" + w.serial +
            "\", \"IS\":true, \"IT\":\"CENTRAL\", \"ID\":\"" + w.identification +
            "\", \"RD\":[ {\"TM\":\"2027-01-15T08:00:00,000+0100 S\",\"TX\":\"" + w.reason + "\",\"RV\":" + w.value +
            ",\"RI\":\"1-b:1.8.0\",\"RU\":\"Wh\",\"ST\":\"" + w.status + "\"}" +
            (w.returned.empty()
                 ? ""
                 : ", {\"TM\":\"2027-01-15T08:00:00,000+0100 S\",\"RI\":\"1-b:2.8.0\",\"RV\":" + w.returned + "}") +
            " ] }";
        return "OCMF|" + payload + "|{ \"SE\":\"base64\", \"SD\":\"" +
               ocmf::to_base64(MUST(pki::sign_sha256(capsule.get(), as_bytes(payload)))) + "\"}";
    }
    Result<Sign::Signed> wrap(Billing& b, const std::string& record, Mark mark = Mark::begin) {
        return b.wrap(ask(mark), sample(1'000'400, 0), record,
                      [this](Bytes payload, Bytes signature) { return pki::verify_sha256(capsule.get(), payload, signature); });
    }
    pki::Key capsule;
};

TEST_F(MeterCapsule, its_record_passes_byte_for_byte_and_its_register_is_what_is_billed) {
    Billing b = open();
    const std::string record = write({});
    const auto done = wrap(b, record);
    ASSERT_TRUE(done) << done.error().what.view();
    EXPECT_EQ(done->record.view(), record);
    EXPECT_EQ(done->sample.import_mwh, 1'000'500);
    EXPECT_EQ(done->page, 10u);
}

TEST_F(MeterCapsule, what_is_not_its_good_answer_to_this_question_is_not_passed_on) {
    Billing b = open();
    const auto refused = [&](const Written& w, Mark mark = Mark::begin) { return !wrap(b, write(w), mark).has_value(); };
    EXPECT_TRUE(refused({.serial = "VK-DC-900001"}));
    EXPECT_TRUE(refused({.reason = "E"}));
    EXPECT_TRUE(refused({.reason = "B"}, Mark::end));
    EXPECT_TRUE(refused({.identification = "SOMEBODY"}));
    EXPECT_TRUE(refused({.status = "M"}));
    EXPECT_TRUE(refused({.value = "2000.5"})) << "its bus says another register";
    EXPECT_TRUE(refused({.returned = "700.5"})) << "of energy from the car too";
    std::string changed = write({});
    changed[changed.find("1000.5") + 5] = '6';
    EXPECT_EQ(wrap(b, changed).error().code, Errc::integrity);
    EXPECT_FALSE(wrap(b, "OCMF|{}|{}"));
    ASSERT_TRUE(wrap(b, write({.page = 9, .returned = "0.5"})));
    EXPECT_TRUE(refused({.returned = "0.4"})) << "energy from the car that fell";
    ASSERT_TRUE(wrap(b, write({.returned = "0.5"})));
    EXPECT_TRUE(refused({})) << "a record that was there before";
    EXPECT_TRUE(refused({.page = 11, .value = "1000.4"})) << "a register that fell";
    Billing next = open();
    EXPECT_FALSE(wrap(next, write({})).has_value()) << "over a restart too";
    EXPECT_TRUE(wrap(next, write({.page = 11, .returned = "0.5"})));
}

}  // namespace voltkeep::meter
