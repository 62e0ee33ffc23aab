#include "services/apigateway/proxy/meters.h"

#include <gtest/gtest.h>

#include "store/faulty_store.h"

namespace tandem::apigateway {
namespace {

TEST(Meters, CountsThatCannotBeWrittenAreWrittenLater) {
  store::FaultyStore store;
  Records records(store);
  Meters meters;
  meters.count("plan/key");
  store.fail_next_writes(1);
  EXPECT_THROW(meters.flush(records), store::StoreError);
  EXPECT_TRUE(meters.changed());
  meters.flush(records);
  EXPECT_FALSE(meters.changed());
  EXPECT_EQ(json::int_or(records.usage.get("plan/key").value(), "used", 0), 1);
}

}  // namespace
}  // namespace tandem::apigateway
