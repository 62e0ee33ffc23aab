#include "services/cloudwatch/store/series_store.h"

#include <gtest/gtest.h>

#include "store/engines.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kNow_s = 1'790'000'000;

class SeriesStoreTest : public ::testing::Test {
 protected:
  static Datum datum(double value, std::int64_t time_s, std::string unit = "None",
                     int resolution_s = 60) {
    return {{"Shop", "Orders", {{"Shop", "a"}}},
            std::move(unit),
            time_s,
            resolution_s,
            Aggregate::of(value)};
  }
  std::vector<std::pair<std::int64_t, double>> sums(int resolution_s,
                                                    std::string_view unit = "None") {
    std::vector<std::pair<std::int64_t, double>> all;
    for (const Period& each :
         series_.periods(datum(0, 0).metric, unit, resolution_s, 0, 4'000'000'000))
      all.emplace_back(each.start_s, each.values.sum());
    return all;
  }

  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  SeriesStore series_{*store_};
};

TEST_F(SeriesStoreTest, ValuesAreInThePeriodsOfEveryResolution) {
  const std::int64_t hour = kNow_s - kNow_s % 3'600;
  series_.add(
      {datum(1, hour + 30), datum(2, hour + 59), datum(4, hour + 60), datum(8, hour + 3'599)},
      kNow_s);
  using Sums = std::vector<std::pair<std::int64_t, double>>;
  EXPECT_EQ(sums(1), Sums());
  EXPECT_EQ(sums(60), (Sums{{hour, 3}, {hour + 60, 4}, {hour + 3'540, 8}}));
  EXPECT_EQ(sums(300), (Sums{{hour, 7}, {hour + 3'300, 8}}));
  EXPECT_EQ(sums(3'600), (Sums{{hour, 15}}));
  series_.add({datum(16, hour + 31, "None", 1)}, kNow_s);
  EXPECT_EQ(sums(1), (Sums{{hour + 31, 16}}));
  EXPECT_EQ(sums(60).front().second, 19);
}

TEST_F(SeriesStoreTest, EachUnitIsAStream) {
  series_.add({datum(1, kNow_s, "Seconds"), datum(2, kNow_s, "Bytes")}, kNow_s);
  EXPECT_EQ(series_.units(datum(0, 0).metric), (std::vector<std::string>{"Bytes", "Seconds"}));
  EXPECT_EQ(sums(3'600, "Bytes").front().second, 2);
}

TEST_F(SeriesStoreTest, MetricsComeOnceInOrderAndFromAnyPlace) {
  for (const char* name : {"b", "a", "c"}) {
    Datum each = datum(1, kNow_s);
    each.metric.name = name;
    series_.add({each}, kNow_s);
    each.unit = "Count";
    series_.add({each}, kNow_s + 5);
  }
  Datum other = datum(1, kNow_s);
  other.metric.name_space = "Shop2";
  series_.add({other}, kNow_s);
  std::string key_of_a;
  const auto names = [&](std::string_view name_space, std::string_view after) {
    std::string all;
    series_.each_metric(name_space, after, [&](const SeriesStore::Listed& listed) {
      all += listed.metric.name;
      if (listed.metric.name == "a") key_of_a = listed.key;
      EXPECT_EQ(listed.last_s, listed.metric.name_space == "Shop" ? kNow_s + 5 : kNow_s);
      return true;
    });
    return all;
  };
  EXPECT_EQ(names("Shop", {}), "abc");
  EXPECT_EQ(names("", {}), "abcOrders");
  EXPECT_EQ(names("Shop", key_of_a), "bc");
  EXPECT_EQ(names("Nothing", {}), "");
}

TEST_F(SeriesStoreTest, WhatIsOldGoesAndMetricsWithIt) {
  series_.add({datum(1, kNow_s, "None", 1)}, kNow_s);
  EXPECT_EQ(series_.forget_old(kNow_s + 4 * 3'600, "", 100), "");
  EXPECT_EQ(sums(1).size(), 0u);
  EXPECT_EQ(sums(60).size(), 1u);
  series_.forget_old(kNow_s + 16 * 86'400, "", 100);
  EXPECT_EQ(sums(60).size(), 0u);
  EXPECT_EQ(sums(300).size(), 1u);
  series_.forget_old(kNow_s + 500 * 86'400, "", 100);
  series_.forget_old(kNow_s + 500 * 86'400, "", 100);
  EXPECT_TRUE(series_.units(datum(0, 0).metric).empty());
}

TEST_F(SeriesStoreTest, AnIdIsNeverGivenTwice) {
  series_.add({datum(1, kNow_s)}, kNow_s);
  // As after a restart; and once more, when everything that is old has gone.
  for (int life = 1; life < 3; ++life) {
    SeriesStore again(*store_);
    Datum other = datum(100, kNow_s);
    other.metric.name = "Life" + std::to_string(life);
    again.add({other}, kNow_s);
    EXPECT_EQ(again.periods(other.metric, "None", 60, 0, INT64_MAX).size(), 1u);
    ASSERT_EQ(sums(60).size(), 1u);
    EXPECT_EQ(sums(60)[0].second, 1);
  }
}

TEST_F(SeriesStoreTest, RecordsAreReadAsTheyWereWritten) {
  Aggregate all = Aggregate::of(2.5, 3);
  all.add(Aggregate::of(7));
  for (const Aggregate& each : {all, Aggregate::of_set(3, 9, 1, 5)}) {
    const auto read = decode_aggregate(encode_aggregate(each));
    ASSERT_TRUE(read);
    EXPECT_EQ(encode_aggregate(*read), encode_aggregate(each));
    EXPECT_EQ(read->sum(), each.sum());
    EXPECT_EQ(read->values() == nullptr, each.values() == nullptr);
  }
  for (const std::string& bad : {std::string(), std::string("x"), std::string(33, '\2'),
                                 std::string(34, '\0'), std::string(40, '\1')}) {
    EXPECT_FALSE(decode_aggregate(bad));
  }
}

}  // namespace
}  // namespace tandem::cloudwatch
