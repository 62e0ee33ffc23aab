// A command's own event loop and its way to the AWS APIs of the running world.
#pragma once

#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "aws/api.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"

namespace tandem::cli {

class Client {
 public:
  explicit Client(const service::Config& config);
  ~Client();

  /// Regional services are called at their region's address, global ones at the global process.
  aws::Api& api();
  net::HttpClient& http();

  /// Runs one task to its end on this thread and returns what it returns.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(loop(), std::move(task), [&](std::exception_ptr escaped, T value) {
      failure = escaped;
      if (!escaped) result.emplace(std::move(value));
      loop().stop();  // idle connections wait in it, too
    });
    run_loop();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
  void run(Task<void> task);

 private:
  asio::io_context& loop();
  void run_loop();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::cli
