#include "services/acm/store/certificates.h"

#include <gtest/gtest.h>

#include "store/faulty_store.h"

namespace tandem::acm {
namespace {

TEST(Certificates, ARecordThatCannotBeWrittenLeavesTheKeyItHad) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "acm_certificates_test";
  std::filesystem::remove_all(folder);
  store::FaultyStore store;
  Certificates certificates(store, folder);
  store.fail_next_writes(1);
  EXPECT_THROW(certificates.put_with_key("a", {}, "first"), store::StoreError);
  EXPECT_EQ(certificates.private_key("a"), std::nullopt);
  certificates.put_with_key("a", {{"n", 1}}, "first");
  store.fail_next_writes(1);
  EXPECT_THROW(certificates.put_with_key("a", {{"n", 2}}, "second"), store::StoreError);
  EXPECT_EQ(certificates.private_key("a"), "first");
}

}  // namespace
}  // namespace tandem::acm
