#include "services/codepipeline/actions/scope.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "archive/unpack.h"
#include "aws/arn.h"
#include "core/check.h"
#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {
namespace {

/// Source artifacts of S3 (user guide, "Quotas in AWS CodePipeline").
constexpr std::uint64_t kMostArtifactBytes = 5ULL << 30;
constexpr int kTries = 8;
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{8'000};

/// What may be there again in a moment, or may have been done without an answer: what an action
/// asks for bears a token of its own, or does the same twice.
bool is_passing(const aws::ApiError& error) {
  return error.status() >= 500 || error.status() == 429 || error.code() == "ThrottlingException" ||
         error.code() == "Throttling" || error.code() == "RequestOutcomeUnknown";
}

}  // namespace

json::object ArtifactPlace::document() const {
  return {{"region", region}, {"bucket", bucket}, {"key", key}};
}

ArtifactPlace ArtifactPlace::from(const json::object& document) {
  return {json::string_or(document, "region"), json::string_or(document, "bucket"),
          json::string_or(document, "key")};
}

void Sleepers::wake(const std::string& id) {
  const auto found = timers_.find(id);
  if (found != timers_.end()) found->second->cancel();
}

Task<void> Sleepers::rest(std::string id, std::chrono::milliseconds most) {
  core::Timer timer(co_await asio::this_coro::executor, most);
  struct Place {
    Place(Sleepers& given_sleepers, const std::string& given_id, core::Timer& timer)
        : sleepers(given_sleepers), id(given_id) {
      sleepers.timers_[id] = &timer;
    }
    ~Place() { sleepers.timers_.erase(id); }
    Sleepers& sleepers;
    const std::string& id;
  };
  const Place place(*this, id, timer);
  boost::system::error_code woken;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

ActionScope::ActionScope(Workshop& workshop, const Structure& structure, const Action& action,
                         std::string record)
    : workshop_(workshop), structure_(structure), action_(action), record_(std::move(record)) {
  const auto stored = workshop_.store.action(record_);
  if (!stored) throw Abandoned{};
  id_ = json::string_or(*stored, "id");
  execution_ = json::string_or(*stored, "execution");
  region_ = action_.region.empty() ? workshop_.environment.region : action_.region;
  if (const auto* input = json::find_object(*stored, "input")) {
    if (const auto* resolved = json::find_object(*input, "resolvedConfiguration")) {
      configuration_ = *resolved;
    }
  }
}

const std::string& ActionScope::role_arn() const {
  return action_.role_arn.empty() ? structure_.role_arn : action_.role_arn;
}

std::string ActionScope::session_of(std::string_view role_arn) const {
  const auto arn = aws::Arn::parse(role_arn);
  if (!arn) return std::string(role_arn);
  const std::string name = arn->resource.substr(arn->resource.rfind('/') + 1);
  return aws::make_arn("sts", "", arn->account,
                       fmt::format("assumed-role/{}/{}", name, execution_));
}

std::string ActionScope::configured(std::string_view key, std::string_view otherwise) const {
  return json::string_or(configuration_, key, otherwise);
}

std::string ActionScope::revision_of(std::string_view artifact) const {
  const auto key = workshop_.store.find_execution(execution_);
  const auto execution = key ? workshop_.store.execution(*key) : std::nullopt;
  const auto* revisions = execution ? json::find_object(*execution, "revisions") : nullptr;
  if (revisions == nullptr) return "";
  for (const auto& [action, revision] : *revisions) {
    if (!revision.is_object()) continue;
    if (json::string_or(revision.get_object(), "artifact") == artifact) {
      return json::string_or(revision.get_object(), "revisionId");
    }
  }
  return "";
}

json::object ActionScope::record() const {
  auto stored = workshop_.store.action(record_);
  if (!stored || json::string_or(*stored, "status") != "InProgress") throw Abandoned{};
  return std::move(*stored);
}

void ActionScope::change(const std::function<void(json::object&)>& apply) {
  json::object changed = record();
  apply(changed);
  changed["updated_ms"] = workshop_.now_ms();
  store::WriteBatch batch;
  PipelineStore::put_action(batch, record_, changed);
  workshop_.store.write(std::move(batch));
}

json::object ActionScope::work() const {
  const json::object stored = record();
  const auto* work = json::find_object(stored, "work");
  return work == nullptr ? json::object() : *work;
}

void ActionScope::keep(std::string_view member, json::value value) {
  change([&](json::object& record) {
    json::value& work = record["work"];
    if (!work.is_object()) work.emplace_object();
    work.get_object()[member] = std::move(value);
  });
}

void ActionScope::show(const External& external) {
  change([&](json::object& record) {
    json::object shown;
    if (!external.id.empty()) shown["externalExecutionId"] = external.id;
    if (!external.url.empty()) shown["externalExecutionUrl"] = external.url;
    if (!external.summary.empty()) shown["externalExecutionSummary"] = external.summary;
    record["external"] = std::move(shown);
  });
}

std::int64_t ActionScope::deadline_ms() const { return json::int_or(record(), "deadline_ms", 0); }

Task<aws::ApiResult> ActionScope::call(std::string service, std::string operation,
                                       json::object input) {
  Task<aws::ApiResult> calling =
      call_as(caller(), std::move(service), std::move(operation), std::move(input), "");
  co_return co_await std::move(calling);
}

Task<aws::ApiResult> ActionScope::call_as(std::string caller, std::string service,
                                          std::string operation, json::object input,
                                          std::string payload) {
  std::chrono::milliseconds pause = kFirstPause;
  for (int tries = 1;; ++tries) {
    aws::ApiCall call;
    call.region = region_;
    call.service = service;
    call.operation = operation;
    call.input = input;
    call.payload = payload;
    call.caller = caller;
    try {
      Task<aws::ApiResult> calling = workshop_.ports.api.call(std::move(call));
      co_return co_await std::move(calling);
    } catch (const aws::ApiError& error) {
      // Whatever an action asks for, it may ask for again.
      if (!is_passing(error) || tries == kTries) throw;
    }
    co_await rest(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

Task<void> ActionScope::rest(std::chrono::milliseconds most) {
  const std::int64_t left = deadline_ms() - workshop_.now_ms();
  if (left <= 0) {
    throw ActionFailure{"JobFailed", fmt::format("The action execution has timed out")};
  }
  co_await workshop_.sleepers.rest(id_, std::min(most, std::chrono::milliseconds(left)));
  // Throws when nobody waits for the action any more.
  record();
}

ArtifactPlace ActionScope::input(std::string_view artifact) const {
  const json::object stored = record();
  const auto* places = json::find_object(stored, "places");
  const auto* found = places == nullptr ? nullptr : json::find_object(*places, artifact);
  if (found == nullptr) {
    throw ActionFailure{
        "ConfigurationError",
        fmt::format("The artifact '{}' is not an input artifact of the action", artifact)};
  }
  ArtifactPlace place = ArtifactPlace::from(*found);
  if (place.region == region_) return place;
  place.region = region_;
  place.bucket = structure_.bucket_of(region_);
  return place;
}

ArtifactPlace ActionScope::output(std::string_view artifact) const {
  const json::object stored = record();
  const auto* keys = json::find_object(stored, "keys");
  return {region_, structure_.bucket_of(region_),
          keys == nullptr ? "" : json::string_or(*keys, artifact)};
}

std::filesystem::path ActionScope::file(std::string_view name) const {
  const std::filesystem::path folder = workshop_.environment.folder / "work" / id_;
  std::filesystem::create_directories(folder);
  return folder / name;
}

Task<std::filesystem::path> ActionScope::fetch(std::string artifact) {
  const ArtifactPlace place = input(artifact);
  std::filesystem::path path = file("input-" + artifact);
  if (std::filesystem::exists(path)) co_return path;
  service::ObjectPlace object;
  object.region = place.region == workshop_.environment.region ? "" : place.region;
  object.bucket = place.bucket;
  object.key = place.key;
  std::optional<ActionFailure> failure;
  try {
    Task<void> reading = read_object(std::move(object), path);
    co_await std::move(reading);
  } catch (const aws::ApiError& error) {
    if (is_passing(error)) throw;
    failure = ActionFailure{
        "ConfigurationError",
        fmt::format("The action failed because either the artifact or the Amazon S3 bucket could "
                    "not be found. Name of artifact bucket: {}. Verify that this bucket exists. "
                    "Error: {}",
                    place.bucket, error.message())};
  }
  if (failure) throw ActionFailure(*failure);
  co_return path;
}

Task<std::string> ActionScope::read(std::string artifact, std::string path,
                                    std::uint64_t most_bytes) {
  Task<std::filesystem::path> fetching = fetch(artifact);
  const std::filesystem::path zip = co_await std::move(fetching);
  std::optional<std::string> content;
  std::optional<ActionFailure> failure;
  try {
    auto reading = core::run_blocking(workshop_.environment.blocking,
                                      [&] { return archive::read_entry(zip, path, most_bytes); });
    content = co_await std::move(reading);
    if (!content) {
      failure =
          ActionFailure{"ConfigurationError",
                        fmt::format("File [{}] does not exist in artifact [{}]", path, artifact)};
    }
  } catch (const archive::ArchiveError& error) {
    failure = ActionFailure{"ConfigurationError", fmt::format("Artifact [{}] cannot be read: {}",
                                                              artifact, error.what())};
  }
  if (failure) throw ActionFailure(*failure);
  co_return std::move(*content);
}

Task<void> ActionScope::deliver(std::string artifact, std::filesystem::path file) {
  const ArtifactPlace place = output(artifact);
  CHECK(!place.key.empty());
  service::ObjectPlace object;
  object.region = place.region == workshop_.environment.region ? "" : place.region;
  object.bucket = place.bucket;
  object.key = place.key;
  json::object more;
  more["ContentType"] = "application/zip";
  more["ServerSideEncryption"] = "AES256";
  Task<void> writing = write_object(std::move(object), std::move(file), std::move(more));
  co_await std::move(writing);
}

Task<void> ActionScope::read_object(service::ObjectPlace place, std::filesystem::path file) {
  Task<void> done = patiently(
      [&] { return workshop_.ports.objects.read(place, file, kMostArtifactBytes, caller()); });
  co_await std::move(done);
}

Task<void> ActionScope::write_object(service::ObjectPlace place, std::filesystem::path file,
                                     json::object more) {
  Task<void> done =
      patiently([&] { return workshop_.ports.objects.write(place, file, more, caller()); });
  co_await std::move(done);
}

Task<void> ActionScope::patiently(std::function<Task<service::StoredObject>()> transfer) {
  std::chrono::milliseconds pause = kFirstPause;
  for (int tries = 1;; ++tries) {
    try {
      Task<service::StoredObject> moving = transfer();
      co_await std::move(moving);
      co_return;
    } catch (const aws::ApiError& error) {
      if (!is_passing(error) || tries == kTries) throw;
    }
    co_await rest(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

Task<void> ActionScope::bring_inputs() {
  for (const std::string& artifact : action_.inputs) {
    const json::object stored = record();
    const auto* places = json::find_object(stored, "places");
    const auto* found = places == nullptr ? nullptr : json::find_object(*places, artifact);
    if (found == nullptr) continue;
    const ArtifactPlace from = ArtifactPlace::from(*found);
    const ArtifactPlace to = input(artifact);
    if (from.region == to.region) continue;
    const std::filesystem::path path = file("input-" + artifact);
    std::filesystem::remove(path);
    service::ObjectPlace source;
    source.region = from.region == workshop_.environment.region ? "" : from.region;
    source.bucket = from.bucket;
    source.key = from.key;
    Task<void> reading = read_object(std::move(source), path);
    co_await std::move(reading);
    service::ObjectPlace target;
    target.region = to.region == workshop_.environment.region ? "" : to.region;
    target.bucket = to.bucket;
    target.key = to.key;
    json::object more;
    more["ContentType"] = "application/zip";
    more["ServerSideEncryption"] = "AES256";
    Task<void> writing = write_object(std::move(target), path, std::move(more));
    co_await std::move(writing);
  }
}

ActionFailure failure_of(const aws::ApiError& error) {
  const std::string& code = error.code();
  std::string text =
      fmt::format("{} (Status Code: {}; Error Code: {})", error.message(), error.status(), code);
  if (error.status() >= 500) return {"SystemUnavailable", std::move(text)};
  if (code == "AccessDenied" || code == "AccessDeniedException") {
    return {"PermissionError", std::move(text)};
  }
  return {"ConfigurationError", std::move(text)};
}

}  // namespace tandem::codepipeline
