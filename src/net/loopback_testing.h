// For tests: runs coroutines to their end on a loop of their own, and speaks raw bytes to a server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "core/task.h"

namespace tandem::net::testing {

class Loop {
 public:
  asio::any_io_executor executor() { return context_.get_executor(); }

  template <class T>
  T run(Task<T> task) {
    std::exception_ptr escaped;
    std::optional<T> result;
    asio::co_spawn(context_, std::move(task), [&](const std::exception_ptr& error, T value) {
      escaped = error;
      result = std::move(value);
      context_.stop();
    });
    context_.restart();
    context_.run();
    if (escaped) std::rethrow_exception(escaped);
    return std::move(*result);
  }

  void run(Task<void> task) {
    std::exception_ptr escaped;
    asio::co_spawn(context_, std::move(task), [&](const std::exception_ptr& error) {
      escaped = error;
      context_.stop();
    });
    context_.restart();
    context_.run();
    if (escaped) std::rethrow_exception(escaped);
  }

 private:
  asio::io_context context_;
};

/// A client that sends what it is told and keeps what it gets.
class RawClient {
 public:
  RawClient(const asio::any_io_executor& executor, std::uint16_t port) : socket_(executor) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
  }

  Task<void> send(std::string bytes) {
    boost::system::error_code ignored;
    co_await asio::async_write(socket_, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, ignored));
  }
  /// Reads until text was received, or to the end. Returns all that was received.
  Task<std::string> read_until(std::string text) {
    while (received_.find(text) == std::string::npos) {
      const bool more = co_await read_some();
      if (!more) break;
    }
    co_return received_;
  }
  /// Reads until the server closes.
  Task<std::string> read_to_end() {
    for (;;) {
      const bool more = co_await read_some();
      if (!more) co_return received_;
    }
  }
  void shutdown_send() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
  void forget() { received_.clear(); }

 private:
  Task<bool> read_some() {
    char piece[4096];
    boost::system::error_code error;
    const std::size_t count = co_await socket_.async_read_some(
        asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    received_.append(piece, count);
    co_return !error;
  }

  asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace tandem::net::testing
