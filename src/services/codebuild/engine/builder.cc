#include "services/codebuild/engine/builder.h"

#include <algorithm>

#include "core/log.h"
#include "core/processors.h"

namespace tandem::codebuild {
namespace {

namespace fs = std::filesystem;

/// Builds wait more than they compute; but each has a machine's worth of programs.
std::size_t places() { return 2 * core::processors(); }

}  // namespace

Builder::Builder(const service::Environment& environment, CodeBuildPorts& ports, BuildStore& builds,
                 service::KeyRing& keys)
    : environment_(environment),
      ports_(ports),
      builds_(builds),
      keys_(keys, environment),
      queue_(places()),
      shop_{environment,
            ports,
            builds,
            keys_,
            queue_,
            environment.folder / "rooms",
            environment.folder / "transfers"},
      sweeping_(std::make_unique<core::TaskGroup>(environment.executor)),
      runs_(environment.executor) {}

void Builder::start() { sweeping_->spawn("codebuild: clearing rooms", sweep()); }

Task<void> Builder::sweep() {
  auto work = [rooms = shop_.rooms, transfers = shop_.transfers, &ports = ports_.rooms] {
    std::error_code error;
    if (fs::exists(rooms, error)) ports.sweep(rooms);
    fs::remove_all(transfers, error);
    if (error) log::warning("codebuild: {}: {}", transfers.string(), error.message());
  };
  try {
    co_await core::run_blocking(environment_.blocking, std::move(work));
  } catch (const std::exception& error) {
    log::warning("codebuild: rooms that a process left behind: {}", error.what());
  }
  swept_ = true;
  for (const std::string& id : builds_.open()) {
    if (goes_on(id)) continue;
    try {
      run(id, workflow::Start::kResumed);
    } catch (const std::exception& error) {
      // One record that cannot be read keeps no other build from going on.
      log::error("codebuild: {}: {}", id, error.what());
    }
  }
}

Task<void> Builder::stop() {
  swept_ = false;
  shop_.closing = true;
  for (const std::string& id : builds_.open()) {
    if (BuildRun* running = runs_.find(id)) running->abandon();
  }
  co_await sweeping_->stop();
  co_await runs_.stop();
}

void Builder::go_on() {
  shop_.closing = false;
  runs_.reopen();
  sweeping_ = std::make_unique<core::TaskGroup>(environment_.executor);
  start();
}

void Builder::begin(const std::string& id) {
  // Before the rooms are cleared nothing is begun; the build is among those that are open then.
  if (swept_) run(id, workflow::Start::kFresh);
}

void Builder::end(const std::string& id) {
  if (BuildRun* running = runs_.find(id)) {
    running->stop();
    return;
  }
  // Not begun yet: it ends as soon as it is.
  auto record = builds_.build(id);
  if (!record || record->complete()) return;
  record->stopping = true;
  builds_.save(*record);
}

std::size_t Builder::count(std::string_view project) const {
  const auto open = builds_.open();
  return static_cast<std::size_t>(std::count_if(open.begin(), open.end(), [&](const auto& id) {
    return id.substr(0, id.rfind(':')) == project;
  }));
}

void Builder::run(const std::string& id, workflow::Start how) {
  runs_.start(
      id, how,
      {.name = "codebuild build " + id,
       .make = [this, id](core::TaskGroup&) { return std::make_shared<BuildRun>(shop_, id); },
       .reload = [] {},
       .ended = [] {}});
}

}  // namespace tandem::codebuild
