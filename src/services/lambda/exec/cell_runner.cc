#include "services/lambda/exec/cell_runner.h"

#include <algorithm>

#include "core/supervise.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{50};
constexpr int kTicksPerTable = 10;

}  // namespace

CellRunner::CellRunner(Host& host) : host_(host), active_(host.executor), froze_(host.executor) {}

void CellRunner::start() {
  roots_ = std::make_unique<core::TaskGroup>(host_.executor);
  core::supervise(*roots_, "lambda watch", [this] { return watch(); });
  core::supervise(*roots_, "lambda idle programs", [this] { return hold_frozen(); });
}

Task<void> CellRunner::stop() {
  if (roots_) co_await roots_->stop();
}

Task<std::shared_ptr<Program>> CellRunner::run(ProgramOptions options) {
  auto program =
      std::make_shared<CellProgram>(host_, static_cast<CellWatch&>(*this), std::move(options));
  std::erase_if(programs_, [](const auto& each) { return each.expired(); });
  programs_.push_back(program);
  co_await program->start();
  co_return program;
}

CellRunner::Programs CellRunner::programs(bool (CellProgram::*holds)() const) {
  Programs found;
  for (const auto& each : programs_) {
    if (auto program = each.lock(); program && (*program.*holds)()) found.push_back(program);
  }
  return found;
}

Task<void> CellRunner::watch() {
  for (int tick = 0;; ++tick) {
    active_.clear();
    Programs active = programs(&CellProgram::active);
    if (active.empty()) co_await active_.wait();
    // The more there is to watch, the less often: the cost stays bounded.
    const auto interval = std::max(kWatchInterval, std::chrono::milliseconds(active.size()));
    active.clear();
    co_await core::sleep_for(interval);
    active = programs(&CellProgram::active);
    const bool unknown = std::any_of(active.begin(), active.end(), [](const auto& program) {
      return !program->knows_processes();
    });
    if (!active.empty() && (unknown || tick % kTicksPerTable == 0)) {
      const auto table = co_await core::run_blocking(host_.blocking, sandbox::read_process_table);
      active = programs(&CellProgram::active);  // some may have ended meanwhile
      for (const auto& program : active) program->learn_processes(table);
    }
    for (const auto& program : active) co_await program->watch_memory(program->memory_left());
  }
}

Task<void> CellRunner::hold_frozen() {
  for (;;) {
    co_await froze_.wait();
    froze_.clear();
    const auto table = co_await core::run_blocking(host_.blocking, sandbox::read_process_table);
    const Programs frozen = programs(&CellProgram::frozen);
    // All at once, as long as the table is fresh.
    for (const auto& program : frozen) program->hold(table);
    for (const auto& program : frozen) {
      if (program->frozen()) co_await program->watch_memory(0);
    }
  }
}

}  // namespace tandem::lambda
