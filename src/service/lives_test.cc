#include "service/lives.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <system_error>

#include "store/store_failure.h"

namespace tandem::service {
namespace {

using store::StoreFailure;

class LivesTest : public testing::Test {
 protected:
  LivesTest() {
    config_.state_folder = std::filesystem::path(testing::TempDir()) / "service_lives_test";
    std::filesystem::create_directories(config_.state_folder / "us-east-1");
  }
  int run(const Life& life) {
    const Node::Options node{
        .name = "us-east-1", .region = "us-east-1", .address = "127.0.0.1", .http_ports = {port_}};
    return run_lives(config_, node, life, [this] { ++ready_; });
  }
  Config config_;
  std::uint16_t port_ = 0;
  int ready_ = 0;
};

TEST_F(LivesTest, BuildsAnewWhenTheStoreWantsIt) {
  int lives = 0;
  const Life life = [&](const Node::Options&, const std::function<void()>& on_ready) {
    on_ready();
    return ++lives < 3 ? Node::Ended::kReopen : Node::Ended::kStopped;
  };
  EXPECT_EQ(run(life), 0);
  EXPECT_EQ(lives, 3);
  EXPECT_EQ(ready_, 1);
}

TEST_F(LivesTest, WaitsForRoomAtTheStartAndWheneverItOpensAnew) {
  int lives = 0;
  const Life life = [&](const Node::Options&, const std::function<void()>& on_ready) {
    ++lives;
    // At the start only want of room is waited for; later anything is.
    if (lives == 1) throw StoreFailure(StoreFailure::Kind::kFull, "no room");
    if (lives == 2) throw std::system_error(std::make_error_code(std::errc::no_space_on_device));
    if (lives == 3) throw StoreFailure(StoreFailure::Kind::kCorrupt, "000012.sst");
    on_ready();
    return Node::Ended::kStopped;
  };
  EXPECT_EQ(run(life), 0);
  EXPECT_EQ(lives, 4);
  EXPECT_EQ(ready_, 1);
}

TEST_F(LivesTest, AUsedUpQuotaIsAFullDisk) {
  int lives = 0;
  const Life life = [&](const Node::Options&, const std::function<void()>& on_ready) {
    if (++lives == 1) throw std::system_error(EDQUOT, std::generic_category(), "ca.key");
    on_ready();
    return Node::Ended::kStopped;
  };
  EXPECT_EQ(run(life), 0);
  EXPECT_EQ(lives, 2);
}

TEST_F(LivesTest, NothingThatIsThrownEndsAProcessThatHasServed) {
  int lives = 0;
  const Life life = [&](const Node::Options&, const std::function<void()>& on_ready) {
    ++lives;
    if (lives == 2) throw 7;
    on_ready();
    return lives < 3 ? Node::Ended::kReopen : Node::Ended::kStopped;
  };
  EXPECT_EQ(run(life), 0);
  EXPECT_EQ(lives, 3);
}

TEST_F(LivesTest, WaitsWithoutItsAddressesWhenTheyAreTaken) {
  asio::io_context loop;
  asio::ip::tcp::acceptor other(loop, {asio::ip::make_address("127.0.0.1"), 0});
  port_ = other.local_endpoint().port();
  int lives = 0;
  const Life life = [&](const Node::Options&, const std::function<void()>& on_ready) {
    ++lives;
    if (lives == 2) throw StoreFailure(StoreFailure::Kind::kFailed, "flush failed");
    on_ready();
    return lives < 3 ? Node::Ended::kReopen : Node::Ended::kStopped;
  };
  EXPECT_EQ(run(life), 0);
  EXPECT_EQ(lives, 3);
  // Who starts a process is told at once.
  const Life full = [](const Node::Options&, const std::function<void()>&) -> Node::Ended {
    throw StoreFailure(StoreFailure::Kind::kFull, "no room");
  };
  EXPECT_THROW(run(full), boost::system::system_error);
}

TEST_F(LivesTest, ADamagedStoreIsSaidAtTheStartWithTheWayOut) {
  const Life life = [](const Node::Options&, const std::function<void()>&) -> Node::Ended {
    throw StoreFailure(StoreFailure::Kind::kCorrupt, "/x/000012.log is damaged at byte 7");
  };
  try {
    run(life);
    FAIL();
  } catch (const StoreFailure& failure) {
    EXPECT_THAT(failure.message, testing::HasSubstr("/x/000012.log is damaged at byte 7"));
    EXPECT_THAT(failure.message, testing::HasSubstr("tandem region kill us-east-1"));
  }
  EXPECT_EQ(ready_, 0);
}

}  // namespace
}  // namespace tandem::service
