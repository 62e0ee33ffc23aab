#include "net/java_roots.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <unistd.h>

#include "core/clock.h"
#include "net/key_maker.h"
#include "net/openssl.h"
#include "net/tls.h"

namespace tandem::net {
namespace {

std::string empty_store() {
  return std::string("\xFE\xED\xFE\xED\0\0\0\x02\0\0\0\0", 12) + std::string(20, '-');
}

class JavaRootsTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  core::SystemClock clock_;
  OpenSslKeys keys_;
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("java-roots-" + std::to_string(::getpid()));
  std::string pem_ = LocalCa::load_or_create(folder_, {&clock_, &keys_}).certificate_pem();
};

// That Java reads it is shown by tests/e2e/test_exec_clients.py.
TEST_F(JavaRootsTest, OneMoreIsTrusted) {
  const std::string one = with_java_root(empty_store(), pem_).value();
  EXPECT_EQ(one.substr(0, 12), std::string("\xFE\xED\xFE\xED\0\0\0\x02\0\0\0\x01", 12));
  EXPECT_EQ(one.substr(12, 6), std::string("\0\0\0\x02\0\x0F", 6));
  EXPECT_EQ(one.substr(18, 15), "tandem local ca");
  const std::size_t at = 18 + 15 + 8 + 7;
  const auto length = one.size() - 20 - at - 4;
  const auto* der = reinterpret_cast<const unsigned char*>(one.data() + at + 4);
  const X509Ptr read(d2i_X509(nullptr, &der, static_cast<long>(length)));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_pem(read.get()), pem_);
  const std::string two = with_java_root(one, pem_).value();
  EXPECT_EQ(two[11], '\x02');
  EXPECT_EQ(two.substr(12, one.size() - 32), one.substr(12, one.size() - 32));
}

TEST_F(JavaRootsTest, WhatIsNoSuchStoreStaysAsItIs) {
  EXPECT_FALSE(with_java_root("", pem_));
  EXPECT_FALSE(with_java_root(std::string("0\x82\x01\0", 4) + std::string(100, 'x'), pem_));
  EXPECT_FALSE(with_java_root(empty_store().substr(0, 31), pem_));
  EXPECT_THROW(with_java_root(empty_store(), "no certificate"), std::runtime_error);
}

}  // namespace
}  // namespace tandem::net
