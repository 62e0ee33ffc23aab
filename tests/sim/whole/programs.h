// Functions as handlers in the simulator's process. What is real is everything above a program:
// instances, their phases, the Runtime API's session, concurrency, retries, log lines.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/lambda/exec/program.h"

namespace tandem::sim {

/// What a handler is given besides its event.
using Variables = std::map<std::string, std::string, std::less<>>;
using Handler = std::function<Task<std::string>(Variables variables, std::string event)>;

/// Every function's program is the same handler; a loop around the Runtime API is its runtime.
class HandlerRunner final : public lambda::ProgramRunner {
 public:
  HandlerRunner(asio::any_io_executor executor, Handler handler)
      : executor_(std::move(executor)), handler_(std::move(handler)) {}

  void start() override { roots_ = std::make_unique<core::TaskGroup>(executor_); }
  Task<void> stop() override;
  Task<std::shared_ptr<lambda::Program>> run(lambda::ProgramOptions options) override;

 private:
  asio::any_io_executor executor_;
  Handler handler_;
  std::unique_ptr<core::TaskGroup> roots_;
};

}  // namespace tandem::sim
