#include "tests/sim/whole/stream.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <cstring>

namespace tandem::sim {
namespace {

using boost::system::error_code;

/// What a connection holds before a writer has to wait.
constexpr std::size_t kWindow = 512 << 10;
/// When what did not get through is sent again.
constexpr std::chrono::milliseconds kAgain{200};

}  // namespace

Stream::Stream(Wire& wire, std::shared_ptr<Connection> connection, std::size_t side)
    : wire_(wire),
      connection_(std::move(connection)),
      side_(side),
      unread_(std::make_shared<std::size_t>(0)),
      readable_(own().host->loop->get_executor(), core::kNever),
      writable_(own().host->loop->get_executor(), core::kNever) {
  own().stream = this;
  wire_.streams.push_back(this);
}

Stream::~Stream() {
  close();
  own().stream = nullptr;
  std::erase(wire_.streams, this);
}

Task<Stream::Got> Stream::read(asio::mutable_buffer to) {
  while (inbox_.empty() && !ended_ && !closed_) {
    error_code woken;
    co_await readable_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (closed_) co_return Got{asio::error::operation_aborted, 0};
  if (inbox_.empty()) co_return Got{ended_, 0};
  const std::string& first = inbox_.front();
  const std::size_t count = std::min(to.size(), first.size() - taken_);
  std::memcpy(to.data(), first.data() + taken_, count);
  taken_ += count;
  if (taken_ == first.size()) {
    inbox_.pop_front();
    taken_ = 0;
  }
  *to_read_ -= count;
  if (other().stream != nullptr) {
    other().host->due = true;
    other().stream->writable_.cancel();
  }
  co_return Got{{}, count};
}

Task<error_code> Stream::write(asio::const_buffer bytes) {
  std::string copy(static_cast<const char*>(bytes.data()), bytes.size());
  while (*unread_ > kWindow && !ended_ && !closed_) {
    error_code woken;
    co_await writable_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (closed_) co_return asio::error::operation_aborted;
  if (ended_) co_return asio::error::broken_pipe;
  *unread_ += copy.size();
  send(std::move(copy), {});
  co_return error_code{};
}

void Stream::close() {
  if (std::exchange(closed_, true)) return;
  wake();
  send("", asio::error::eof);
}

void Stream::wake() {
  own().host->due = true;
  readable_.cancel();
  writable_.cancel();
}

void Stream::arrives(std::string bytes) {
  if (ended_ || closed_) return;
  inbox_.push_back(std::move(bytes));
  own().host->due = true;
  readable_.cancel();
}

void Stream::ends(error_code how) {
  if (!ended_) ended_ = how;
  wake();
}

void Stream::send(std::string bytes, error_code ended) {
  const core::TimePoint now = wire_.time().now();
  own().last_arrival = std::max(own().last_arrival, now + wire_.delay());
  carry(std::move(bytes), ended, own().last_arrival - now);
}

/// Order is kept: a message that does not get through keeps those behind it waiting, too, since
/// they look for the way at the same moments or later.
void Stream::carry(std::string bytes, error_code ended, std::chrono::nanoseconds delay) {
  wire_.time().after(delay, [wire = &wire_, connection = connection_, side = side_,
                             bytes = std::move(bytes), ended]() mutable {
    struct Carrier {
      static void arrive(Wire* wire, const std::shared_ptr<Connection>& connection,
                         std::size_t side, std::string bytes, error_code ended) {
        Connection::End& to = connection->ends.at(1 - side);
        if (to.stream == nullptr || to.host->life != to.life) return;
        if (wire->is_cut(*connection->ends.at(side).host, *to.host)) {
          wire->time().after(kAgain, [wire, connection, side, bytes = std::move(bytes), ended] {
            arrive(wire, connection, side, bytes, ended);
          });
        } else if (ended) {
          to.stream->ends(ended);
        } else {
          to.stream->arrives(std::move(bytes));
        }
      }
    };
    Carrier::arrive(wire, connection, side, std::move(bytes), ended);
  });
}

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> Streams::connect(Wire& wire, Host& from,
                                                                             Host& to) {
  auto connection = std::make_shared<Connection>();
  connection->ends[0] = {&from, from.life, nullptr, {}};
  connection->ends[1] = {&to, to.life, nullptr, {}};
  auto first = std::make_unique<Stream>(wire, connection, 0);
  auto second = std::make_unique<Stream>(wire, connection, 1);
  first->to_read_ = second->unread_;
  second->to_read_ = first->unread_;
  return {std::move(first), std::move(second)};
}

}  // namespace tandem::sim
