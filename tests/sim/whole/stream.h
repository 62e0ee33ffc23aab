// Streams between simulated machines: TCP as replication's links see it.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "tests/sim/whole/network.h"

namespace tandem::sim {

class Stream;

/// Both directions of a connection. Lives as long as an end, or a message under way, does.
struct Connection {
  struct End {
    Host* host = nullptr;
    std::uint64_t life = 0;
    Stream* stream = nullptr;  ///< null once destroyed
    core::TimePoint last_arrival{};
  };
  std::array<End, 2> ends;
};

/// One end. What it waits for is woken by the world's events, on its host's loop.
class Stream final : public net::Stream {
 public:
  Stream(Wire& wire, std::shared_ptr<Connection> connection, std::size_t side);
  ~Stream() override;

  Task<Got> read(asio::mutable_buffer to) override;
  Task<boost::system::error_code> write(asio::const_buffer bytes) override;
  void close() override;

  /// The world's: what arrives here.
  void arrives(std::string bytes);
  void ends(boost::system::error_code how);
  const Connection& connection() const { return *connection_; }

 private:
  Connection::End& own() { return connection_->ends.at(side_); }
  Connection::End& other() { return connection_->ends.at(1 - side_); }
  void send(std::string bytes, boost::system::error_code ended);
  void carry(std::string bytes, boost::system::error_code ended, std::chrono::nanoseconds delay);
  void wake();

  Wire& wire_;
  std::shared_ptr<Connection> connection_;
  std::size_t side_;
  std::deque<std::string> inbox_;
  std::size_t taken_ = 0;                 ///< of the inbox's first
  boost::system::error_code ended_;       ///< how, once everything before it has been read
  bool closed_ = false;                   ///< from this side
  std::shared_ptr<std::size_t> unread_;   ///< bytes this side has sent and the other has not read
  std::shared_ptr<std::size_t> to_read_;  ///< the other way round
  core::Timer readable_;
  core::Timer writable_;
  friend struct Streams;
};

struct Streams {
  /// Both ends of a new connection: first is from's.
  static std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> connect(Wire& wire, Host& from,
                                                                             Host& to);
};

}  // namespace tandem::sim
