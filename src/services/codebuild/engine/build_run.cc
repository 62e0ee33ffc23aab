#include "services/codebuild/engine/build_run.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <stdexcept>

#include "aws/error.h"
#include "core/check.h"
#include "core/log.h"
#include "services/codebuild/engine/build_metrics.h"

namespace tandem::codebuild {
namespace {

namespace fs = std::filesystem;

BuildRecord stored(const BuildStore& builds, const std::string& id) {
  auto record = builds.build(id);
  // Deleted while it was open, which the operation refuses: a record of a build that is over.
  if (!record) {
    record.emplace();
    record->build = {{"id", id}, {"buildComplete", true}};
  }
  return std::move(*record);
}

bool is_aborted(const boost::system::system_error& error) {
  return error.code() == asio::error::operation_aborted;
}

bool last_phase_ended(const json::object& build) {
  const auto* phases = json::find_array(build, "phases");
  return phases != nullptr && !phases->empty() &&
         json::find_string(phases->back().as_object(), "phaseStatus").has_value();
}

void complete(BuildRecord& record, std::int64_t now_ms) {
  begin_phase(record.build, Phase::kCompleted, now_ms);
  record.build["buildStatus"] = record.verdict;
  record.build["buildComplete"] = true;
  record.build["endTime"] = seconds_of(now_ms);
}

}  // namespace

BuildRun::BuildRun(Workshop& shop, const std::string& id)
    : shop_(shop),
      record_(stored(shop.builds, id)),
      ticket_(shop.environment.executor),
      deadline_(shop.environment.executor) {}

void BuildRun::change(const Change& change) {
  BuildRecord changed = record_;
  change(changed);
  shop_.builds.save(changed);
  record_ = std::move(changed);
}

void BuildRun::stop() {
  if (record_.stopping || record_.complete()) return;
  change([](BuildRecord& record) { record.stopping = true; });
  halt();
}

void BuildRun::abandon() {
  abandoned_ = true;
  halt();
}

void BuildRun::time_out() {
  timed_out_ = true;
  halt();
}

void BuildRun::halt() {
  halt_->store(true, std::memory_order_relaxed);
  ticket_.give_up();
  if (room_ != nullptr) room_->kill();
}

void BuildRun::require_not_abandoned() const {
  if (abandoned_ || shop_.closing)
    throw boost::system::system_error(asio::error::operation_aborted);
}

std::string BuildRun::session() const {
  return session_arn(json::string_or(record_.build, "serviceRole"), record_.uuid(),
                     shop_.environment.account());
}

Task<void> BuildRun::run(std::shared_ptr<BuildRun> self, workflow::Start how) {
  if (self->record_.complete()) co_return;
  std::exception_ptr escaped;
  try {
    Task<void> working = self->work(how);
    co_await std::move(working);
  } catch (...) {
    escaped = std::current_exception();
  }
  // Whatever ended it, the room is closed before this returns: nothing of a build outlives it.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  Task<void> clearing = self->clear_up();
  co_await std::move(clearing);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  try {
    if (escaped) std::rethrow_exception(escaped);
  } catch (const store::StoreError&) {
    throw;
  } catch (const boost::system::system_error& error) {
    if (is_aborted(error)) throw;
    self->fault(error.what());
  } catch (const std::exception& error) {
    self->fault(error.what());
  }
}

void BuildRun::fault(const std::string& what) {
  log::error("codebuild build {}: {}", record_.id(), what);
  change([&, now = shop_.environment.clock.now_ms()](BuildRecord& record) {
    PhaseEnd end = failure("INTERNAL_SERVICE_ERROR", what);
    end.status = Status::kFault;
    if (!last_phase_ended(record.build)) end_phase(record.build, end, now);
    record.verdict = name_of(Status::kFault);
    complete(record, now);
  });
  record_metrics(shop_.environment, record_.build);
}

Task<void> BuildRun::work(workflow::Start how) {
  require_not_abandoned();
  begin_log();
  const Phase at = current_phase(record_.build);
  // What UPLOAD_ARTIFACTS has handed over is not made again.
  const bool handed_over = at == Phase::kFinalizing ||
                           (at == Phase::kUploadArtifacts && last_phase_ended(record_.build));
  if (!handed_over) {
    if (record_.stopping && how == workflow::Start::kResumed) {
      if (!last_phase_ended(record_.build)) end_of_phase(at, halted_end());
    } else {
      if (at > Phase::kQueued) begin_again();
      Task<bool> waiting = wait_for_place();
      const bool entered = co_await std::move(waiting);
      if (entered) {
        Task<void> all = phases();
        co_await std::move(all);
      }
    }
  }
  Task<void> ending = finish();
  co_await std::move(ending);
}

void BuildRun::begin_log() {
  const auto* logs = json::find_object(record_.build, "logs");
  const std::string group = logs == nullptr ? "" : json::string_or(*logs, "groupName");
  const std::string stream = logs == nullptr ? "" : json::string_or(*logs, "streamName");
  log_ = std::make_shared<BuildLog>(shop_.ports.logs, shop_.environment.clock,
                                    shop_.environment.executor, group, stream);
}

void BuildRun::begin_again() {
  change([now = shop_.environment.clock.now_ms()](BuildRecord& record) {
    forget_after_queue(record.build, now);
    record.verdict = "SUCCEEDED";
  });
  log_->line("The region was started anew: the build begins again in a new environment");
}

Task<bool> BuildRun::wait_for_place() {
  const bool queued = !last_phase_ended(record_.build);
  core::TimePoint till = core::kNever;
  if (queued) {
    const std::int64_t ends_ms =
        record_.started_ms + json::int_or(record_.build, "queuedTimeoutInMinutes", 480) * 60'000;
    till = core::TimerClock::now() +
           std::chrono::milliseconds(ends_ms - shop_.environment.clock.now_ms());
  }
  auto place = co_await shop_.queue.enter(&ticket_, till);
  require_not_abandoned();
  if (!place) {
    end_of_phase(Phase::kQueued, record_.stopping ? halted_end()
                                                  : PhaseEnd{Status::kTimedOut, "BUILD_TIMED_OUT",
                                                             "Build has timed out in the queue."});
    co_return false;
  }
  place_ = std::move(*place);
  if (queued) end_of_phase(Phase::kQueued, {});
  const std::chrono::minutes longest(json::int_or(record_.build, "timeoutInMinutes", 60));
  deadline_.expires_after(longest);
  deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self != nullptr) self->time_out();
  });
  co_return true;
}

Task<void> BuildRun::phases() {
  Phase at = Phase::kProvisioning;
  while (at < Phase::kFinalizing) {
    Task<Status> running = phase(at);
    const Status ended = co_await std::move(running);
    at = next_phase(at, ended, on_failure_of(at));
  }
}

OnFailure BuildRun::on_failure_of(Phase at) const {
  if (at < Phase::kInstall || at > Phase::kPostBuild) return OnFailure::kUsual;
  return spec_.phases[static_cast<std::size_t>(at) - static_cast<std::size_t>(Phase::kInstall)]
      .on_failure;
}

Task<Status> BuildRun::phase(Phase at) {
  change([at, now = shop_.environment.clock.now_ms()](BuildRecord& record) {
    begin_phase(record.build, at, now);
  });
  Task<PhaseEnd> trying = attempt(at);
  PhaseEnd end = co_await std::move(trying);
  require_not_abandoned();
  if (halted()) end = halted_end();
  end_of_phase(at, end);
  co_return end.status;
}

PhaseEnd BuildRun::halted_end() const {
  if (record_.stopping) return {Status::kStopped, "", ""};
  return {Status::kTimedOut, "BUILD_TIMED_OUT", "Build has timed out. "};
}

Task<PhaseEnd> BuildRun::attempt(Phase at) {
  PhaseEnd end;
  try {
    Task<PhaseEnd> working = step(at);
    end = co_await std::move(working);
  } catch (const store::StoreError&) {
    throw;
  } catch (const boost::system::system_error& error) {
    if (is_aborted(error)) throw;
    end = failure("INTERNAL_SERVICE_ERROR", error.what());
    end.status = Status::kFault;
  } catch (const BuildspecError& error) {
    end = failure(error.code, error.what());
  } catch (const aws::ApiError& error) {
    end = failure(
        error.code() == "AccessDenied" ? "ACCESS_DENIED" : "CLIENT_ERROR",
        fmt::format("{}: {}\n\tstatus code: {}", error.code(), error.message(), error.status()));
  } catch (const std::exception& error) {
    log::warning("codebuild build {}: {}: {}", record_.id(), name_of(at), error.what());
    end = failure("INTERNAL_SERVICE_ERROR", error.what());
    end.status = Status::kFault;
  }
  co_return end;
}

Task<PhaseEnd> BuildRun::step(Phase at) {
  switch (at) {
    case Phase::kProvisioning:
      return provision();
    case Phase::kDownloadSource:
      return download();
    case Phase::kUploadArtifacts:
      return upload();
    default:
      CHECK(at >= Phase::kInstall && at <= Phase::kPostBuild);
      return commands(at);
  }
}

void BuildRun::end_of_phase(Phase at, const PhaseEnd& end) {
  if (at > Phase::kProvisioning || end.status != Status::kSucceeded) {
    log_->line(fmt::format("Phase complete: {} State: {}", name_of(at), name_of(end.status)));
    log_->line(fmt::format("Phase context status code: {} Message: {}", end.code, end.message));
  }
  log_->flush();
  if (end.status != Status::kSucceeded) succeeding_ = false;
  change([&, now = shop_.environment.clock.now_ms()](BuildRecord& record) {
    end_phase(record.build, end, now);
    // The first thing that went wrong is what the build is said to have ended with, but for an end
    // that somebody or time has put to it.
    const bool over = end.status == Status::kStopped || end.status == Status::kTimedOut;
    if (record.verdict == "SUCCEEDED" || over) record.verdict = name_of(end.status);
    if (at != Phase::kUploadArtifacts) return;
    if (!artifacts_.empty()) record.build["artifacts"] = artifacts_;
    if (!secondary_artifacts_.empty()) record.build["secondaryArtifacts"] = secondary_artifacts_;
  });
}

Task<void> BuildRun::finish() {
  if (current_phase(record_.build) != Phase::kFinalizing) {
    Task<json::array> asking = exported_variables();
    json::array exported = co_await std::move(asking);
    require_not_abandoned();
    change([&, now = shop_.environment.clock.now_ms()](BuildRecord& record) {
      begin_phase(record.build, Phase::kFinalizing, now);
      if (!exported.empty()) record.build["exportedEnvironmentVariables"] = std::move(exported);
    });
  }
  deadline_.cancel();
  Task<void> clearing = clear_up();
  co_await std::move(clearing);
  require_not_abandoned();
  change([now = shop_.environment.clock.now_ms()](BuildRecord& record) {
    end_phase(record.build, {}, now);
    complete(record, now);
  });
  record_metrics(shop_.environment, record_.build);
}

Task<void> BuildRun::clear_up() {
  deadline_.cancel();
  if (room_ != nullptr) {
    room_->kill();
    Task<void> closing = room_->close();
    co_await std::move(closing);
    room_.reset();
  }
  shop_.keys.end(record_.uuid());
  auto remove = [folder = shop_.transfers / record_.uuid()] {
    std::error_code error;
    fs::remove_all(folder, error);
    if (error) log::warning("codebuild: {}: {}", folder.string(), error.message());
  };
  co_await core::run_blocking(shop_.environment.blocking, std::move(remove));
  place_ = BuildQueue::Place();
  if (log_ != nullptr) log_->flush();
}

}  // namespace tandem::codebuild
