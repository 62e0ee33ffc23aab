#include "replication/transport.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "core/check.h"
#include "store/faulty_store.h"

namespace tandem::replication {
namespace {

using asio::ip::tcp;
using namespace std::chrono_literals;

/// Copies are collection 1 of their region.
class OneTable final : public Replicator::Host {
 public:
  std::optional<Replicator::Replica> create_replica(const Group&) override {
    return Replicator::Replica{1};
  }
  bool may_leave(const Group&) override { return true; }
  void leaving(const Group&) override {}
  void dropped(const Group&) override {}
  void changed(const Group&) override {}
  void dissolved(const Group&) override {}
  void reconcile() override {}
};

/// May be set ahead, so that no test waits for a deadline.
class ForwardClock final : public core::Clock {
 public:
  std::int64_t now_us() const override { return clock_.now_us(); }
  std::int64_t steady_ns() const override {
    return clock_.steady_ns() + std::chrono::nanoseconds(ahead).count();
  }
  std::chrono::seconds ahead{0};

 private:
  core::SystemClock clock_;
};

struct Node {
  Node(asio::io_context& loop, core::Workers& pool, std::string region, std::string address,
       Transport::Peer peer)
      : network(loop.get_executor()),
        replicator({region, "123456789012", "the world's secret"}, clock, random, store) {
    replicator.set_host(host);
    Transport::Options options;
    options.address = std::move(address);
    options.port = peer.port;
    options.make_durable = [this] { ++syncs; };
    transport =
        std::make_unique<Transport>(loop.get_executor(), pool, network, replicator, options);
    transport->set_peers({std::move(peer)});
  }
  net::TcpNetwork network;
  ForwardClock clock;
  core::SystemRandom random;
  store::FaultyStore store;
  OneTable host;
  Replicator replicator;
  std::unique_ptr<Transport> transport;
  std::atomic<int> syncs = 0;
};

std::uint16_t free_port(asio::io_context& loop) {
  tcp::acceptor probe(loop, {asio::ip::make_address("127.0.0.1"), 0});
  return probe.local_endpoint().port();
}

class OverTcp : public ::testing::Test {
 protected:
  OverTcp()
      : port_(free_port(loop_)),
        east_(loop_, pool_, "us-east-1", "127.0.0.1", {"us-west-2", "127.0.0.2", port_}),
        west_(loop_, pool_, "us-west-2", "127.0.0.2", {"us-east-1", "127.0.0.1", port_}) {}
  ~OverTcp() override {
    int stopped = 0;
    const auto count = [&](const std::exception_ptr&) { ++stopped; };
    asio::co_spawn(loop_, east_.transport->stop(), count);
    asio::co_spawn(loop_, west_.transport->stop(), count);
    EXPECT_TRUE(until([&] { return stopped == 2; }));
  }
  /// Runs the loop until the condition holds. False after ten seconds.
  bool until(const std::function<bool()>& holds) {
    const auto deadline = core::TimerClock::now() + 10s;
    while (!holds()) {
      if (core::TimerClock::now() > deadline) return false;
      loop_.restart();
      loop_.run_one_for(100ms);
    }
    return true;
  }
  bool west_has(std::string_view key, std::string_view item) {
    return until([&] { return west_.replicator.records().get(1, key) == item; });
  }
  void put(Node& node, std::string key, std::string item) {
    node.replicator.records().write({{1, std::move(key), std::move(item)}});
  }
  std::string share() {
    const std::string group = east_.replicator.create_group(1, "todos", "");
    east_.replicator.add_member(group, "us-west-2");
    return group;
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  std::uint16_t port_;
  Node east_;
  Node west_;
};

TEST_F(OverTcp, ACopyIsMadeFilledAndKeptUpToDate) {
  put(east_, "old", "from before");
  east_.transport->start();
  west_.transport->start();
  share();
  EXPECT_TRUE(west_has("old", "from before"));
  put(east_, "new", "since");
  EXPECT_TRUE(west_has("new", "since"));
  put(west_, "back", "other way");
  EXPECT_TRUE(until([&] { return east_.replicator.records().get(1, "back") == "other way"; }));
  EXPECT_GT(west_.syncs, 0);
}

TEST_F(OverTcp, ARegionThatWasAwayCatchesUp) {
  east_.transport->start();
  share();
  EXPECT_TRUE(until([&] {
    const json::object links = east_.transport->links();
    const json::object& west = links.at("us-west-2").as_object();
    return west.contains("Reason") && west.at("Reason") == "Connection refused";
  }));
  put(east_, "a", "while away");
  EXPECT_EQ(east_.replicator.pending("us-west-2"), 1U);
  west_.transport->start();
  EXPECT_TRUE(west_has("a", "while away"));
  EXPECT_TRUE(until([&] { return east_.replicator.pending("us-west-2") == 0; }));
}

TEST_F(OverTcp, APeerMayLeaveAndComeBackWhileWritesGoOn) {
  east_.transport->start();
  west_.transport->start();
  share();
  put(east_, "a", "1");
  ASSERT_TRUE(west_has("a", "1"));
  east_.transport->set_peers({});
  // Frames are under way in both directions when the link ends.
  for (int at = 0; at < 200; ++at) {
    put(east_, std::to_string(at), "from the east");
    put(west_, std::to_string(at), "from the west");
  }
  EXPECT_TRUE(until([&] { return east_.transport->links().empty(); }));
  EXPECT_TRUE(east_.replicator.peers().empty());
  // It is a stranger now.
  EXPECT_TRUE(until([&] {
    return west_.transport->links().at("us-east-1").at("State") == "RefusedByPeer" ||
           west_.transport->links().at("us-east-1").at("State") == "Disconnected";
  }));
  EXPECT_FALSE(east_.transport->set_link("us-west-2", {}));
  east_.transport->set_peers({{"us-west-2", "127.0.0.2", port_}});
  put(east_, "a", "2");
  EXPECT_TRUE(west_has("a", "2"));
  for (int at = 0; at < 200; ++at) {
    const std::string key = std::to_string(at);
    EXPECT_TRUE(until([&] {
      const auto here = east_.replicator.records().get(1, key);
      return here && here == west_.replicator.records().get(1, key);
    })) << key;
  }
}

TEST_F(OverTcp, APeerThatIsBackBeforeItsLinkHasEndedKeepsIt) {
  east_.transport->start();
  west_.transport->start();
  share();
  put(east_, "a", "1");
  ASSERT_TRUE(west_has("a", "1"));
  east_.transport->set_peers({});
  east_.transport->set_peers({{"us-west-2", "127.0.0.2", port_}});
  put(east_, "a", "2");
  EXPECT_TRUE(west_has("a", "2"));
}

TEST_F(OverTcp, APeerAtAnotherAddressIsConnectedToThere) {
  const std::uint16_t nobody = free_port(loop_);
  east_.transport->set_peers({{"us-west-2", "127.0.0.3", nobody}});
  east_.transport->start();
  west_.transport->start();
  share();
  put(east_, "a", "1");
  EXPECT_TRUE(until(
      [&] { return east_.transport->links().at("us-west-2").as_object().contains("Reason"); }));
  east_.transport->set_peers({{"us-west-2", "127.0.0.2", port_}});
  EXPECT_TRUE(west_has("a", "1"));
}

TEST_F(OverTcp, APausedAndACutLinkHoldWritesBack) {
  east_.transport->start();
  west_.transport->start();
  share();
  put(east_, "a", "1");
  ASSERT_TRUE(west_has("a", "1"));
  for (const LinkSettings fault :
       {LinkSettings{0ms, true, false}, LinkSettings{0ms, false, true}}) {
    ASSERT_TRUE(east_.transport->set_link("us-west-2", fault));
    put(east_, "a", "held back");
    put(east_, "b", fault.paused ? "paused" : "cut");
    loop_.restart();
    loop_.run_for(50ms);
    EXPECT_NE(west_.replicator.records().get(1, "b"), fault.paused ? "paused" : "cut");
    EXPECT_EQ(west_.replicator.find_peer("us-east-1")->connected, !fault.partitioned);
    EXPECT_GT(east_.replicator.pending("us-west-2"), 0U);
    east_.transport->set_link("us-west-2", {});
    EXPECT_TRUE(west_has("b", fault.paused ? "paused" : "cut"));
  }
  EXPECT_FALSE(east_.transport->set_link("eu-west-1", {}));
}

TEST_F(OverTcp, ADelayedLinkDelays) {
  east_.transport->start();
  west_.transport->start();
  share();
  put(east_, "a", "1");
  ASSERT_TRUE(west_has("a", "1"));
  east_.transport->set_link("us-west-2", {.delay = 80ms});
  const auto start = core::TimerClock::now();
  put(east_, "a", "2");
  EXPECT_TRUE(west_has("a", "2"));
  EXPECT_GE(core::TimerClock::now() - start, 80ms);
}

TEST_F(OverTcp, ASlowAndAPausedLinkConnectAllTheSame) {
  const LinkSettings slow{.delay = 60s};
  east_.transport->set_link("us-west-2", slow);
  west_.transport->set_link("us-east-1", {.paused = true});
  east_.transport->start();
  west_.transport->start();
  EXPECT_TRUE(until([&] { return east_.replicator.find_peer("us-west-2")->connected; }));
  EXPECT_TRUE(until([&] { return west_.replicator.find_peer("us-east-1")->connected; }));
  // What waits for the delay goes as soon as the delay is taken back.
  share();
  put(east_, "a", "waits");
  loop_.restart();
  loop_.run_for(50ms);
  east_.transport->set_link("us-west-2", {});
  west_.transport->set_link("us-east-1", {});
  EXPECT_TRUE(west_has("a", "waits"));
}

TEST_F(OverTcp, NonsenseAndOversizedFramesEndTheirConnectionOnly) {
  east_.transport->start();
  west_.transport->start();
  for (const std::string& bytes :
       {std::string("\0\0\0\4ABCD", 8), std::string("\xff\xff\xff\xff"), std::string("GET / ")}) {
    tcp::socket socket(loop_);
    socket.connect({asio::ip::make_address("127.0.0.2"), port_});
    asio::write(socket, asio::buffer(bytes));
  }
  share();
  put(east_, "a", "still served");
  EXPECT_TRUE(west_has("a", "still served"));
}

TEST_F(OverTcp, AStoreThatRefusesForAWhileEndsNeitherLinkNorUpkeep) {
  east_.transport->start();
  west_.transport->start();
  share();
  put(east_, "a", "1");
  ASSERT_TRUE(west_has("a", "1"));
  put(east_, "a", "2");
  // That it was acknowledged has to be noted, and cannot be.
  east_.store.fail_next_writes(store::FaultyStore::kForEver);
  EXPECT_TRUE(until([&] { return east_.store.failures() > 0; }));
  east_.store.heal();
  const Log& log = east_.replicator.records().log();
  EXPECT_TRUE(until([&] { return log.trimmed() == log.end(); }));
  west_.store.fail_next_writes(store::FaultyStore::kForEver);
  put(east_, "a", "3");
  EXPECT_TRUE(until([&] { return west_.store.failures() > 1; }));
  EXPECT_TRUE(east_.replicator.find_peer("us-west-2")->refusal.has_value());
  west_.store.heal();
  EXPECT_TRUE(west_has("a", "3"));
}

TEST_F(OverTcp, APeerThatFallsSilentIsLeftAndConnectedToAgain) {
  tcp::acceptor listener(loop_, {asio::ip::make_address("127.0.0.2"), port_});
  std::vector<tcp::socket> silent;
  const std::function<void()> accept = [&] {
    listener.async_accept([&](const boost::system::error_code& failed, tcp::socket socket) {
      if (failed) return;
      silent.push_back(std::move(socket));
      accept();
    });
  };
  accept();
  east_.transport->start();
  ASSERT_TRUE(until([&] { return silent.size() == 1; }));
  east_.clock.ahead = 6s;
  EXPECT_TRUE(until([&] { return silent.size() == 2; }));
}

TEST_F(OverTcp, StrangersThatHoldAllConnectionsKeepNoPeerOut) {
  west_.transport->start();
  std::vector<tcp::socket> strangers;
  for (int at = 0; at < 100; ++at) {
    strangers.emplace_back(loop_);
    strangers.back().connect({asio::ip::make_address("127.0.0.2"), port_});
    strangers.back().non_blocking(true);
  }
  const auto is_closed = [](tcp::socket& socket) {
    boost::system::error_code failed;
    char byte = 0;
    socket.read_some(asio::buffer(&byte, 1), failed);
    return failed == asio::error::eof || failed == asio::error::connection_reset;
  };
  EXPECT_TRUE(until([&] { return is_closed(strangers.front()); }));
  EXPECT_FALSE(is_closed(strangers.back()));
  east_.transport->start();
  share();
  put(east_, "a", "gets in");
  EXPECT_TRUE(west_has("a", "gets in"));
}

TEST_F(OverTcp, ManyWritesArriveInOrderOfVersion) {
  east_.transport->start();
  west_.transport->start();
  share();
  for (int at = 0; at < 5000; ++at) put(east_, std::to_string(at % 700), std::to_string(at));
  EXPECT_TRUE(until([&] { return east_.replicator.pending("us-west-2") == 0; }));
  ASSERT_TRUE(west_has("699", "4899"));
  for (int key = 0; key < 700; ++key) {
    EXPECT_EQ(west_.replicator.records().get(1, std::to_string(key)),
              east_.replicator.records().get(1, std::to_string(key)));
  }
}

}  // namespace
}  // namespace tandem::replication
